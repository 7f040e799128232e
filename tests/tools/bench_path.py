"""Import this first: makes `harness`, the package of bench/run, importable."""

import pathlib
import sys

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"

sys.path.insert(0, str(BENCH))
