// A scenario, loaded: plain values that say what to build, what to do to it and what to expect.
//
// This is the contract between the language (this folder) and the composition root
// (testbed/cluster). All numbers are exact and all ranges, `any(k)` and `halves` are already drawn
// from the seed. Selectors stay symbolic where the run decides (`role:leader`): resolve them with
// selectors.h at the moment they act. load.h makes one; lock.h writes one back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/fault.h"
#include "base/ids.h"
#include "base/time.h"
#include "consensus/options.h"

namespace byzlab::scenario {

/// Where something stands in its file, 1-based; line 0 is "nowhere" (a default). Positions take no
/// part in comparisons: a scenario and its lock file are equal.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool from_set = false;  // came from --set, `line` counts those
  bool operator==(const Position&) const { return true; }
};

// ----------------------------------------------------------------------------------------------
// who

/// follower: whoever is up and does not lead.
enum class Role : std::uint8_t { leader, next_leader, follower };

/// How many `any(...)` draws: number, f plus or minus a number, or a share of n rounded down.
struct Quantity {
  enum class Kind : std::uint8_t { number, faults, divided, percent } kind = Kind::number;
  std::int64_t number = 0;  // the number; what is added to f; the divisor of n; the percentage
  bool operator==(const Quantity&) const = default;
};

/// Who: the one selector grammar of the language, parsed. resolve() in selectors.h gives the
/// replicas.
struct Selector {
  enum class Kind : std::uint8_t {
    replicas,   // first .. last
    all,        // every replica
    honest,     // never Byzantine: neither in adversary.members nor in any `become`
    byzantine,  // the others
    rest,       // in a partition or a power map: whoever its siblings do not name
    group,      // name
    region,     // name
    role,       // whoever has it when asked
    any,   // drawn from the seed; in a loaded scenario one that drew nobody, and was not told to
    list,  // union of items
  };
  Kind kind = Kind::all;
  ReplicaId first{}, last{};
  Role role = Role::leader;
  std::string name = {};
  Quantity quantity = {};              // of any; the least of any(A..B)
  std::optional<Quantity> up_to = {};  // the most
  std::vector<Selector> items = {};    // of list; of any: at most one, who to draw from
  Position at = {};
  bool operator==(const Selector&) const = default;
};

/// Which directed links: every pair of distinct (from, to), and back if `both`.
struct Links {
  Selector from, to;
  bool both = false;
  bool operator==(const Links&) const = default;
};

// -----------------------------------------------------------------------------------------
// protocol

enum class Crypto : std::uint8_t { modelled, ed25519 };

/// What a replica's virtual CPU is charged. All zero is `costs: none`.
struct Costs {
  Duration sign{}, verify{};
  Duration hash_per_byte{};
  bool operator==(const Costs&) const = default;
};

/// One line of the power map. No share is `equal`: an equal part of what the shares leave over.
struct PowerShare {
  Selector who;
  std::optional<double> share;
  bool operator==(const PowerShare&) const = default;
};

/// Options that some replicas have otherwise. Of several lines about one replica the last counts.
struct OwnOptions {
  Selector who;
  std::vector<std::string> names;  // which of `options` it sets
  Options options;                 // the others are those of all
  bool operator==(const OwnOptions&) const = default;
};

struct Protocol {
  std::string name;
  std::uint32_t replicas = 0;
  std::vector<PowerShare> power;  // empty: all equal. power_units() in selectors.h gives integers
  Options options;
  std::vector<OwnOptions> options_of;
  Costs costs;
  Crypto crypto = Crypto::modelled;
  Position at;  // of its name
  bool operator==(const Protocol&) const = default;
};

// ------------------------------------------------------------------------------------------
// network

struct FullOverlay {
  bool operator==(const FullOverlay&) const = default;
};
/// A random graph, flooded with dedupe.
struct RandomOverlay {
  std::uint32_t degree = 8;
  bool operator==(const RandomOverlay&) const = default;
};
using Topology = std::variant<FullOverlay, RandomOverlay>;

struct ConstantLatency {
  Duration delay = std::chrono::milliseconds{10};
  bool operator==(const ConstantLatency&) const = default;
};
struct UniformLatency {
  Duration min{}, max{};
  bool operator==(const UniformLatency&) const = default;
};
struct NormalLatency {
  Duration mean{}, stddev{}, min{};  // clamped from below at min
  bool operator==(const NormalLatency&) const = default;
};
struct LognormalLatency {
  Duration median{};
  double sigma = 0;  // of the logarithm
  Duration min{};
  bool operator==(const LognormalLatency&) const = default;
};
struct ExponentialLatency {
  Duration mean{}, min{};  // min + Exp(mean - min): `mean` is the mean
  bool operator==(const ExponentialLatency&) const = default;
};
/// One-way delays between regions, from a CSV file (path as written, relative to the scenario's
/// folder) or a built-in preset.
struct MatrixLatency {
  std::string file;    // one of the two is empty
  std::string preset;  // "cloud_regions"
  bool operator==(const MatrixLatency&) const = default;
};
using Latency = std::variant<ConstantLatency, UniformLatency, NormalLatency, LognormalLatency,
                             ExponentialLatency, MatrixLatency>;

/// `replicas` of them, in order: the first region has r0, r1, …
struct Region {
  std::string name;
  std::uint32_t replicas = 0;
  bool operator==(const Region&) const = default;
};

/// With this probability a packet is held back by up to `by`, so that later ones overtake it.
struct Reordering {
  double probability = 0;
  Duration by = std::chrono::milliseconds{50};
  bool operator==(const Reordering&) const = default;
};

/// Nothing arrives later than max(sent, gst) + delta: the last rule.
struct Synchrony {
  Time gst{};
  Duration delta{};
  bool operator==(const Synchrony&) const = default;
};

struct Network {
  Topology topology = FullOverlay{};
  Latency latency = ConstantLatency{};
  std::vector<Region> regions;             // empty, or adding up to protocol.replicas
  std::optional<std::uint64_t> bandwidth;  // bits/s of each replica's uplink; none is unlimited
  double loss = 0, duplicate = 0, corrupt = 0;  // base rules, probabilities a packet
  Reordering reorder;
  std::optional<Synchrony> synchrony;
  bool operator==(const Network&) const = default;
};

// -----------------------------------------------------------------------------------------
// workload

enum class LoopMode : std::uint8_t { open, closed };
enum class Arrivals : std::uint8_t { poisson, constant };

struct Workload {
  std::uint32_t clients = 4;
  LoopMode mode = LoopMode::open;
  double rate = 0;  // tx/s of all clients together; open only
  Arrivals arrivals = Arrivals::poisson;
  std::uint32_t in_flight = 1;  // a client; closed only
  std::uint64_t tx_size = 256;  // bytes
  Duration warmup{};            // measured numbers start here
  Duration timeout{};           // a client waits no longer; zero: for ever
  bool operator==(const Workload&) const = default;
};

// ----------------------------------------------------------------------------------------
// adversary

struct Behavior {
  std::string name;  // in the catalogue
  Options options;
  Position at;
  bool operator==(const Behavior&) const = default;
};

struct Adversary {
  std::optional<Selector> members;  // none: everybody is honest
  bool beyond_bound = false;        // more members than the bound is the point, not a slip
  std::vector<Behavior> behaviors;  // innermost first
  bool operator==(const Adversary&) const = default;
};

// -----------------------------------------------------------------------------------------
// timeline

struct StartAt {
  Time at{};
  bool operator==(const StartAt&) const = default;
};
/// `offset` after the end of the window of another entry (of its start if that has no `for`).
struct StartAfter {
  std::size_t entry = 0;  // index in Scenario::timeline; never a cycle
  Duration offset{};
  bool operator==(const StartAfter&) const = default;
};
/// Once, when the highest height committed by an honest replica first reaches this.
struct StartAtHeight {
  Height height{};
  bool operator==(const StartAtHeight&) const = default;
};
using Start = std::variant<StartAt, StartAfter, StartAtHeight>;

/// What an entry does: a row of the catalogue's faults, and its options. What they mean is for the
/// fault to know; here they are what the file says.
struct Action {
  std::string name;  // the key of the language: "partition", "crash", …
  FaultMeaning meaning = FaultMeaning::marks;
  FaultSpan span = FaultSpan::either;
  std::string brief = {};  // the option that may stand alone for all: `crash: r1`
  Options options = {};    // those with plain values
  // Those that the run resolves, whatever the row calls them; of selectors by option.
  std::vector<std::pair<std::string, Selector>> selectors = {};
  std::vector<Selector> sides = {};  // at least two, disjoint, where the row has sides
  std::vector<Links> links = {};
  std::optional<Behavior> behavior = {};

  /// The selector of that option; nullptr where it is not set.
  const Selector* selector(std::string_view option) const {
    for (const auto& [name, who] : selectors)
      if (name == option) return &who;
    return nullptr;
  }
  bool is_mark() const { return meaning == FaultMeaning::marks; }
  bool operator==(const Action&) const = default;
};

/// Starts again every `every` while that is before `until`.
struct Repeat {
  Duration every{};
  Time until{};
  bool operator==(const Repeat&) const = default;
};

struct TimelineEntry {
  std::string label;  // unique; one is made up ("crash-2") if the file gives none
  Start start;
  std::optional<Duration> length;  // `for`; none: until the end of the run, or an instant
  std::optional<Repeat> repeat;
  Action action;
  Position at;
  bool operator==(const TimelineEntry&) const = default;
};

// -------------------------------------------------------------------------------------
// expectations

enum class Property : std::uint8_t {
  agreement,     // no two honest replicas commit different blocks at a height
  validity,      // only submitted requests commit
  integrity,     // each at most once
  total_order,   // honest logs are prefixes of each other
  certified,     // every committed block carries a valid quorum certificate
  progress,      // commits happen (`some`) or not one (`none`) in the window
  recovery,      // the first new commit comes within the bound
  liveness,      // no gap between commits longer than `within`
  double_spend,  // the merchant is cheated (`succeeds`) or not (`fails`)
  threshold,     // a metric compared with a number
};

/// What the file says the property does.
enum class Outcome : std::uint8_t { holds, violated, none, some, succeeds, fails };

enum class Comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal, not_equal };

/// `metric{key="value"}.statistic op value`; a value with a unit is in the metric's base unit:
/// seconds, bytes, ratio, per second.
struct Threshold {
  std::string metric;
  std::vector<std::pair<std::string, std::string>> labels;
  std::string statistic;  // count rate mean min max last p50 p90 p95 p99 p999
  Comparison comparison = Comparison::less;
  double value = 0;
  std::string value_text;  // "2s"
  bool operator==(const Threshold&) const = default;
};

/// Share of the seeds in which it must come true.
struct RequiredRate {
  Comparison comparison = Comparison::greater_equal;
  double share = 1;
  /// With it the interval of so much confidence must meet the requirement, not the estimate.
  std::optional<double> confidence = std::nullopt;
  bool operator==(const RequiredRate&) const = default;
};

/// A window of time by name: an entry of the timeline, or a built-in one.
struct Window {
  enum class Kind : std::uint8_t { entry, faults, start, end, gst } kind = Kind::entry;
  std::size_t entry = 0;  // index in Scenario::timeline
  std::string label;
  bool operator==(const Window&) const = default;
};

struct Expectation {
  Property property = Property::agreement;
  Outcome outcome = Outcome::holds;    // of all but recovery and threshold
  std::optional<Duration> bound;       // of recovery
  std::optional<Threshold> threshold;  // of threshold
  std::optional<RequiredRate> rate;    // over the seeds
  std::optional<Window> during, outside, after;
  bool of_start = false;           // `after` counts from the window's start, not its end
  std::optional<Selector> among;   // none: all honest replicas
  Duration grace{};                // cut off the front of `during`, added to the end of `outside`
  std::optional<Duration> within;  // of liveness: the longest gap
  std::string text;                // one line for people: "recovery: 5s after split"
  Position at;
  bool operator==(const Expectation&) const = default;
};

// ------------------------------------------------------------------------------------------ the
// whole

/// `byzlab run` does seeds first .. last; paired gives each protocol of a comparison the same
/// delays and load.
struct Runs {
  std::uint64_t first = 1, last = 1;
  bool paired = true;
  bool operator==(const Runs&) const = default;
};

struct Group {
  std::string name;
  Selector members;
  bool operator==(const Group&) const = default;
};

struct Scenario {
  std::string name;
  std::string description;
  Duration duration{};
  std::optional<std::uint64_t> seed;  // the file's, or the loader's caller's
  std::optional<Runs> runs;
  bool depends_on_seed =
      false;  // it has ranges or any(k): load again for another seed. Not part of the lock

  Protocol protocol;
  Network network;
  Workload workload;
  std::vector<Group> groups;
  Adversary adversary;
  std::vector<TimelineEntry> timeline;
  std::vector<Expectation>
      expectations;  // as written; agreement, validity, integrity are checked anyway

  std::string file;  // as given to the loader, for messages
};

}  // namespace byzlab::scenario
