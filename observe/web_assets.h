// The built-in page, as it was bundled from dashboards/web when byzlab was built.
#pragma once

#include <string>
#include <string_view>

namespace byzlab {

/// False when byzlab was configured with -DBYZLAB_WEB=OFF: then there is no page, and the
/// functions below return an empty text.
bool web_built();

/// One self-contained HTML file that shows `data_json`, {"kind":"run",…} or
/// {"kind":"comparison",…}: script, style and data inlined, and a policy that forbids the browser
/// every request.
std::string page_html(std::string_view data_json);

/// The page that `byzlab view` serves: it may ask the server it came from, and nobody else.
std::string server_page_html();

/// What to tell somebody who asks for a page of a byzlab without one.
std::string_view no_web_text();

}  // namespace byzlab
