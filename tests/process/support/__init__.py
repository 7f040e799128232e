"""What tests on real processes are made of; see ../README.md."""
