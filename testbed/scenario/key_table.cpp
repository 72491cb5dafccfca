// Every key of the language, described once.
#include "testbed/scenario/key_table.h"

#include <algorithm>
#include <array>

#include "testbed/scenario/catalogue.h"

namespace byzlab::scenario {
namespace {

using enum ValueType;

struct FixedSection {
  std::string_view name, doc;
};
constexpr FixedSection kSections[] = {
    {"", "Top level of a scenario file."},
    {"protocol", "What is built: the protocol and its replicas r0 .. r(n-1)."},
    {"protocol.costs", "What a replica's virtual CPU is charged for cryptography."},
    {"network",
     "What the replicas talk over. A packet meets the rules when it leaves its sender's uplink, in "
     "this order: latency, loss, duplicate, reorder, corrupt, the timeline's faults in file order, "
     "synchrony last. What has left is on its way: a cut does not catch it. A link keeps no order: "
     "with a latency that varies, a later packet may come first. A sum of delays that the clock "
     "(292 years) does not hold ends at its end: such a packet never arrives. A run of which more "
     "than a million events (and 64 n^2) happen at one instant is stopped, inconclusive: time did "
     "not advance."},
    {"network.latency.constant", "Every message takes the same time."},
    {"network.latency.uniform", "Uniform between two times."},
    {"network.latency.normal",
     "A normal distribution, clamped below and not truncated: what would fall below `min` is "
     "`min`, "
     "so the mean of all is a little above `mean`."},
    {"network.latency.lognormal",
     "A lognormal distribution: most are near the median, some are far above. With a sigma above 1 "
     "its tail is right down to a probability of 2^-48. The longest delay is 73 years."},
    {"network.latency.exponential", "A minimum plus an exponential distribution."},
    {"network.latency.matrix", "One-way delays between regions; needs `network.regions`."},
    {"network.reorder", "Some packets are held back, so that later ones overtake them."},
    {"network.synchrony",
     "The model's promise: nothing arrives later than max(sent, gst) + delta, where sent is when a "
     "packet left its sender's uplink. It is a promise of each link: over a random graph a message "
     "may take delta for every hop."},
    {"workload",
     "Who submits what. Requests have identity: validity and integrity are checked by it. Clients "
     "are no processes: requests and replies take the network's latency, but no bandwidth, and "
     "faults do not touch them."},
    {"runs", "The seeds that `byzlab run` does when the command line names none."},
    {"adversary", "Who is Byzantine from the start, and how."},
    {"timeline",
     "One entry: when (`at`, `after` or `when`), how long (`for`), and exactly one action."},
    {"expect",
     "One expectation: exactly one property, and what narrows it. agreement, validity and "
     "integrity are "
     "checked even if not listed; `violated` makes an attack that is supposed to work pass."},
    {"comparison",
     "Top level of a file of `kind: comparison`: a scenario varied along axes. `byzlab compare` "
     "runs "
     "every combination on the same seeds."},
    {"comparison.report", "How the table is laid out."},
};

constexpr std::string_view kHolds = "holds|violated";

constexpr KeySpec kKeys[] = {
    // -------------------------------------------------------------------------------------- top
    // level
    {"", "version", count, "", "1..1", "version of the language", true},
    {"", "kind", choice, "scenario", "scenario", "what the file is: see `comparison`"},
    {"", "name", name, "", "", "name of the scenario and of its results folder", true},
    {"", "description", text, "", "", "what it shows, for people"},
    {"", "duration", duration, "", "1ns..3650d", "simulated time", true},
    {"", "seed", count, "", "",
     "root of all randomness; when absent one is drawn, printed and stored"},
    {"", "protocol", section, "", "", "what is built", true},
    {"", "network", section, "", "", "topology, latency, bandwidth, base faults, synchrony"},
    {"", "workload", section, "", "", "clients and what they submit"},
    {"", "groups", special, "", "",
     "map of names to selectors; a group is usable wherever a selector is"},
    {"", "adversary", section, "", "", "who is Byzantine from the start, and how"},
    {"", "timeline", list, "", "", "faults and when they happen"},
    {"", "expect", list, "", "", "what must come true for the run to pass"},
    {"", "runs", section, "", "", "many seeds"},
    // ---------------------------------------------------------------------------------------
    // protocol
    {"protocol", "name", text, "", "", "which protocol: `byzlab list protocols`", true},
    {"protocol", "replicas", count, "", "1..100000", "n; the replicas are r0 .. r(n-1)", true},
    {"protocol", "power", special, "equal", "",
     "share of votes or hash power: `equal`, or a map of selectors to a share such as 0.51 or to "
     "`equal`, an equal "
     "part of what the shares leave over"},
    {"protocol", "options", special, "", "",
     "the protocol's own options: `byzlab explain protocol.pbft`"},
    {"protocol", "options_of", special, "", "",
     "map of selectors to options that these replicas have otherwise; of several lines about one "
     "replica the last counts"},
    {"protocol", "costs", special, "none", "",
     "`none`, `ed25519` (measured figures of libsodium), or a map with sign, verify, "
     "hash_per_byte"},
    {"protocol", "crypto", choice, "modelled", "modelled|ed25519",
     "modelled: a keyed fast hash that cannot be forged; ed25519: the real thing, 1000 times "
     "slower"},
    {"protocol.costs", "sign", duration, "0s", "0s..1h", "to sign a message"},
    {"protocol.costs", "verify", duration, "0s", "0s..1h", "to verify a signature"},
    {"protocol.costs", "hash_per_byte", duration, "0s", "0s..1s", "to hash a byte"},
    // ----------------------------------------------------------------------------------------
    // network
    {"network", "topology", choice, "full", "full|random",
     "full: every replica sends to every other; random: over a random graph broadcasts are "
     "flooded, "
     "once a replica, and what is for one goes from hop to hop by a shortest way over links that "
     "are not cut and replicas that are up. A paused replica relays when it goes on"},
    {"network", "degree", count, "8", "2..1000",
     "neighbours of a replica; with topology random only"},
    {"network", "latency", special, "10ms", "", "a duration (constant), or a map with `model`"},
    {"network", "regions", special, "", "",
     "map of region names to numbers of replicas that add up to n; the first region has r0, r1, "
     "..."},
    {"network", "bandwidth", bandwidth, "", "1 bit/s..1000 Gbit/s",
     "of each replica's uplink, first in first out; unlimited when absent. A broadcast's packets "
     "go "
     "one after the other, in the order of ids from one that is drawn. A crash empties it, a pause "
     "does not"},
    {"network", "loss", probability, "0", "0..1", "probability that a packet is lost"},
    {"network", "duplicate", probability, "0", "0..1",
     "probability that a packet arrives twice, the second time up to 10 ms later"},
    {"network", "corrupt", probability, "0", "0..1",
     "probability that bytes of a packet are flipped"},
    {"network", "reorder", special, "0", "", "a probability, or a map with probability and by"},
    {"network", "synchrony", section, "", "",
     "when messages are bound to arrive; no promise when absent"},
    {"network.latency.constant", "model", choice, "", "constant", "constant", true},
    {"network.latency.constant", "delay", duration, "", "0s..30d", "the delay of every message",
     true},
    {"network.latency.uniform", "model", choice, "", "uniform", "uniform", true},
    {"network.latency.uniform", "min", duration, "", "0s..30d", "the shortest delay", true},
    {"network.latency.uniform", "max", duration, "", "0s..30d", "the longest delay", true},
    {"network.latency.normal", "model", choice, "", "normal", "normal", true},
    {"network.latency.normal", "mean", duration, "", "0s..30d", "the mean", true},
    {"network.latency.normal", "stddev", duration, "", "0s..30d", "the standard deviation", true},
    {"network.latency.normal", "min", duration, "0s", "0s..30d", "no delay is shorter"},
    {"network.latency.lognormal", "model", choice, "", "lognormal", "lognormal", true},
    {"network.latency.lognormal", "median", duration, "", "0s..30d", "the median", true},
    {"network.latency.lognormal", "sigma", number, "", "0..5",
     "standard deviation of the logarithm", true},
    {"network.latency.lognormal", "min", duration, "0s", "0s..30d", "no delay is shorter"},
    {"network.latency.exponential", "model", choice, "", "exponential", "exponential", true},
    {"network.latency.exponential", "mean", duration, "", "0s..30d",
     "the mean of all, minimum included", true},
    {"network.latency.exponential", "min", duration, "0s", "0s..30d", "no delay is shorter"},
    {"network.latency.matrix", "model", choice, "", "matrix", "matrix", true},
    {"network.latency.matrix", "file", text, "", "", "CSV file, relative to the scenario's folder"},
    {"network.latency.matrix", "preset", name, "", "",
     "a built-in matrix: `byzlab list latencies`"},
    {"network.reorder", "probability", probability, "", "0..1",
     "probability that a packet is held back", true},
    {"network.reorder", "by", duration, "50ms", "1ns..1d", "held back by up to this"},
    {"network.synchrony", "model", choice, "partial", "partial|synchronous",
     "partial: bound after gst; synchronous: bound from the start"},
    {"network.synchrony", "gst", duration, "0s", "",
     "global stabilisation time; with model partial only"},
    {"network.synchrony", "delta", duration, "", "1ns..1d", "the bound", true},
    // ---------------------------------------------------------------------------------------
    // workload
    {"workload", "clients", count, "4", "1..100000", "the clients are c0 .. c(k-1)"},
    {"workload", "mode", choice, "open", "open|closed",
     "open: arrivals never wait; closed: each client waits for its reply"},
    {"workload", "rate", rate, "100 tx/s", "0.000001 tx/s..10000000 tx/s",
     "requests of all clients together; with mode open only"},
    {"workload", "arrivals", choice, "poisson", "poisson|constant",
     "spacing of requests; with mode open only"},
    {"workload", "in_flight", count, "1", "1..100000",
     "requests a client has open at once; with mode closed only"},
    {"workload", "tx_size", bytes, "256 B", "1 B..16 MiB", "size of a request"},
    {"workload", "warmup", duration, "0s", "", "measured numbers start here"},
    {"workload", "timeout", duration, "", "1ms..1000d",
     "a client gives a request up after that long, and in a closed loop sends the next; by default "
     "it waits for ever"},
    {"runs", "seeds", seeds, "", "", "first and last seed", true},
    {"runs", "paired", flag, "true", "",
     "in a comparison: every cell runs on the same seeds, which give it the same load, members and "
     "faults, and ratios are of pairs; false: every cell has seeds of its own"},
    // --------------------------------------------------------------------------------------
    // adversary
    {"adversary", "members", selector, "", "", "the Byzantine replicas; nobody when absent"},
    {"adversary", "beyond_bound", flag, "false", "",
     "more members than the protocol tolerates is the point, not a slip"},
    {"adversary", "behaviors", list, "", "",
     "what members do: names, or maps of one name to its options; innermost first"},
    // ---------------------------------------------------------------------------------------
    // timeline
    {"timeline", "label", name, "", "", "names the window, for `during`, `outside` and `after`"},
    {"timeline", "at", duration, "", "", "simulated time of the start"},
    {"timeline", "after", special, "", "",
     "`label + 2s`: after the end of another entry's window (its start if that has no `for`), or "
     "of start, gst"},
    {"timeline", "when", special, "", "",
     "`height >= 50`: once, when an honest replica first commits that height"},
    {"timeline", "for", duration, "", "1ns..3650d",
     "length of the window; the action is undone at its end"},
    {"timeline", "every", duration, "", "1ns..3650d",
     "starts again after this, as long as the window is over by then"},
    {"timeline", "until", duration, "", "",
     "no repetition starts at or after this; the end of the run when absent"},
    {"timeline", "one_of", list, "", "",
     "a list of maps with one action each, of which the seed draws one"},
    // -----------------------------------------------------------------------------------------
    // expect
    {"expect", "agreement", choice, "", kHolds,
     "no two honest replicas commit different blocks at one height"},
    {"expect", "validity", choice, "", kHolds, "only submitted requests commit"},
    {"expect", "integrity", choice, "", kHolds, "no request commits twice"},
    {"expect", "total_order", choice, "", kHolds,
     "of any two honest logs one is a prefix of the other"},
    {"expect", "certified", choice, "", kHolds,
     "every committed block carries a valid quorum certificate"},
    {"expect", "progress", choice, "", "some|none",
     "something commits in the window, or nothing at all"},
    {"expect", "recovery", duration, "", "1ns..3650d",
     "the first new commit comes within this; needs `after`"},
    {"expect", "liveness", choice, "", kHolds, "no gap between commits is longer than `within`"},
    {"expect", "double_spend", choice, "", "succeeds|fails", "the merchant is cheated, or not"},
    {"expect", "threshold", special, "", "",
     "`metric{label=\"value\"}.statistic < value`: `byzlab list metrics`"},
    {"expect", "during", window, "", "", "inside this window only"},
    {"expect", "outside", window, "", "", "outside this window only; `faults` is all of them"},
    {"expect", "after", window, "", "", "after the end of this window; also start, gst"},
    {"expect", "of", choice, "end", "end|start", "`after` counts from this end of the window"},
    {"expect", "among", selector, "honest", "", "these replicas only"},
    {"expect", "grace", duration, "0s", "",
     "what was under way may finish: cut off the front of `during`, added to "
     "the end of what `outside` leaves out"},
    {"expect", "within", duration, "", "1ns..3650d", "the longest gap; with liveness only"},
    {"expect", "rate", special, "", "",
     "`>= 95%`: share of the seeds in which it must come true; all when absent"},
    {"expect", "confidence", probability, "", "",
     "the bound of this interval of the share must meet `rate`, not the estimate"},
    // ------------------------------------------------------------------------------------
    // comparison
    {"comparison", "version", count, "", "1..1", "version of the language", true},
    {"comparison", "kind", choice, "", "comparison", "comparison", true},
    {"comparison", "name", name, "", "", "name of the comparison and of its results folder", true},
    {"comparison", "description", text, "", "", "what it shows, for people"},
    {"comparison", "base", special, "", "",
     "a scenario without what the axes add; or the name of a scenario file (where `protocol` "
     "varies, "
     "without that file's protocol options)",
     true},
    {"comparison", "vary", special, "", "",
     "map of axes: a list of values for `protocol`, `replicas` or a key such as `network.loss`; or "
     "a "
     "map of names to what each lays over the base (values replace, maps merge, lists append)",
     true},
    {"comparison", "exclude", special, "", "",
     "list of combinations left out: maps of axes to values, with `because`"},
    {"comparison", "adjust", special, "", "",
     "list of changes to some combinations: maps of axes to values, with `with`, which is laid "
     "over "
     "the cell after all else"},
    {"comparison", "runs", special, "", "", "the seeds, as in a scenario; 1..10 when absent"},
    {"comparison", "report", section, "", "", "how the table is laid out"},
    {"comparison.report", "rows", name, "", "", "the axis down the side; the first when absent"},
    {"comparison.report", "columns", name, "", "", "the axis across; the next when absent"},
    {"comparison.report", "pages", name, "", "",
     "the axis with a table a value; the next when absent"},
    {"comparison.report", "metrics", special, "", "",
     "list of metrics, `byzlab list metrics`: commit_latency.p99 is the median of each run's p99, "
     "commit_latency.pooled_p99 the p99 of all runs' samples together"},
    {"comparison.report", "baseline", name, "", "",
     "the row that the others are compared with, seed by seed where they are paired"},
    {"comparison.report", "map", flag, "false", "",
     "a resilience map: cells say live, stalled or violated; only what the fault model does not "
     "allow is a failure"},
    {"comparison.report", "charts", special, "", "",
     "list of charts of the report page: heatmap, latency_vs_throughput, scaling, cdf; those that "
     "fit when absent"},
};

constexpr LaterSpec kLater[] = {
    {"topology", "ring"},         {"topology", "star"},       {"topology", "line"},
    {"topology", "grid"},         {"topology", "tree"},       {"topology", "small_world"},
    {"topology", "scale_free"},   {"topology", "regions"},    {"topology", "file"},
    {"latency", "pareto"},        {"latency", "trace"},       {"network", "fanout"},
    {"network", "file"},          {"network", "peers"},       {"network", "queue"},
    {"workload", "stages"},       {"adversary", "knowledge"}, {"adversary", "network"},
    {"adversary", "sybils"},      {"timeline", "skew_clock"}, {"timeline", "eclipse"},
    {"timeline", "flood"},        {"timeline", "load"},       {"timeline", "join"},
    {"timeline", "leave"},        {"timeline", "using"},      {"timeline", "serve"},
    {"expect", "accountability"}, {"expect", "evidence"},     {"expect", "lag"},
    {"expect", "fairness"},       {"behavior", "plugin"},     {"behavior", "while"},
    {"selector", "sybils"},
};

constexpr std::string_view kProperties[] = {"agreement",    "validity", "integrity", "total_order",
                                            "certified",    "progress", "recovery",  "liveness",
                                            "double_spend", "threshold"};

/// The keys of a fault's map. Sides are the value itself.
std::vector<KeySpec> keys_of_fault(const FaultEntry& fault) {
  if (!fault.has_map()) return {};
  std::vector<KeySpec> keys = keys_of_options(fault.options, fault.section);
  std::erase_if(keys, [](const KeySpec& key) { return key.type == sides; });
  return keys;
}

ValueType type_of(const FaultEntry& fault) {
  if (fault.brief.empty()) return section;
  return fault.has_map() ? special : value_type(fault.option(fault.brief)->type);
}

/// "flips bytes" as a sentence.
std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text + ".";
}

bool is_in(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

ValueType value_type(OptionType type) {
  switch (type) {
    case OptionType::duration: return duration;
    case OptionType::count: return count;
    case OptionType::bytes: return bytes;
    case OptionType::probability: return probability;
    case OptionType::number: return number;
    case OptionType::choice: return choice;
    case OptionType::flag: return flag;
    case OptionType::kinds: return kinds;
    case OptionType::replicas: return selector;
    case OptionType::bandwidth: return bandwidth;
    case OptionType::text: return text;
    case OptionType::views: return views;
    case OptionType::selector: return selector;
    case OptionType::sides: return sides;
    case OptionType::links: return links;
    case OptionType::behavior: return behavior;
  }
  return text;
}

std::vector<KeySpec> keys_of(std::string_view section_name, const Catalogue& catalogue) {
  for (const FaultEntry& fault : catalogue.faults)
    if (fault.section == section_name) return keys_of_fault(fault);
  const auto in_section = [&](const KeySpec& key) { return key.section == section_name; };
  const auto first = std::find_if(std::begin(kKeys), std::end(kKeys), in_section);
  std::vector<KeySpec> keys(first, std::find_if_not(first, std::end(kKeys), in_section));
  if (section_name != "timeline") return keys;
  for (const FaultEntry& fault : catalogue.faults)
    keys.push_back(
        {.section = "timeline", .name = fault.name, .type = type_of(fault), .doc = fault.summary});
  return keys;
}

std::vector<SectionSpec> sections(const Catalogue& catalogue) {
  std::vector<SectionSpec> all;
  for (const FixedSection& section : kSections) {
    all.push_back({std::string(section.name), std::string(section.doc)});
    if (section.name != "timeline") continue;
    for (const FaultEntry& fault : catalogue.faults)
      if (fault.has_map()) all.push_back({fault.section, sentence(fault.summary)});
  }
  return all;
}

std::string form_text(const FaultEntry& fault) {
  if (fault.brief.empty()) return "a map";
  const OptionType type = fault.option(fault.brief)->type;
  const std::string brief(type_words(value_type(type)));
  return brief + (fault.has_map() ? ", or a map" : "");
}

std::vector<KeySpec> keys_of_options(std::span<const OptionSpec> options,
                                     std::string_view section_name) {
  std::vector<KeySpec> keys;
  for (const OptionSpec& option : options)
    keys.push_back({.section = section_name,
                    .name = option.name,
                    .type = value_type(option.type),
                    .default_text = option.default_text,
                    .range = option.range,
                    .doc = option.doc,
                    .required = option.required});
  return keys;
}

bool is_later(std::string_view section_name, std::string_view key) {
  return std::any_of(std::begin(kLater), std::end(kLater), [&](const LaterSpec& later) {
    return later.section == section_name && later.name == key;
  });
}

bool is_property(std::string_view key) { return is_in(kProperties, key); }

std::string_view type_words(ValueType type) {
  switch (type) {
    case duration: return "a duration";
    case count: return "a whole number";
    case bytes: return "a size";
    case bandwidth: return "a bandwidth";
    case rate: return "a rate";
    case probability: return "a probability";
    case number: return "a number";
    case choice: return "a choice";
    case flag: return "true or false";
    case text: return "text";
    case name: return "a name";
    case selector: return "a selector";
    case links: return "links, or a list of links";
    case sides: return "a list of sides";
    case kinds: return "a list of messages";
    case views: return "a range of views";
    case behavior: return "a behavior";
    case window: return "a label";
    case seeds: return "a range of seeds";
    case special: return "see the text";
    case section: return "a map";
    case list: return "a list";
  }
  return "";
}

}  // namespace byzlab::scenario
