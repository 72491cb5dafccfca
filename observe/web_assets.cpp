// Puts data into the bundled page.
#include "observe/web_assets.h"

#include "observe/web_page.h"

namespace byzlab {
namespace {

/// JSON inside a script element: no "<", so that nothing in it can end the element.
void append_inlined(std::string& to, std::string_view json) {
  for (const char c : json) {
    if (c == '<') {
      to += "\\u003c";
    } else {
      to += c;
    }
  }
}

std::string page(std::string_view policy, std::string_view data_json) {
  const WebPage pieces = web_page();
  if (pieces.before_policy.empty()) return {};
  std::string html;
  html.reserve(pieces.before_policy.size() + pieces.before_data.size() + pieces.after_data.size() +
               policy.size() + data_json.size());
  html += pieces.before_policy;
  html += policy;
  html += pieces.before_data;
  append_inlined(html, data_json);
  html += pieces.after_data;
  return html;
}

}  // namespace

bool web_built() { return !web_page().before_policy.empty(); }

std::string page_html(std::string_view data_json) { return page("", data_json); }

std::string server_page_html() { return page("; connect-src 'self'", R"({"kind":"server"})"); }

std::string_view no_web_text() {
  return "this byzlab was built without its page (-DBYZLAB_WEB=OFF): no report.html, no `byzlab "
         "view`; configure with -DBYZLAB_WEB=ON where node 18 and npm are installed";
}

}  // namespace byzlab
