# boost_test_discovery(<target> TIMEOUT <seconds> WORKING_DIRECTORY <folder>)
#
# One ctest entry a Boost.Test suite, asked from the program when ctest starts: no list of tests to
# keep, and none that can be stale.
function(boost_test_discovery target)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "TIMEOUT;WORKING_DIRECTORY" "")
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${target}_discovery.cmake)
  file(GENERATE OUTPUT ${script} CONTENT "
set(program \"$<TARGET_FILE:${target}>\")
set(prefix \"\")
set(timeout ${test_TIMEOUT})
set(working_directory \"${test_WORKING_DIRECTORY}\")
include(\"${PROJECT_SOURCE_DIR}/cmake/add_boost_suites.cmake\")
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()
