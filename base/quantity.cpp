// Quantities with units, as people write them. Everything goes through one exact decimal.
#include "base/quantity.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace byzlab {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr Unit kTimeUnits[] = {{"ns", 1},
                               {"us", 1'000},
                               {"ms", 1'000'000},
                               {"s", 1'000'000'000},
                               {"min", 60'000'000'000},
                               {"h", 3'600'000'000'000},
                               {"d", 86'400'000'000'000}};
constexpr Unit kByteUnits[] = {
    {"B", 1},          {"kB", 1'000},     {"MB", 1'000'000}, {"GB", 1'000'000'000},
    {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};
constexpr Unit kBitrateUnits[] = {
    {"bit/s", 1}, {"kbit/s", 1'000}, {"Mbit/s", 1'000'000}, {"Gbit/s", 1'000'000'000}};

/// A hundred years: sums of two durations stay far from the end of the clock.
constexpr std::uint64_t kLongest = 36'500ull * 86'400'000'000'000ull;

/// digits.fraction as an integer and a power of ten, and the text behind it.
struct Decimal {
  std::uint64_t mantissa = 0;
  int scale = 0;  // value = mantissa / 10^scale
  std::string_view number, rest;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

/// A long text is cut before it goes into a message.
std::string shown(std::string_view text) {
  return text.size() <= 40 ? quoted(text) : quoted(std::string(text.substr(0, 37)) + "...");
}

Parsed<Decimal> parse_decimal(std::string_view text, std::string_view what) {
  const auto fail = [&](std::string reason, std::string hint = {}) {
    return Parsed<Decimal>::failed(std::move(reason), std::move(hint));
  };
  text = trim(text);
  if (text.starts_with('-')) return fail(std::string(what) + " cannot be negative");
  Decimal d;
  std::size_t i = 0;
  int digits = 0;
  bool overflow = false;
  const auto take = [&] {
    for (; i < text.size() && is_digit(text[i]); ++i) {
      const auto digit = static_cast<std::uint64_t>(text[i] - '0');
      if (d.mantissa > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) overflow = true;
      if (!overflow) d.mantissa = d.mantissa * 10 + digit;
      ++digits;
    }
  };
  take();
  if (digits == 0) return fail(shown(text) + " is not " + std::string(what));
  if (digits > 1 && text[0] == '0')
    return fail(shown(text) + " starts with 0 and would be octal elsewhere", "write it without 0");
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
    const std::size_t point = i++;
    take();
    d.scale = static_cast<int>(i - point - 1);
  }
  if (overflow || d.scale > 30) return fail(shown(text) + " has too many digits");
  d.number = text.substr(0, i);
  d.rest = trim(text.substr(i));
  return d;
}

/// mantissa * size / 10^scale if that is a whole number of 64 bits.
std::optional<std::uint64_t> whole(const Decimal& d, std::uint64_t size) {
  std::uint64_t mantissa = d.mantissa;
  for (int i = 0; i < d.scale && mantissa != 0; ++i) {
    for (const std::uint64_t prime : {2, 5}) {
      if (mantissa % prime == 0) {
        mantissa /= prime;
      } else if (size % prime == 0) {
        size /= prime;
      } else {
        return std::nullopt;
      }
    }
  }
  if (mantissa > std::numeric_limits<std::uint64_t>::max() / size) return std::nullopt;
  return mantissa * size;
}

std::string names_of(std::span<const Unit> units) {
  std::string all;
  for (const Unit& unit : units) all += (all.empty() ? "" : " ") + std::string(unit.name);
  return all;
}

bool same_letters(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
  return true;
}

/// What somebody who wrote `wrong` most likely means.
std::string unit_hint(std::string_view wrong, std::span<const Unit> units) {
  struct Slip {
    std::string_view wrong, right;
  };
  static constexpr Slip kSlips[] = {{"sec", "s"},       {"secs", "s"},       {"second", "s"},
                                    {"seconds", "s"},   {"mins", "min"},     {"minute", "min"},
                                    {"minutes", "min"}, {"hour", "h"},       {"hours", "h"},
                                    {"hr", "h"},        {"day", "d"},        {"days", "d"},
                                    {"msec", "ms"},     {"\xC2\xB5s", "us"}, {"usec", "us"},
                                    {"bytes", "B"},     {"byte", "B"},       {"Mbps", "Mbit/s"},
                                    {"Gbps", "Gbit/s"}, {"kbps", "kbit/s"},  {"bps", "bit/s"}};
  const auto known = [&](std::string_view name) {
    for (const Unit& unit : units)
      if (unit.name == name) return true;
    return false;
  };
  if (wrong == "m" && known("min")) return "`min` is minutes, `ms` is milliseconds";
  for (const Slip& slip : kSlips)
    if (same_letters(slip.wrong, wrong) && known(slip.right))
      return "did you mean " + quoted(slip.right) + "?";
  for (const Unit& unit : units)
    if (same_letters(unit.name, wrong)) return "did you mean " + quoted(unit.name) + "?";
  return "units: " + names_of(units);
}

/// A number with one of `units`, as a whole number of the smallest one.
Parsed<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                      std::string_view what, std::string_view usual,
                                      std::string_view others) {
  using Result = Parsed<std::uint64_t>;
  const Parsed<Decimal> parsed = parse_decimal(text, what);
  if (!parsed) return Result::failed(parsed.reason(), parsed.hint());
  const Decimal& d = *parsed;
  if (d.rest.empty()) {
    std::string hint = "write " + quoted(std::string(d.number) + std::string(usual));
    std::string more;
    for (std::size_t at = 0; at < others.size();) {
      const std::size_t end = std::min(others.find('|', at), others.size());
      more += (more.empty() ? "" : ", ") +
              quoted(std::string(d.number) + std::string(others.substr(at, end - at)));
      at = end + 1;
    }
    return Result::failed(std::string(what) + " needs a unit", hint + " (or " + more + ")");
  }
  for (const Unit& unit : units) {
    if (unit.name != d.rest) continue;
    if (const auto value = whole(d, unit.size)) return *value;
    return Result::failed(shown(trim(text)) + " is not a whole number of " +
                          std::string(units.front().name) + ", or too large");
  }
  return Result::failed(
      shown(d.rest) + " is no unit of " + std::string(what).substr(what.find(' ') + 1),
      unit_hint(d.rest, units));
}

/// Largest unit of which `value` is a whole number.
std::string with_unit(std::uint64_t value, std::span<const Unit> units, std::string_view gap) {
  const Unit* best = &units.front();
  for (const Unit& unit : units)
    if (value % unit.size == 0 && unit.size > best->size && value != 0) best = &unit;
  return std::to_string(value / best->size) + std::string(gap) + std::string(best->name);
}

/// mantissa / 10^(scale + shift), correctly rounded.
double rounded(const Decimal& d, int shift) {
  const std::string text = std::to_string(d.mantissa) + "e-" + std::to_string(d.scale + shift);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  const auto ns = parse_with_unit(text, kTimeUnits, "a duration", "s", "min|ms");
  if (!ns) return Parsed<Duration>::failed(ns.reason(), ns.hint());
  if (*ns > kLongest) return Parsed<Duration>::failed(shown(text) + " is longer than 36500d");
  return Duration{static_cast<std::int64_t>(*ns)};
}

Parsed<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_with_unit(text, kByteUnits, "a size", " B", " kB| MB");
}

Parsed<std::uint64_t> parse_bandwidth(std::string_view text) {
  return parse_with_unit(text, kBitrateUnits, "a bandwidth", " Mbit/s", " kbit/s| Gbit/s");
}

Parsed<std::uint64_t> parse_count(std::string_view text) {
  using Result = Parsed<std::uint64_t>;
  const Parsed<Decimal> parsed = parse_decimal(text, "a whole number");
  if (!parsed) return Result::failed(parsed.reason(), parsed.hint());
  if (!(*parsed).rest.empty() || (*parsed).scale != 0)
    return Result::failed(shown(trim(text)) + " is not a whole number",
                          (*parsed).rest.empty() ? "" : "write digits only, without a unit");
  return (*parsed).mantissa;
}

Parsed<double> parse_number(std::string_view text) {
  const Parsed<Decimal> parsed = parse_decimal(text, "a number");
  if (!parsed) return Parsed<double>::failed(parsed.reason(), parsed.hint());
  if (!(*parsed).rest.empty())
    return Parsed<double>::failed(shown(trim(text)) + " is not a number",
                                  "write it without a unit");
  return rounded(*parsed, 0);
}

Parsed<double> parse_probability(std::string_view text) {
  const Parsed<Decimal> parsed = parse_decimal(text, "a probability");
  if (!parsed) return Parsed<double>::failed(parsed.reason(), parsed.hint());
  const Decimal& d = *parsed;
  if (!d.rest.empty() && d.rest != "%")
    return Parsed<double>::failed(shown(trim(text)) + " is not a probability",
                                  "write `0.01` or `1%`");
  const double value = rounded(d, d.rest == "%" ? 2 : 0);
  if (value > 1)
    return Parsed<double>::failed(
        shown(trim(text)) + " is more than 1",
        d.rest.empty() && value <= 100 ? "write `" + std::string(d.number) + "%`" : "");
  return value;
}

Parsed<double> parse_rate(std::string_view text, std::string_view unit) {
  const Parsed<Decimal> parsed = parse_decimal(text, "a rate");
  if (!parsed) return Parsed<double>::failed(parsed.reason(), parsed.hint());
  const Decimal& d = *parsed;
  if (d.rest.empty())
    return Parsed<double>::failed(
        "a rate needs a unit", "write `" + std::string(d.number) + " " + std::string(unit) + "`");
  if (d.rest != unit)
    return Parsed<double>::failed(
        shown(d.rest) + " is not the unit of this rate",
        "write `" + std::string(d.number) + " " + std::string(unit) + "`");
  return rounded(d, 0);
}

std::string duration_text(Duration d) {
  if (d.count() < 0) return "-" + duration_text(-d);
  if (d.count() == 0) return "0s";
  return with_unit(static_cast<std::uint64_t>(d.count()), kTimeUnits, "");
}

std::string bytes_text(std::uint64_t bytes) { return with_unit(bytes, kByteUnits, " "); }

std::string bandwidth_text(std::uint64_t bits_per_second) {
  return with_unit(bits_per_second, kBitrateUnits, " ");
}

std::string number_text(double value) {
  std::array<char, 512> buffer;  // 1.8e308 in full
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return std::string(buffer.data(), end.ptr);
}

}  // namespace byzlab
