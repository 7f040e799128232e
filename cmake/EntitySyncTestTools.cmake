# Tests that are not C++ programs: Python scripts and npm packages. What they need from PyPI and npm
# is installed by fixtures, so that ctest alone can run them; scripts/test runs the fixtures too.

find_program(ENTITYSYNC_PYTHON python3)
set(ENTITYSYNC_VENV "${PROJECT_SOURCE_DIR}/build/venv" CACHE PATH
    "Python environment with the packages of tests/requirements.txt; made on demand")

add_test(NAME tools:python COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/make-venv ${ENTITYSYNC_VENV})
set_tests_properties(tools:python PROPERTIES
  FIXTURES_SETUP python RESOURCE_LOCK venv TIMEOUT 600 LABELS tools)

# entitysync_python_test(<name> SCRIPT <file> [ARGS <arguments>...] [VENV] [LABELS <labels>...]
#                        [ENVIRONMENT <NAME=value>...] [FIXTURES <names>...] [TIMEOUT <seconds>]
#                        [RESOURCE_LOCK <name>] [PROCESSORS <count>])
#
# Runs a Python script that exits 0 when its tests pass. With VENV it may import what
# tests/requirements.txt names, else the standard library only. PROCESSORS are
# those that it occupies of the jobs of `ctest --parallel`: with as many as there are jobs it runs
# alone.
function(entitysync_python_test name)
  cmake_parse_arguments(ARG "VENV" "SCRIPT;TIMEOUT;RESOURCE_LOCK;PROCESSORS"
                        "ARGS;LABELS;ENVIRONMENT;FIXTURES" ${ARGN})
  set(python ${ENTITYSYNC_PYTHON})
  if(ARG_VENV)
    set(python ${ENTITYSYNC_VENV}/bin/python)
    list(APPEND ARG_FIXTURES python)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_test(NAME ${name} COMMAND ${python} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SCRIPT} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" FIXTURES_REQUIRED "${ARG_FIXTURES}"
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;${ARG_ENVIRONMENT}")
  if(ARG_RESOURCE_LOCK)
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK ${ARG_RESOURCE_LOCK})
  endif()
  if(ARG_PROCESSORS)
    set_tests_properties(${name} PROPERTIES PROCESSORS ${ARG_PROCESSORS})
  endif()
endfunction()

# entitysync_npm_fixture(<name>)
#
# The fixture npm_<name>: the packages of this folder's package-lock.json are in its node_modules.
function(entitysync_npm_fixture name)
  add_test(NAME tools:npm_${name}
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/lib/npm-install ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(tools:npm_${name} PROPERTIES
    FIXTURES_SETUP npm_${name} RESOURCE_LOCK npm TIMEOUT 600 LABELS tools)
endfunction()
