# Run by ctest at its start: reads `program --list_content` and adds one test a suite.
#
# In: program, working_directory, timeout (seconds), and prefix, which goes before every name.
# The listing is a tree, four spaces a level, '*' after what is enabled (the rest is skipped), then
# ': ' and a description:
#   codec*
#       round_trip*
#   conformance*
#       pbft*
#           commits_when_all_are_honest*
# A suite below a suite becomes the entry parent/child; cases directly in a suite are the entry parent.

function(add_suite name filter)
  add_test(${prefix}${name} ${program} --run_test=${filter} --log_level=test_suite --report_level=short
           --color_output=no)
  set_tests_properties(${prefix}${name} PROPERTIES
    TIMEOUT ${timeout} WORKING_DIRECTORY ${working_directory})
endfunction()

# A case of a suite: collected, because all direct cases of one suite are one entry.
macro(note_case suite case)
  list(APPEND cases_of_${suite} ${case})
endmacro()

# The suite `top/child` is an entry of its own unless its children are the numbered samples of a
# data-driven case (_0, _1, ...), which Boost.Test lists as if it were a suite.
macro(close_child)
  if(child)
    if(child_is_suite)
      add_suite(${top}/${child} ${top}/${child})
    else()
      note_case(${top} ${child})
    endif()
  endif()
  set(child "")
  set(child_is_suite FALSE)
endmacro()

macro(close_top)
  close_child()
  if(top)
    if(cases_of_${top})
      list(JOIN cases_of_${top} "," names)
      add_suite(${top} ${top}/${names})
    elseif(NOT top_has_children)
      add_suite(${top} ${top})
    endif()
  endif()
endmacro()

if(NOT EXISTS ${program})
  add_test(${prefix}tests_are_not_built ${program})
else()
  execute_process(COMMAND ${program} --list_content ERROR_VARIABLE listing RESULT_VARIABLE failed
                  WORKING_DIRECTORY ${working_directory})
  if(failed)
    message(FATAL_ERROR "${program} --list_content failed (${failed}):\n${listing}")
  endif()
  string(REPLACE ";" "," listing "${listing}")
  string(REPLACE "\n" ";" listing "${listing}")
  set(top "")
  set(child "")
  foreach(line IN LISTS listing)
    if(NOT line MATCHES "^( *)([^ *:]+)\\*")
      continue()
    endif()
    string(LENGTH "${CMAKE_MATCH_1}" indent)
    set(name "${CMAKE_MATCH_2}")
    if(indent EQUAL 0)
      close_top()
      set(top ${name})
      set(cases_of_${top} "")
      set(top_has_children FALSE)
    elseif(indent EQUAL 4)
      close_child()
      set(top_has_children TRUE)
      set(child ${name})
    elseif(indent EQUAL 8 AND NOT name MATCHES "^_[0-9]+$")
      set(child_is_suite TRUE)
    endif()
  endforeach()
  close_top()
endif()
