# cmake -DBUILD=<build folder> -DPREFIX=<folder> -P install_to_prefix.cmake
#
# Installs into an empty folder, so that a header that is not installed any more cannot be found
# there, yet only if something changed: else the outside projects would be built anew each time.

cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${PREFIX}.new)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX}.new
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE new RELATIVE ${PREFIX}.new LIST_DIRECTORIES FALSE ${PREFIX}.new/*)
file(GLOB_RECURSE old RELATIVE ${PREFIX} LIST_DIRECTORIES FALSE ${PREFIX}/*)
foreach(file IN LISTS old)
  if(NOT file IN_LIST new)
    file(REMOVE ${PREFIX}/${file})
  endif()
endforeach()
foreach(file IN LISTS new)
  get_filename_component(folder ${PREFIX}/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(COPY_FILE ${PREFIX}.new/${file} ${PREFIX}/${file} ONLY_IF_DIFFERENT)
endforeach()
file(REMOVE_RECURSE ${PREFIX}.new)
