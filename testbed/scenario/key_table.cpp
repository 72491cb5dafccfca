// Every key of the language, described once.
#include "testbed/scenario/key_table.h"

#include <algorithm>
#include <array>

namespace byzlab::scenario {
namespace {

using enum ValueType;

constexpr SectionSpec kSections[] = {
    {"", "Top level of a scenario file."},
    {"protocol", "What is built: the protocol and its replicas r0 .. r(n-1)."},
    {"protocol.costs", "What a replica's virtual CPU is charged for cryptography."},
    {"network",
     "What the replicas talk over. Rules apply in this order: latency and bandwidth, loss, "
     "duplicate, "
     "corrupt, reorder, the timeline's faults in file order, synchrony last."},
    {"network.latency.constant", "Every message takes the same time."},
    {"network.latency.uniform", "Uniform between two times."},
    {"network.latency.normal", "A normal distribution, cut off below."},
    {"network.latency.lognormal",
     "A lognormal distribution: most are near the median, some are far above."},
    {"network.latency.exponential", "A minimum plus an exponential distribution."},
    {"network.latency.matrix", "One-way delays between regions; needs `network.regions`."},
    {"network.reorder", "Some packets are held back, so that later ones overtake them."},
    {"network.synchrony",
     "The model's promise: nothing arrives later than max(sent, gst) + delta."},
    {"workload",
     "Who submits what. Requests have identity: validity and integrity are checked by it."},
    {"runs", "The seeds that `byzlab run` does when the command line names none."},
    {"adversary", "Who is Byzantine from the start, and how."},
    {"timeline",
     "One entry: when (`at`, `after` or `when`), how long (`for`), and exactly one action."},
    {"timeline.partition", "The asymmetric form: links from some replicas to others are cut."},
    {"timeline.delay", "Adds delay to links."},
    {"timeline.drop", "Loses packets of links."},
    {"timeline.duplicate", "Delivers packets of links twice."},
    {"timeline.reorder", "Holds packets of links back, so that later ones overtake them."},
    {"timeline.corrupt",
     "Flips bytes in packets of links; what no longer decodes is an event, not a message."},
    {"timeline.throttle", "Limits the bandwidth of links."},
    {"timeline.become", "Replicas turn Byzantine; honest again when the window ends."},
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

constexpr std::string_view kLinksDoc =
    "which links: `A -> B` one way, `A <-> B` both, A and B being selectors";
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
     "full: every replica sends to every other; random: a random graph, flooded"},
    {"network", "degree", count, "8", "2..1000",
     "neighbours of a replica; with topology random only"},
    {"network", "latency", special, "10ms", "", "a duration (constant), or a map with `model`"},
    {"network", "regions", special, "", "",
     "map of region names to numbers of replicas that add up to n; the first region has r0, r1, "
     "..."},
    {"network", "bandwidth", bandwidth, "", "1 bit/s..1000 Gbit/s",
     "of each replica's uplink; unlimited when absent"},
    {"network", "loss", probability, "0", "0..1", "probability that a packet is lost"},
    {"network", "duplicate", probability, "0", "0..1", "probability that a packet arrives twice"},
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
    {"adversary", "members", selector, "", "", "the Byzantine replicas", true},
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
    {"timeline", "partition", special, "", "",
     "a list of selectors, one a side; `halves`; or a map with from, to, one_way. Who is in no "
     "side is alone"},
    {"timeline", "isolate", selector, "", "", "all links of these replicas are cut"},
    {"timeline", "crash", selector, "", "", "down; restarted with their disk when the window ends"},
    {"timeline", "restart", selector, "", "", "stopped and started at once, with their disk"},
    {"timeline", "wipe", selector, "", "", "a crash that loses the disk: restarted empty"},
    {"timeline", "pause", selector, "", "",
     "stopped but not dead: what arrives is handled when the window ends"},
    {"timeline", "delay", section, "", "", "adds delay to links"},
    {"timeline", "drop", special, "", "",
     "a probability for all links, or a map with links and probability"},
    {"timeline", "duplicate", special, "", "",
     "a probability for all links, or a map with links and probability"},
    {"timeline", "reorder", special, "", "",
     "a probability for all links, or a map with links, probability and by"},
    {"timeline", "corrupt", special, "", "",
     "a probability for all links, or a map with links and probability"},
    {"timeline", "throttle", section, "", "", "limits the bandwidth of links"},
    {"timeline", "become", section, "", "", "replicas turn Byzantine"},
    {"timeline", "mark", text, "", "", "a note on the timeline and every chart"},
    {"timeline.partition", "from", selector, "", "", "the senders", true},
    {"timeline.partition", "to", selector, "", "", "the receivers", true},
    {"timeline.partition", "one_way", flag, "true", "", "false cuts the way back too"},
    {"timeline.delay", "links", links, "all -> all", "", kLinksDoc},
    {"timeline.delay", "add", duration, "", "0s..30d", "added to every packet", true},
    {"timeline.delay", "jitter", duration, "0s", "0s..30d", "up to this on top, uniform"},
    {"timeline.drop", "links", links, "all -> all", "", kLinksDoc},
    {"timeline.drop", "probability", probability, "1", "0..1", "probability that a packet is lost"},
    {"timeline.duplicate", "links", links, "all -> all", "", kLinksDoc},
    {"timeline.duplicate", "probability", probability, "", "0..1",
     "probability that a packet arrives twice", true},
    {"timeline.reorder", "links", links, "all -> all", "", kLinksDoc},
    {"timeline.reorder", "probability", probability, "", "0..1",
     "probability that a packet is held back", true},
    {"timeline.reorder", "by", duration, "50ms", "1ns..1d", "held back by up to this"},
    {"timeline.corrupt", "links", links, "all -> all", "", kLinksDoc},
    {"timeline.corrupt", "probability", probability, "", "0..1",
     "probability that bytes are flipped", true},
    {"timeline.throttle", "links", links, "all -> all", "", kLinksDoc},
    {"timeline.throttle", "bandwidth", bandwidth, "", "1 bit/s..1000 Gbit/s", "the limit", true},
    {"timeline.become", "who", selector, "", "", "the replicas", true},
    {"timeline.become", "behavior", special, "", "", "a name, or a map of one name to its options",
     true},
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
     "list of metrics, `byzlab list metrics`: commit_latency.p99 is the mean of each run's p99, "
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

constexpr std::string_view kActions[] = {"partition", "isolate",  "crash",  "restart",   "wipe",
                                         "pause",     "delay",    "drop",   "duplicate", "reorder",
                                         "corrupt",   "throttle", "become", "mark"};
constexpr std::string_view kProperties[] = {"agreement",    "validity", "integrity", "total_order",
                                            "certified",    "progress", "recovery",  "liveness",
                                            "double_spend", "threshold"};

ValueType value_type(OptionType type) {
  switch (type) {
    case OptionType::duration: return duration;
    case OptionType::count: return count;
    case OptionType::bytes: return bytes;
    case OptionType::probability: return probability;
    case OptionType::number: return number;
    case OptionType::choice: return choice;
    case OptionType::flag: return flag;
    case OptionType::names: return names;
    case OptionType::replicas: return selector;
  }
  return text;
}

bool is_in(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::span<const KeySpec> keys_of(std::string_view section_name) {
  const auto in_section = [&](const KeySpec& key) { return key.section == section_name; };
  const auto first = std::find_if(std::begin(kKeys), std::end(kKeys), in_section);
  const auto last = std::find_if_not(first, std::end(kKeys), in_section);
  return {first, last};
}

std::span<const SectionSpec> sections() { return kSections; }

std::vector<KeySpec> keys_of_options(std::span<const OptionSpec> options,
                                     std::string_view section_name) {
  std::vector<KeySpec> keys;
  for (const OptionSpec& option : options)
    keys.push_back({.section = section_name,
                    .name = option.name,
                    .type = value_type(option.type),
                    .default_text = option.default_text,
                    .range = option.range,
                    .doc = option.doc});
  return keys;
}

bool is_later(std::string_view section_name, std::string_view key) {
  return std::any_of(std::begin(kLater), std::end(kLater), [&](const LaterSpec& later) {
    return later.section == section_name && later.name == key;
  });
}

bool is_action(std::string_view key) { return is_in(kActions, key); }
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
    case names: return "a list of names";
    case name: return "a name";
    case selector: return "a selector";
    case links: return "links";
    case window: return "a label";
    case seeds: return "a range of seeds";
    case special: return "see the text";
    case section: return "a map";
    case list: return "a list";
  }
  return "";
}

}  // namespace byzlab::scenario
