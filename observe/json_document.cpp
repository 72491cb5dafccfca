// Writing JSON. The one file that holds the code of Boost.JSON.
#include "observe/json_document.h"

#include <fmt/format.h>

#include <boost/json/src.hpp>
#include <cmath>

#include "base/json_text.h"

namespace byzlab {
namespace {

namespace json = boost::json;

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

void write_pretty(const json::value& value, std::string& out, std::size_t indent) {
  if (is_flat(value)) {
    std::string line;
    write_compact(value, line, " ");
    if (indent > 0 && line.size() + indent <= 96) {
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
