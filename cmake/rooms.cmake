# A room of the house is a folder and a library of the same name.

# byzlab_room(<folder> LINK <libraries>): byzlab_<folder> from every .cpp below the folder.
function(byzlab_room folder)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "LINK")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  if(sources)
    add_library(byzlab_${folder} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(byzlab_${folder} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(byzlab_${folder} ${scope} ${PROJECT_SOURCE_DIR})
  target_link_libraries(byzlab_${folder} ${scope} ${room_LINK})
endfunction()

# byzlab_system_library(<name> HEADER <header>): an imported target for a library without a usable
# CMake package of its own.
function(byzlab_system_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "HEADER" "")
  find_library(BYZLAB_LIB_${name} ${name} REQUIRED)
  find_path(BYZLAB_INCLUDE_${name} ${library_HEADER} REQUIRED)
  mark_as_advanced(BYZLAB_LIB_${name} BYZLAB_INCLUDE_${name})
  add_library(${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES
    IMPORTED_LOCATION ${BYZLAB_LIB_${name}}
    INTERFACE_INCLUDE_DIRECTORIES ${BYZLAB_INCLUDE_${name}})
endfunction()
