# byzlab_version: the build id, asked from git at every build, in one small file.
#
# The file is rewritten only when the id changed, so a build without news compiles and links nothing.
set(version_source ${PROJECT_BINARY_DIR}/version.cpp)
add_custom_target(byzlab_version_source
  COMMAND ${CMAKE_COMMAND}
    -DSOURCE_DIR=${PROJECT_SOURCE_DIR}
    -DOUTPUT=${version_source}
    "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
    -DBUILD_TYPE=${CMAKE_BUILD_TYPE}
    -DSANITIZE=${BYZLAB_SANITIZE}
    -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake
  BYPRODUCTS ${version_source}
  COMMENT "Asking git for the build id" VERBATIM)
add_library(byzlab_version STATIC ${version_source})
add_dependencies(byzlab_version byzlab_version_source)
target_include_directories(byzlab_version PUBLIC ${PROJECT_SOURCE_DIR})
