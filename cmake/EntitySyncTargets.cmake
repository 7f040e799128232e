# One function per kind of target, so that every target is built by the same rules.

find_program(ENTITYSYNC_MOLD mold)
add_library(entitysync_build_flags INTERFACE)
target_compile_options(entitysync_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  # g++ 12 warns of std::string's own code at -O3 (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>
  $<$<BOOL:${ENTITYSYNC_WERROR}>:-Werror>)
if(ENTITYSYNC_MOLD)
  target_link_options(entitysync_build_flags INTERFACE -fuse-ld=mold)
endif()
if(ENTITYSYNC_SANITIZE)
  target_compile_options(entitysync_build_flags INTERFACE
    -fsanitize=${ENTITYSYNC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(entitysync_build_flags INTERFACE -fsanitize=${ENTITYSYNC_SANITIZE})
  if(ENTITYSYNC_SANITIZE MATCHES "thread")
    # ThreadSanitizer does not know fences. Asio's order nothing here: loops are handed tasks under a
    # mutex.
    target_compile_definitions(entitysync_build_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# entitysync_library(<name> SOURCES <.cc>... [DEPS <public>...] [PRIVATE_DEPS <targets>...]
#                    [PCH <headers>...])
#
# A static library entitysync_<name>, installed and exported as entity-sync::<name>. Includes are
# written from the top of the repository ("gateway/base/clock.h"). PCH names heavy headers worth
# precompiling (gRPC, Beast).
function(entitysync_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS;PCH" ${ARGN})
  set(target entitysync_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(entity-sync::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS}
                        $<BUILD_INTERFACE:entitysync_build_flags>)
  if(ARG_PCH)
    target_precompile_headers(${target} PRIVATE ${ARG_PCH})
  endif()
  set_property(GLOBAL APPEND PROPERTY ENTITYSYNC_INSTALL_TARGETS ${target})
endfunction()

# entitysync_executable(<name> SOURCES <.cc>... [DEPS <targets>...] [PCH <headers>...])
function(entitysync_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PCH" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} entitysync_build_flags)
  if(ARG_PCH)
    target_precompile_headers(${name} PRIVATE ${ARG_PCH})
  endif()
endfunction()

# entitysync_test(<name> SOURCES <.cc>... [DEPS <targets>...] [PCH <headers>...]
#                 [LABELS <labels>...] [TIMEOUT <seconds>] [RESOURCE_LOCK <name>])
#
# A GoogleTest program whose cases are registered with ctest one by one. Label "core" marks what
# runs under every sanitizer, "process" what starts real processes.
function(entitysync_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;RESOURCE_LOCK" "SOURCES;DEPS;PCH;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  entitysync_executable(${name} SOURCES ${ARG_SOURCES}
                        DEPS ${ARG_DEPS} GTest::gmock GTest::gtest_main PCH ${ARG_PCH})
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  if(ARG_RESOURCE_LOCK)
    list(APPEND properties RESOURCE_LOCK ${ARG_RESOURCE_LOCK})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}:" DISCOVERY_TIMEOUT 60
                       PROPERTIES ${properties})
endfunction()

# entitysync_protos(<name> PROTOS <path below proto/>... [GRPC] [DEPS <targets>...])
#
# A static library entitysync_<name> of the generated C++ code. With GRPC: stubs as well.
function(entitysync_protos name)
  cmake_parse_arguments(ARG "GRPC" "" "PROTOS;DEPS" ${ARGN})
  set(root "${PROJECT_SOURCE_DIR}/proto")
  set(out "${PROJECT_BINARY_DIR}/proto")
  set(sources)
  foreach(proto IN LISTS ARG_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(outputs ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    set(flags --cpp_out=${out})
    if(ARG_GRPC)
      list(APPEND outputs ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
      list(APPEND flags --grpc_out=${out} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
      COMMAND protobuf::protoc -I ${root} ${flags} ${root}/${proto}
      DEPENDS ${root}/${proto} COMMENT "Generating C++ for ${proto}" VERBATIM)
    list(APPEND sources ${outputs})
  endforeach()
  set(target entitysync_${name})
  add_library(${target} STATIC ${sources})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${out}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf ${ARG_DEPS})
  if(ARG_GRPC)
    target_link_libraries(${target} PUBLIC gRPC::grpc++)
  endif()
  if(ENTITYSYNC_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${ENTITYSYNC_SANITIZE})
  endif()
  set_property(GLOBAL APPEND PROPERTY ENTITYSYNC_INSTALL_TARGETS ${target})
endfunction()
