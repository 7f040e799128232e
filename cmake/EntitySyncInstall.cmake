# `cmake --install` puts the libraries, public headers, protos and a CMake package in place, so that
# an outside project finds them with find_package(entity-sync).

include(CMakePackageConfigHelpers)
