# byzlab_dashboards: the files of dashboards/ that `byzlab grafana export` writes, embedded as text.
set(dashboards_folder ${PROJECT_SOURCE_DIR}/dashboards)
set(dashboards_source ${PROJECT_BINARY_DIR}/dashboard_files.cpp)
file(GLOB_RECURSE dashboards_files CONFIGURE_DEPENDS
  ${dashboards_folder}/prometheus/* ${dashboards_folder}/grafana/* ${dashboards_folder}/compose.yaml
  ${dashboards_folder}/load.sh)
add_custom_command(
  OUTPUT ${dashboards_source}
  COMMAND ${CMAKE_COMMAND} -DROOT=${dashboards_folder} -DOUT=${dashboards_source} "-DFILES=${dashboards_files}"
          -P ${PROJECT_SOURCE_DIR}/cmake/embed_dashboards.cmake
  DEPENDS ${dashboards_files} ${PROJECT_SOURCE_DIR}/cmake/embed_dashboards.cmake
  COMMENT "Embedding dashboards" VERBATIM)
add_library(byzlab_dashboards STATIC ${dashboards_source})
target_include_directories(byzlab_dashboards PUBLIC ${PROJECT_SOURCE_DIR})
