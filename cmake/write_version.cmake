# Writes version.cpp (a script, run at every build by byzlab_version_source).
find_package(Git QUIET)
set(git ${GIT_EXECUTABLE} -c safe.directory=* -C ${SOURCE_DIR})
set(commit unknown)
set(version unknown)
if(GIT_FOUND)
  execute_process(COMMAND ${git} rev-parse HEAD
    OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit ${head})
    execute_process(COMMAND ${git} describe --tags --always --dirty --abbrev=12
      OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(SANITIZE)
  string(APPEND BUILD_TYPE "+${SANITIZE}")
endif()
configure_file(${SOURCE_DIR}/cmake/version.cpp.in ${OUTPUT} @ONLY)
