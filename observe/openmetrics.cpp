#include "observe/openmetrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace byzlab {
namespace {

double number_in(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Calls for each line without its end.
template <class F>
void each_line(std::string_view text, F&& f) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    f(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::string at_epoch(std::string_view openmetrics, double epoch) {
  std::string out;
  out.reserve(openmetrics.size() + openmetrics.size() / 8);
  each_line(openmetrics, [&](std::string_view line) {
    const auto space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) {
      out += line;
    } else {
      const auto ms = std::llround((epoch + number_in(line.substr(space + 1))) * 1000);
      out += line.substr(0, space + 1);
      fmt::format_to(std::back_inserter(out), "{}.{:03}", ms / 1000, std::abs(ms % 1000));
    }
    out += '\n';
  });
  return out;
}

double last_timestamp(std::string_view openmetrics) {
  double last = 0;
  each_line(openmetrics, [&](std::string_view line) {
    const auto space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) return;
    last = std::max(last, number_in(line.substr(space + 1)));
  });
  return last;
}

}  // namespace byzlab
