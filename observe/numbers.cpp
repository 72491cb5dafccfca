// Numbers for people.
#include "observe/numbers.h"

#include <fmt/format.h>

#include <cmath>

#include "base/quantity.h"

namespace byzlab {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return "-";
  const double size = std::fabs(value);
  if (size >= 999.5) {
    const auto text = grouped(static_cast<std::uint64_t>(std::llround(size)));
    return value < 0 ? "-" + text : text;
  }
  std::string text = size >= 100  ? fmt::format("{:.1f}", value)
                     : size >= 10 ? fmt::format("{:.1f}", value)
                                  : fmt::format("{:.2f}", value);
  while (text.find('.') != std::string::npos && (text.back() == '0' || text.back() == '.')) {
    const bool point = text.back() == '.';
    text.pop_back();
    if (point) break;
  }
  return text == "-0" ? "0" : text;
}

std::string duration_words(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  const double size = std::fabs(seconds);
  if (size == 0) return "0 s";
  if (size < 1e-6) return fmt::format("{:.0f} ns", seconds * 1e9);
  if (size < 1e-3) return fmt::format("{:.0f} us", seconds * 1e6);
  if (size < 9.95e-3) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (size < 0.9995) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (size < 9.995) return fmt::format("{:.2f} s", seconds);
  if (size < 600) return fmt::format("{:.1f} s", seconds);
  if (size < 2 * 3600) return fmt::format("{:.1f} min", seconds / 60);
  if (size < 2 * 86400) return fmt::format("{:.1f} h", seconds / 3600);
  return fmt::format("{:.1f} d", seconds / 86400);
}

std::string moment(Time at, Duration whole_run) {
  if (whole_run <= std::chrono::hours{1}) return fmt::format("{:.3f}s", seconds(at));
  const auto total = nanoseconds(at) / 1'000'000'000;
  const auto clock =
      fmt::format("{:02}:{:02}:{:02}", total / 3600 % 24, total / 60 % 60, total % 60);
  return whole_run < std::chrono::hours{24} ? clock : fmt::format("{}d {}", total / 86400, clock);
}

std::string spaced_duration(Duration d) {
  // "60 s", as people write it, rather than "1 min".
  const auto whole = nanoseconds(d) / 1'000'000'000;
  if (whole > 0 && whole <= 120 && d == std::chrono::seconds{whole})
    return fmt::format("{} s", whole);
  if (whole > 0 && d != std::chrono::seconds{whole}) return duration_words(seconds(d));
  std::string text = duration_text(d);
  const auto unit = text.find_first_not_of("-.0123456789");
  if (unit != std::string::npos) text.insert(unit, " ");
  return text;
}

double exact_seconds(Time at) { return static_cast<double>(nanoseconds(at)) / 1e9; }
double exact_seconds(Duration d) { return static_cast<double>(nanoseconds(d)) / 1e9; }

std::string percent(double share) { return fmt::format("{} %", short_number(share * 100)); }

}  // namespace byzlab
