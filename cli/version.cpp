// byzlab version: which code this is, compiled how.
#include "base/version.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/json_text.h"
#include "cli/commands.h"

namespace byzlab {

Exit execute(const VersionArguments& arguments) {
  std::string text;
  if (arguments.json) {
    const auto member = [&](const char* name, const char* value) {
      text += text.empty() ? "{" : ",";
      text += fmt::format("\"{}\":", name);
      write_json_string(value, text);
    };
    member("version", version());
    member("commit", commit());
    member("compiler", compiler());
    member("build_type", build_type());
    text += "}\n";
  } else {
    text = fmt::format("byzlab {}   {}, {}\n", version(), compiler(), build_type());
  }
  std::fputs(text.c_str(), stdout);
  return Exit::ok;
}

}  // namespace byzlab
