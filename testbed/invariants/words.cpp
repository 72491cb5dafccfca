#include "testbed/invariants/words.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace byzlab::words {
namespace {

struct Unit {
  double size;  // in seconds
  std::string_view name;
};
constexpr std::array kUnits{Unit{86400, "d"}, Unit{3600, "h"},  Unit{60, "min"},
                            Unit{1, "s"},     Unit{1e-3, "ms"}, Unit{1e-6, "us"}};

/// Three significant digits, no exponent, no trailing zeros behind the point.
std::string significant(double value) {
  const double size = std::fabs(value);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

}  // namespace

std::string seconds(double s) {
  if (s == 0) return "0 s";
  for (const Unit& unit : kUnits) {
    // Minutes start at 200 s, hours at 2 h, days at 2 d: "74 s" says more than "1.23 min".
    const double from = unit.size == 60 ? 200 : unit.size > 60 ? 2 * unit.size : unit.size;
    if (std::fabs(s) >= from * 0.9995)
      return significant(s / unit.size) + " " + std::string(unit.name);
  }
  return fmt::format("{:.0f} ns", s * 1e9);
}

std::string duration(Duration d) { return seconds(byzlab::seconds(d)); }

std::string moment(Time t) { return fmt::format("{:.3f} s", byzlab::seconds(t)); }

std::string count(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return digits;
}

std::string count(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", count(n), noun, n == 1 ? "" : "s");
}

std::string number(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15) {
    return (value < 0 ? "-" : "") + count(static_cast<std::uint64_t>(std::fabs(value)));
  }
  return significant(value);
}

std::string share(double ratio) { return significant(ratio * 100) + " %"; }

std::string quantity(double value, std::string_view unit) {
  if (unit == "s") return seconds(value);
  if (unit == "ratio") return share(value);
  if (unit == "bytes") {
    if (std::fabs(value) >= 1e9) return significant(value / 1e9) + " GB";
    if (std::fabs(value) >= 1e6) return significant(value / 1e6) + " MB";
    if (std::fabs(value) >= 1e3) return significant(value / 1e3) + " kB";
    return significant(value) + " B";
  }
  return unit.empty() ? number(value) : number(value) + " " + std::string(unit);
}

std::string replica(ReplicaId r) { return fmt::format("r{}", r.value); }

std::string replicas(std::span<const ReplicaId> who) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < who.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : ", ") + replica(who[i]);
  }
  if (who.size() > kShown) text += fmt::format(" and {} more", who.size() - kShown);
  return text;
}

}  // namespace byzlab::words
