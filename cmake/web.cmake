# byzlab_web: the page of dashboards/web, bundled at build time and embedded as text.
#
# npm's packages go into the build tree, once a lock file; the source tree is not written to. With
# BYZLAB_WEB off the library is there with an empty page, and neither node nor npm is looked for.
option(BYZLAB_WEB "Bundle dashboards/web into byzlab (report.html, byzlab view): needs node 18 and npm" ON)

set(web_folder ${PROJECT_SOURCE_DIR}/dashboards/web)
set(web_tree ${PROJECT_BINARY_DIR}/web)
set(web_source ${web_tree}/web_page.cpp)

if(BYZLAB_WEB)
  find_program(BYZLAB_NODE NAMES node nodejs)
  find_program(BYZLAB_NPM npm)
  mark_as_advanced(BYZLAB_NODE BYZLAB_NPM)
  set(web_advice "Install them (Debian: apt-get install --no-install-recommends nodejs npm), or configure "
                 "with -DBYZLAB_WEB=OFF: byzlab then writes no report.html and `byzlab view` shows no page.")
  if(NOT BYZLAB_NODE OR NOT BYZLAB_NPM)
    message(FATAL_ERROR "byzlab's page is bundled with node (18 or newer) and npm, which are not here. "
                        ${web_advice})
  endif()
  execute_process(COMMAND ${BYZLAB_NODE} -p "process.versions.node"
                  OUTPUT_VARIABLE web_node_version OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(web_node_version VERSION_LESS 18)
    message(FATAL_ERROR "byzlab's page is bundled with node 18 or newer; ${BYZLAB_NODE} is "
                        "${web_node_version}. " ${web_advice})
  endif()

  set(web_modules ${web_tree}/node_modules)
  add_custom_command(
    OUTPUT ${web_tree}/installed
    COMMAND ${CMAKE_COMMAND} -E copy ${web_folder}/package.json ${web_folder}/package-lock.json ${web_tree}
    COMMAND ${CMAKE_COMMAND} -E chdir ${web_tree} ${BYZLAB_NPM} ci
            --ignore-scripts --no-audit --no-fund --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${web_tree}/installed
    DEPENDS ${web_folder}/package-lock.json
    COMMENT "Fetching the page's packages (npm ci; without network: -DBYZLAB_WEB=OFF)" VERBATIM)

  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${web_folder}/src/*)
  add_custom_command(
    OUTPUT ${web_source}
    COMMAND ${BYZLAB_NODE} ${web_folder}/embed.mjs ${web_modules} ${web_source}
    DEPENDS ${web_sources} ${web_folder}/bundle.mjs ${web_folder}/embed.mjs ${web_folder}/page.html
            ${web_tree}/installed
    COMMENT "Bundling the page" VERBATIM)
else()
  file(CONFIGURE OUTPUT ${web_source} CONTENT [[
#include "observe/web_page.h"
namespace byzlab {
WebPage web_page() { return {}; }
}  // namespace byzlab
]])
endif()

add_library(byzlab_web STATIC ${web_source})
target_include_directories(byzlab_web PUBLIC ${PROJECT_SOURCE_DIR})
