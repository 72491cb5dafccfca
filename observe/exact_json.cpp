#include "observe/exact_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <string>
#include <utility>

namespace byzlab {
namespace {

namespace json = boost::json;

/// What the parser calls: the same as Boost's own, but for on_double.
struct ExactHandler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  explicit ExactHandler(json::storage_ptr storage) { stack.reset(std::move(storage)); }

  bool on_double(double, json::string_view text, json::error_code& error) {
    double value = 0;
    number.append(text.data(), text.size());
    const auto end = number.data() + number.size();
    const auto read = std::from_chars(number.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end) error = json::error::not_number;
    number.clear();
    stack.push_double(value);
    return !error;
  }
  bool on_number_part(json::string_view text, json::error_code&) {
    number.append(text.data(), text.size());
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    number.clear();
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    number.clear();
    stack.push_uint64(value);
    return true;
  }
  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t size, json::error_code&) {
    stack.push_object(size);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t size, json::error_code&) {
    stack.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
    stack.push_chars(text);
    return true;
  }
  bool on_key(json::string_view text, std::size_t, json::error_code&) {
    stack.push_key(text);
    return true;
  }
  bool on_string_part(json::string_view text, std::size_t, json::error_code&) {
    stack.push_chars(text);
    return true;
  }
  bool on_string(json::string_view text, std::size_t, json::error_code&) {
    stack.push_string(text);
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  json::value_stack stack;
  std::string number;
};

}  // namespace

std::optional<json::value> parse_exact(std::initializer_list<std::string_view> parts,
                                       json::storage_ptr storage) {
  json::basic_parser<ExactHandler> parser({}, std::move(storage));
  json::error_code wrong;
  for (const auto part : parts) {
    if (parser.write_some(true, part.data(), part.size(), wrong) < part.size()) return std::nullopt;
    if (wrong) return std::nullopt;
  }
  parser.write_some(false, "", 0, wrong);
  if (wrong || !parser.done()) return std::nullopt;
  return parser.handler().stack.release();
}

}  // namespace byzlab
