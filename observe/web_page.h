// The bundled page in the pieces between which values go. Defined by a file that the build writes
// (cmake/web.cmake); all empty without a page.
#pragma once

#include <string_view>

namespace byzlab {

struct WebPage {
  std::string_view before_policy;  ///< ends inside the content security policy
  std::string_view before_data;    ///< ends where the inlined JSON begins
  std::string_view after_data;
};

WebPage web_page();

}  // namespace byzlab
