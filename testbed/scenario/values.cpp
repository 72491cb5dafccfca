// One value of the language.
#include "testbed/scenario/values.h"

#include <algorithm>

#include "base/quantity.h"
#include "base/rng.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

template <class T>
ValueResult from_parsed(const Parsed<T>& parsed) {
  if (parsed) return {.value = Value(*parsed)};
  const std::string& reason = parsed.reason();
  std::string code = "E111";
  if (reason.ends_with("needs a unit")) code = "E110";
  if (reason.find("octal") != std::string::npos) code = "E115";
  if (reason.ends_with("more than 1")) code = "E112";
  return {.code = std::move(code), .message = reason, .hint = parsed.hint()};
}

/// A number with or without a unit, not a range.
ValueResult read_single(ValueType type, std::string_view text) {
  switch (type) {
    case ValueType::duration: return from_parsed(parse_duration(text));
    case ValueType::count: return from_parsed(parse_count(text));
    case ValueType::bytes: return from_parsed(parse_bytes(text));
    case ValueType::bandwidth: return from_parsed(parse_bandwidth(text));
    case ValueType::rate: return from_parsed(parse_rate(text, "tx/s"));
    case ValueType::probability: return from_parsed(parse_probability(text));
    case ValueType::number: return from_parsed(parse_number(text));
    case ValueType::choice:
    case ValueType::flag:
    case ValueType::text:
    case ValueType::name:
    case ValueType::selector:
    case ValueType::links:
    case ValueType::sides:
    case ValueType::kinds:
    case ValueType::views:
    case ValueType::behavior:
    case ValueType::window:
    case ValueType::seeds:
    case ValueType::special:
    case ValueType::section:
    case ValueType::list: break;
  }
  return {.code = "E111", .message = ticked(text) + " is no number"};
}

bool is_numeric(ValueType type) {
  return type == ValueType::duration || type == ValueType::count || type == ValueType::bytes ||
         type == ValueType::bandwidth || type == ValueType::rate ||
         type == ValueType::probability || type == ValueType::number;
}

/// Steps of a power of ten, at least a thousand over the range, so that what is drawn is readable.
std::uint64_t step_of(ValueType type, std::uint64_t width) {
  std::uint64_t step = 1;
  if (type == ValueType::count) return step;
  while (step <= width / 10'000) step *= 10;
  return step;
}

std::uint64_t below(std::uint64_t random, std::uint64_t n) {
  return n == 0 ? random : random % n;  // n == 0 stands for 2^64
}

Value draw(ValueType type, const Value& low, const Value& high, std::uint64_t random) {
  if (const double* from = std::get_if<double>(&low))
    return *from + (std::get<double>(high) - *from) * static_cast<double>(random % 1001) / 1000.0;
  const auto whole = [](const Value& v) {
    if (const Duration* d = std::get_if<Duration>(&v))
      return static_cast<std::uint64_t>(d->count());
    return std::get<std::uint64_t>(v);
  };
  const std::uint64_t from = whole(low), width = whole(high) - from, step = step_of(type, width);
  const std::uint64_t drawn = from + step * below(random, width / step + 1);
  if (type == ValueType::duration) return Duration{static_cast<std::int64_t>(drawn)};
  return drawn;
}

ValueResult read_range(ValueType type, std::string_view text, std::uint64_t random) {
  const std::size_t dots = text.find("..");
  ValueResult low = read_single(type, text.substr(0, dots));
  if (!low.value) return low;
  const ValueResult high = read_single(type, text.substr(dots + 2));
  if (!high.value) return high;
  if (*high.value < *low.value)
    return {.code = "E116", .message = "the range " + ticked(text) + " ends before it starts"};
  return {.value = draw(type, *low.value, *high.value, random), .drawn = true};
}

ValueResult check_range(ValueType type, std::string_view text, std::string_view allowed,
                        ValueResult result) {
  const std::size_t dots = allowed.find("..");
  if (!result.value || dots == std::string_view::npos) return result;
  const ValueResult low = read_single(type, allowed.substr(0, dots));
  const ValueResult high = read_single(type, allowed.substr(dots + 2));
  const auto outside = [&](const Value& v) { return v < *low.value || *high.value < v; };
  bool wrong = outside(*result.value);
  // Both ends of a range must be right, whatever the seed.
  if (const std::size_t own = text.find(".."); own != std::string_view::npos)
    wrong = outside(*read_single(type, text.substr(0, own)).value) ||
            outside(*read_single(type, text.substr(own + 2)).value);
  if (!wrong) return result;
  return {.code = "E112", .message = ticked(text) + " is outside " + std::string(allowed)};
}

ValueResult read_choice(std::string_view text, std::string_view allowed) {
  const std::vector<std::string> choices = split(allowed, '|');
  if (std::find(choices.begin(), choices.end(), text) != choices.end())
    return {.value = std::string(text)};
  const auto guess = nearest(text, choices);
  return {.code = "E113",
          .message = ticked(text) + (choices.size() == 1 ? " is not " : " is none of ") +
                     join(choices, ", "),
          .hint = guess ? "did you mean `" + *guess + "`?" : ""};
}

}  // namespace

ValueResult read_value(ValueType type, std::string_view text, std::string_view allowed,
                       std::uint64_t random) {
  text = trimmed(text);
  if (is_numeric(type)) {
    const bool range = text.find("..") != std::string_view::npos;
    return check_range(type, text, allowed,
                       range ? read_range(type, text, random) : read_single(type, text));
  }
  if (type == ValueType::choice) return read_choice(text, allowed);
  if (type == ValueType::flag) {
    if (text == "true" || text == "false") return {.value = Value(text == "true")};
    return {.code = "E113", .message = ticked(text) + " is neither true nor false"};
  }
  if (type == ValueType::name && !is_name(text))
    return {.code = "E111",
            .message = ticked(text) + " is no name",
            .hint = "letters, digits, `_`, `-` and `.`, at most 64, the first a letter or digit"};
  return {.value = std::string(text)};
}

std::string value_text(ValueType type, const Value& value) {
  if (const auto* d = std::get_if<Duration>(&value)) return duration_text(*d);
  if (const auto* x = std::get_if<double>(&value))
    return number_text(*x) + (type == ValueType::rate ? " tx/s" : "");
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  const std::uint64_t n = std::get<std::uint64_t>(value);
  if (type == ValueType::bytes) return bytes_text(n);
  if (type == ValueType::bandwidth) return bandwidth_text(n);
  return std::to_string(n);
}

std::uint64_t bits_for(std::uint64_t seed, std::string_view path) {
  std::uint64_t hash = 0xCBF29CE484222325ull;  // FNV-1a
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return mix(seed, hash);
}

}  // namespace byzlab::scenario
