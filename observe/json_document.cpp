// Writing JSON. The one file that holds the code of Boost.JSON.
#include "observe/json_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/src.hpp>
#include <cmath>

#include "base/json_text.h"

namespace byzlab {
namespace {

namespace json = boost::json;

constexpr std::size_t kLine = 96;

void write_scalar(const json::value& value, std::string& out) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; return;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case json::kind::int64: out += std::to_string(value.get_int64()); return;
    case json::kind::uint64: out += std::to_string(value.get_uint64()); return;
    case json::kind::double_: {
      const double number = value.get_double();
      out += std::isfinite(number) ? fmt::format("{}", number) : "null";
      return;
    }
    case json::kind::string:
      write_json_string({value.get_string().data(), value.get_string().size()}, out);
      return;
    case json::kind::array:
    case json::kind::object: return;
  }
}

void write_compact(const json::value& value, std::string& out, std::string_view space) {
  const char* separator = "";
  if (const auto* object = value.if_object()) {
    out += '{';
    for (const auto& member : *object) {
      out += separator;
      if (*separator != '\0') out += space;
      separator = ",";
      write_json_string({member.key().data(), member.key().size()}, out);
      out += ':';
      out += space;
      write_compact(member.value(), out, space);
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (const auto& element : *array) {
      out += separator;
      if (*separator != '\0') out += space;
      separator = ",";
      write_compact(element, out, space);
    }
    out += ']';
  } else {
    write_scalar(value, out);
  }
}

bool is_flat(const json::value& value) {
  const auto nested = [](const json::value& v) {
    return (v.is_object() && !v.get_object().empty()) || (v.is_array() && !v.get_array().empty());
  };
  if (const auto* object = value.if_object())
    return std::none_of(object->begin(), object->end(),
                        [&](const auto& m) { return nested(m.value()); });
  if (const auto* array = value.if_array())
    return std::none_of(array->begin(), array->end(), nested);
  return true;
}

bool is_row_of_numbers(const json::value& value) {
  const json::array* row = value.if_array();
  return row && !row->empty() &&
         std::ranges::all_of(*row, [](const json::value& v) { return v.is_number(); });
}

/// A table of numbers, as many rows on a line as there is room for.
void write_rows(const json::array& rows, std::string& out, std::size_t indent) {
  const std::string margin = '\n' + std::string(indent + 2, ' ');
  out += '[';
  std::size_t used = kLine;  // of the current line
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string row;
    write_compact(rows[i], row, "");
    if (i + 1 < rows.size()) row += ',';
    const bool fits = used + 1 + row.size() <= kLine;
    out += fits ? " " : margin;
    used = (fits ? used + 1 : indent + 2) + row.size();
    out += row;
  }
  out += '\n' + std::string(indent, ' ') + ']';
}

void write_pretty(const json::value& value, std::string& out, std::size_t indent) {
  if (is_flat(value)) {
    std::string line;
    write_compact(value, line, " ");
    if (indent > 0 && line.size() + indent <= kLine) {
      out += line;
      return;
    }
  }
  const std::string inner(indent + 2, ' ');
  const char* separator = "";
  if (const auto* object = value.if_object()) {
    out += '{';
    for (const auto& member : *object) {
      out += separator;
      separator = ",";
      out += '\n' + inner;
      write_json_string({member.key().data(), member.key().size()}, out);
      out += ": ";
      write_pretty(member.value(), out, indent + 2);
    }
    out += '\n' + std::string(indent, ' ') + '}';
  } else if (const auto* array = value.if_array()) {
    if (std::ranges::all_of(*array, is_row_of_numbers)) return write_rows(*array, out, indent);
    out += '[';
    for (const auto& element : *array) {
      out += separator;
      separator = ",";
      out += '\n' + inner;
      write_pretty(element, out, indent + 2);
    }
    out += '\n' + std::string(indent, ' ') + ']';
  } else {
    write_scalar(value, out);
  }
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  write_pretty(value, out, 0);
  return out + '\n';
}

std::string compact(const json::value& value) {
  std::string out;
  write_compact(value, out, "");
  return out;
}

}  // namespace byzlab
