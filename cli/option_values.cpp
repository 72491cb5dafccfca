// Values of the command line from their text.
#include "cli/option_values.h"

#include <charconv>

namespace byzlab {

std::optional<std::uint64_t> whole_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

std::string number_wanted(std::string_view text, std::uint64_t low, std::uint64_t high) {
  return "wants a whole number from " + std::to_string(low) + " to " + std::to_string(high) +
         ", not `" + std::string(text) + "`";
}

std::optional<scenario::Runs> seed_range(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto first = whole_number(text.substr(0, dots));
  const auto last = whole_number(text.substr(dots + 2));
  constexpr std::uint64_t kMost = 1'000'000'000;
  if (!first || !last || *last < *first || *last - *first >= kMost) return std::nullopt;
  return scenario::Runs{.first = *first, .last = *last};
}

std::string seeds_wanted(std::string_view text) {
  const std::string given(text);
  const auto count = whole_number(text);
  if (count && *count > 0) {
    return "wants a range: " +
           (*count == 1 ? std::string("1..1 for the first seed")
                        : "1.." + given + " for " + given + " seeds, " + given + ".." + given +
                              " for that one") +
           "; `" + given + "` could be either";
  }
  const auto dots = text.find("..");
  const auto first = whole_number(text.substr(0, dots));
  const auto last =
      dots == std::string_view::npos ? std::nullopt : whole_number(text.substr(dots + 2));
  if (first && last && *last < *first) {
    return "wants the lower seed first: " + std::to_string(*last) + ".." + std::to_string(*first) +
           ", not `" + given + "`";
  }
  if (first && last) return "wants at most 1000000000 seeds, not `" + given + "`";
  return "wants a range such as 1..100, of seeds from 0 to " + std::to_string(kLargestNumber) +
         ", not `" + given + "`";
}

std::optional<std::uint16_t> loopback_port(std::string_view text) {
  for (const std::string_view host : {"127.0.0.1:", "localhost:"}) {
    if (text.starts_with(host)) text.remove_prefix(host.size());
  }
  const auto port = whole_number(text);
  if (!port || *port > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

std::optional<double> pace_factor(std::string_view text) {
  if (text.ends_with('x')) text.remove_suffix(1);
  double value = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || !(value >= 0.001) ||
      value > 1e6) {
    return std::nullopt;
  }
  return value;
}

}  // namespace byzlab
