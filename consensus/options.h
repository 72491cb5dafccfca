// Options of an engine, an attacker or a behavior: described once in a table, read by type.
//
// An author writes the table beside the code,
//
//   inline constexpr OptionSpec kOptions[] = {
//       {.name = "view_timeout", .type = OptionType::duration, .default_text = "500ms",
//        .range = "1ms..1h", .doc = "time without progress before a view change"},
//       {.name = "tie_break", .type = OptionType::choice, .default_text = "first_seen",
//        .range = "first_seen|random", .doc = "which of two equally long chains is kept"}};
//
// and reads `options.duration("view_timeout")`. The scenario loader checks files against the same
// table, and `explain`, the JSON Schema and the reference page are printed from it. An Options is
// always complete: what a file does not set has its default.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace byzlab {

enum class OptionType : std::uint8_t {
  duration,     // "500ms"                       -> Duration
  count,        // "100"                         -> uint64
  bytes,        // "1 MB" (10^6), "1 MiB" (2^20) -> uint64
  probability,  // "0.5" or "50%", in [0, 1]     -> double
  number,       // "0.6", no unit                -> double
  choice,       // one of `range`, "a|b|c"       -> string
  flag,         // "true" or "false"             -> bool
  kinds,        // message kinds, apart by spaces or commas; "" is none -> string
  replicas,     // a selector such as "r10" or "r0..r3"; default "" is nobody -> vector<ReplicaId>
  bandwidth,    // "10 Mbit/s"                   -> uint64, bits a second
  text,         // anything                      -> string
  views,        // "3" or "3..7"; "" is all      -> string
  // Of faults alone: what a run resolves when the fault begins. An Options has no value of these.
  selector,  // who
  sides,     // a list of selectors, or `halves`
  links,     // "r0 -> all", or a list of such
  behavior,  // a name, or a map of one name to its options
};

struct OptionSpec {
  std::string_view name;
  OptionType type = OptionType::count;
  std::string_view default_text = {};
  /// "low..high", each with its unit, inclusive; choices as "a|b|c"; of replicas "honest" (each of
  /// them is) or "some honest" (one at least is, and one is left out); "" is unlimited
  std::string_view range = {};
  std::string_view doc = {};  // one sentence, with the paper's symbol where there is one
  bool required = false;      // of faults; else there is a default, or unset means something
  /// Means something only where this option is set, too.
  std::string_view needs = {};
  /// Replicas that differ in it do not understand each other: no value of its own for some of them.
  bool agreed = false;
};

using OptionValue =
    std::variant<Duration, std::uint64_t, double, bool, std::string, std::vector<ReplicaId>>;

class Options {
 public:
  /// No options at all.
  Options() = default;

  /// Every option of the table at its default. Throws std::logic_error on a table whose default is
  /// wrong.
  explicit Options(std::span<const OptionSpec> specs);

  // Typed reads. A name that is not in the table, or is of another type, is a bug:
  // std::logic_error.
  Duration duration(std::string_view name) const;
  std::uint64_t count(std::string_view name) const;
  std::uint64_t bytes(std::string_view name) const;
  double probability(std::string_view name) const;
  double number(std::string_view name) const;
  std::string_view choice(std::string_view name) const;
  std::string_view kinds(std::string_view name) const;
  std::uint64_t bandwidth(std::string_view name) const;
  std::string_view words(std::string_view name) const;  // of type text
  /// First and last; none: all.
  std::optional<std::pair<View, View>> views(std::string_view name) const;
  bool flag(std::string_view name) const;
  bool has(std::string_view name) const;  // the table has it
  std::span<const ReplicaId> replicas(std::string_view name) const;

  /// A copy with one option changed, for tests and code: `Options(kOptions).with("batch_size",
  /// "10")`. Throws std::invalid_argument with the reason.
  Options with(std::string_view name, std::string_view text) const;

  /// Sets one option from its text; returns why not, or nothing when it is set. Lists of replicas
  /// are set with set_replicas(), because only the scenario knows who a selector means.
  [[nodiscard]] std::optional<std::string> set(std::string_view name, std::string_view text);
  /// Takes one option's value over from another Options of the same table.
  void copy(std::string_view name, const Options& from);
  void set_replicas(std::string_view name, std::vector<ReplicaId> members);

  /// The value as the exact text that sets it again; replicas as "[r1, r4]".
  std::string text(std::string_view name) const;

  std::span<const OptionSpec> specs() const { return specs_; }
  bool operator==(const Options& other) const { return values_ == other.values_; }

 private:
  std::size_t index_of(std::string_view name) const;
  template <class T>
  const T& read(std::string_view name, OptionType type) const;

  std::span<const OptionSpec> specs_;
  std::vector<OptionValue> values_;  // parallel to specs_
};

/// Who, which sides, which links, what behavior: known only when a fault begins.
constexpr bool is_resolved_by_the_run(OptionType type) {
  return type == OptionType::selector || type == OptionType::sides || type == OptionType::links ||
         type == OptionType::behavior;
}

/// Why `text` is no value for `spec`, or nothing when it is one. Shared by Options and the scenario
/// loader.
std::optional<std::string> parse_option(const OptionSpec& spec, std::string_view text,
                                        OptionValue& out);

}  // namespace byzlab
