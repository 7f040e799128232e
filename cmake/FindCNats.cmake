# Defines CNats::nats. The distribution's CMake config names a static library that its package does
# not hold, so the config cannot be used.

find_path(CNats_INCLUDE_DIR nats.h)
find_library(CNats_LIBRARY nats)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CNats REQUIRED_VARS CNats_LIBRARY CNats_INCLUDE_DIR)
if(CNats_FOUND AND NOT TARGET CNats::nats)
  add_library(CNats::nats UNKNOWN IMPORTED)
  set_target_properties(CNats::nats PROPERTIES
    IMPORTED_LOCATION "${CNats_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CNats_INCLUDE_DIR}")
endif()
mark_as_advanced(CNats_INCLUDE_DIR CNats_LIBRARY)
