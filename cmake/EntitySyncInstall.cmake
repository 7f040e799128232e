# `cmake --install` puts the libraries, public headers, protos and a CMake package in place, so that
# an outside project finds them with find_package(entity-sync).

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/entity-sync)

get_property(install_targets GLOBAL PROPERTY ENTITYSYNC_INSTALL_TARGETS)
install(TARGETS ${install_targets} EXPORT entity-sync-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(EXPORT entity-sync-targets NAMESPACE entity-sync::
  DESTINATION ${package_dir} COMPONENT development)

# Headers: what stands below an include folder is public, and the code generated from the contract.
foreach(folder IN ITEMS gateway service client-sdk/cpp)
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/include)
    install(DIRECTORY ${folder}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
      COMPONENT development FILES_MATCHING PATTERN "*.h")
  endif()
endforeach()
if(NOT ENTITYSYNC_CORE_ONLY)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/proto/entitysync/v1
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/entitysync
    COMPONENT development FILES_MATCHING PATTERN "*.pb.h")
endif()

# The contract itself, to generate code for other languages from.
install(DIRECTORY proto/entitysync/v1 DESTINATION ${CMAKE_INSTALL_DATADIR}/entity-sync/proto/entitysync
  COMPONENT development FILES_MATCHING PATTERN "*.proto")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)

foreach(binary IN ITEMS entity-sync-gateway entity-sync-sample)
  if(TARGET ${binary})
    install(TARGETS ${binary} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  endif()
endforeach()

configure_package_config_file(
  cmake/entity-sync-config.cmake.in ${PROJECT_BINARY_DIR}/entity-sync-config.cmake
  INSTALL_DESTINATION ${package_dir})
# Until 1.0 a minor version may break those who link against it.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/entity-sync-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/entity-sync-config.cmake
  ${PROJECT_BINARY_DIR}/entity-sync-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)
# Dependencies whose distribution packages have no usable CMake config.
install(FILES cmake/FindCNats.cmake cmake/FindxxHash.cmake
  DESTINATION ${package_dir} COMPONENT development)
