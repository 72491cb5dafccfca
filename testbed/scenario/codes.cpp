// Every code a scenario file can be answered with, and its page.
#include "testbed/scenario/codes.h"

#include <algorithm>

namespace byzlab::scenario {
namespace {

constexpr CodeSpec kCodes[] = {
    {"E000", "more errors than are shown",
     "At most 20 errors and warnings of a file are printed. Mend these and check again."},
    {"E001", "no valid YAML",
     "The text is not YAML 1.2, or a tab indents a line. What follows the position could not be "
     "read at all.",
     "<tab>loss: 1%", "  loss: 1%"},
    {"E002", "more than one document", "A file is one scenario: a second `---` is refused.", "---",
     ""},
    {"E003", "too large when unfolded",
     "Aliases, nesting or selectors multiply to more than a scenario can need, or an alias stands "
     "inside its own anchor.",
     "a: &a [ *a ]", "a: [ r0, r1 ]"},
    {"E004", "merge keys",
     "`<<` is not part of YAML 1.2 and readers disagree on it. Use an alias for a whole value, or "
     "write the keys out.",
     "<<: *base", "latency: *usual"},
    {"E005", "not a text file", "The file holds bytes that are no UTF-8 text."},
    {"E006", "larger than 1 MB", "No scenario is that large; the rest of the file was not read."},
    {"E007", "empty", "The file holds no document."},
    {"E008", "cannot be read", "The file is missing, is a folder, or may not be read."},
    {"E009", "YAML tags",
     "Tags such as `!!str` or `!python/object` are refused: all types follow from the key.",
     "seed: !!int 7", "seed: 7"},
    {"E010", "a wrong --set",
     "The form is `--set key=value`; keys are joined by dots, entries of a list go by number (from "
     "0) or label.",
     "--set timeline.9.at=5s", "--set timeline.split.at=5s"},
    {"E101", "unknown key",
     "The key is not part of the language at this place. The message lists what is; if the key "
     "exists elsewhere it says where.",
     "latencey: 10ms", "latency: 10ms"},
    {"E102", "unknown name", "No protocol, behavior or preset has this name.", "name: pbtf",
     "name: pbft"},
    {"E103", "duplicate key", "YAML readers disagree on which one counts.", "loss: 1%   loss: 2%",
     "loss: 2%"},
    {"E104", "empty",
     "A key without a value is most often a slip of indentation. Remove it to have its defaults, "
     "or write `{}`.",
     "network:", "network: {}"},
    {"E105", "a key is missing", "This key has no default.", "protocol: { name: pbft }",
     "protocol: { name: pbft, replicas: 4 }"},
    {"E106", "the wrong kind of value",
     "A list, a map or a single value stands where another of the three is needed.",
     "duration: [ 60s ]", "duration: 60s"},
    {"E107", "unknown version", "This build knows version 1 of the language.", "version: 2",
     "version: 1"},
    {"E110", "a unit is missing",
     "Units are mandatory: ns us ms s min h d, B kB MB GB KiB MiB GiB, bit/s kbit/s Mbit/s Gbit/s, "
     "tx/s.",
     "duration: 60", "duration: 60s"},
    {"E111", "not a value of this type",
     "The text cannot be read as what the key takes. Durations are whole nanoseconds; numbers are "
     "plain decimals.",
     "replicas: 1e2", "replicas: 100"},
    {"E112", "out of range",
     "The value is outside what the key allows, or does not fit the number of replicas.",
     "loss: 120%", "loss: 12%"},
    {"E113", "none of the choices", "The key takes one of a few words.", "mode: opne",
     "mode: open"},
    {"E114", "on, off, yes, no",
     "YAML 1.1 readers take these words for true and false, others for text. Write true or false, "
     "or quote the word.",
     "paired: yes", "paired: true"},
    {"E115", "looks octal", "`010` is 8 for some readers and 10 for others.", "replicas: 010",
     "replicas: 10"},
    {"E116", "a range that is none", "A range is `low..high`, low first.", "at: 20s..5s",
     "at: 5s..20s"},
    {"E117", "no meaning here",
     "Another key makes this one meaningless; leaving it would pretend that it does something.",
     "mode: closed, rate: 5 tx/s", "mode: closed"},
    {"E118", "a file of another kind", "`byzlab run` runs scenarios, `byzlab compare` comparisons.",
     "kind: comparison", "byzlab compare FILE"},
    {"E119", "does not fit in the run",
     "One request alone would keep an uplink, or a CPU, busy for longer than the run lasts: "
     "nothing "
     "could ever be decided.",
     "bandwidth: 1 bit/s (with tx_size: 16 MiB)", "bandwidth: 100 Mbit/s"},
    {"E120", "two actions", "A timeline entry does one thing, so that a label names one window.",
     "partition: halves   crash: r1", "two entries"},
    {"E121", "no action", "A timeline entry needs exactly one action.", "- at: 10s",
     "- { at: 10s, crash: r1 }"},
    {"E122", "no start, or two", "An entry starts once: `at`, `after` or `when`.",
     "at: 10s   when: height >= 5", "at: 10s"},
    {"E123", "a wrong length",
     "restart and mark happen at once and have no length; some faults must have one.",
     "restart: r1   for: 5s", "restart: r1"},
    {"E124", "a wrong repetition",
     "`every` needs `for`, which must not be longer; `until` needs `every`.", "every: 10s",
     "every: 10s   for: 2s"},
    {"E125", "duplicate label", "A label names one window.", "label: split (twice)",
     "label: split-2"},
    {"E126", "a built-in label", "start, end, gst and faults have a meaning already.",
     "label: start", "label: beginning"},
    {"E127", "no partition", "A partition has at least two sides.", "partition: [ r0..r3 ]",
     "partition: [ r0..r3, rest ]"},
    {"E128", "no behavior", "A behavior is a name, or a map of one name to its options.",
     "- [ silent ]", "- silent"},
    {"E129", "no trigger", "`after` takes a label and a duration, `when` a height.",
     "when: height = 5", "when: height >= 5"},
    {"E130", "no selector",
     "Selectors are r3, r0..r3, [r0, r5], a group, region:NAME, role:leader, role:next_leader, "
     "honest, byzantine, all, rest, "
     "any(k) or any(k of SELECTOR), where k is 2, f, f+1, n/3, 33% or a range such as 0..f. Links "
     "are `A -> B` or `A <-> "
     "B`.",
     "crash: r3-r5", "crash: r3..r5"},
    {"E131", "no such replica", "Replicas are numbered from r0 to r(n-1).", "crash: r7 (of 7)",
     "crash: r6"},
    {"E132", "in two sides", "The sides of a partition must not overlap.", "[ r0..r3, r3..r6 ]",
     "[ r0..r3, r4..r6 ]"},
    {"E133", "no such group or region",
     "The name is neither a group of this file nor a word of the selector grammar.", "crash: wset",
     "crash: west"},
    {"E134", "matches nobody",
     "A selector that means no replica makes everything about it vacuous.",
     "crash: byzantine (with no adversary)", "crash: r1"},
    {"E135", "draws more than there are",
     "any(k) cannot draw more replicas than it draws from; any(A..B) draws from A to B.",
     "any(9) of 4", "any(2)"},
    {"E136", "may not depend on this",
     "Who is Byzantine, and who an option names, is fixed before the run; a group must not contain "
     "itself; `rest` "
     "needs siblings.",
     "members: role:leader", "members: any(f)"},
    {"E137", "no name for a group", "The name means something already, or is no name.",
     "groups: { r3: [ r1 ] }", "groups: { west: [ r1 ] }"},
    {"E138", "regions do not fit",
     "Regions must add up to the number of replicas and be known to the latency preset; a matrix "
     "needs them."},
    {"E139", "power does not fit",
     "Each replica has one line in `power`, and all shares together are 1.", "power: { r0: 0.5 }",
     "power: { r0: 0.5, rest: equal }"},
    {"E140", "after the end of the run", "What starts there never happens.", "at: 70s (of 60s)",
     "at: 50s"},
    {"E141", "waits for itself", "`after` goes round in a circle."},
    {"E150", "no such metric", "`byzlab list metrics` has them all.", "comit_latency.p99",
     "commit_latency.p99"},
    {"E151", "no threshold",
     "The form is `metric{label=\"value\"}.statistic < value`. Counters have count and rate; "
     "gauges mean, min, max, last; "
     "histograms count, mean, min, max, p50, p90, p95, p99, p999.",
     "view_changes.p99 < 3", "view_changes.count < 3"},
    {"E152", "no such label",
     "No timeline entry has this label; built in are start, end, gst and faults.", "during: spilt",
     "during: split"},
    {"E153", "a moment, not a window",
     "start, end, gst, restart and mark have no length: use `after`.", "during: gst", "after: gst"},
    {"E154", "no property, or two", "An expectation has exactly one property.",
     "agreement: holds   validity: holds", "two entries"},
    {"E155", "does not narrow this", "The key says nothing about this property.",
     "agreement: holds   grace: 1s", "agreement: holds"},
    {"E156", "the property needs more", "recovery needs `after`, liveness needs `within`.",
     "recovery: 5s", "recovery: 5s   after: split"},
    {"E157", "no rate over the seeds", "The form is a comparison and a share.", "rate: 95",
     "rate: \">= 95%\""},
    {"E158", "the value does not fit the metric",
     "Times need a unit; sizes may have one; ratios may be percentages.", "commit_latency.p99 < 2",
     "commit_latency.p99 < 2s"},
    {"E159", "no such label of the metric",
     "client_latency has the label client (c0, c1, ...), dropped_messages the label reason; the "
     "others have none.",
     "dropped_messages{reason=\"lost\"}.count < 9", "dropped_messages{reason=\"loss\"}.count < 9"},
    {"E160", "no meaning for this protocol",
     "The protocol has nothing that the property speaks of: it would hold vacuously."},
    {"E161", "no defence",
     "The protocol tolerates crashes only; any lie may break it. Say `beyond_bound: true` if that "
     "is the point."},
    {"E162", "attacks another protocol",
     "The behavior knows one protocol's messages and means nothing to another."},
    {"E163", "no such message",
     "The protocol sends no message of this name, so what is to befall it befalls nothing. `votes` "
     "and `proposals` stand for the usual ones, where the protocol has them.",
     "silent: { kinds: [ prepares ] }", "silent: { kinds: [ Prepare ] }"},
    {"E164", "not honest",
     "Whom an attack is aimed at is honest: a merchant is not the attacker, and whoever says two "
     "things says each to some honest replica.",
     "members: [ r3 ]   double_spend: { merchant: r3 }", "double_spend: { merchant: r0 }"},
    {"E165", "must be the same for all",
     "Replicas that differ in this option do not understand each other: `options_of` cannot set "
     "it.",
     "options_of: { r3: { block_interval: 5s } }", "options: { block_interval: 5s }"},
    {"E190", "not available yet",
     "The language reserves the word; this version does nothing with it."},
    {"W210", "a fault changed nothing",
     "Said by a run: the fault was in force and not one packet, link or replica was affected, so "
     "what was expected of it "
     "says nothing."},
    {"W211", "nobody is drawn", "any(...) draws no replica, most often because f = 0."},
    {"W220", "no samples",
     "Said by a run: a threshold had nothing to compare, its verdict is inconclusive."},
    {"W310", "beyond the bound",
     "More Byzantine power than the protocol tolerates: a violation is expected, not a bug. Say "
     "`beyond_bound: true` if that is the point."},
    {"W311", "an adversary that does nothing",
     "Byzantine replicas without a behavior are honest, and a behavior without members is "
     "nobody's."},
    {"W312", "more faults at once than are tolerated",
     "Replicas that are down count against the bound as liars do. With f = 0 the first fault stops "
     "the protocol. Say `adversary: { beyond_bound: true }` if that is the point, or expect it: "
     "`progress: none`.",
     "replicas: 3   crash: r0   (of pbft)", "replicas: 4"},
    {"W320", "the warm-up is longer than the run", "No measured number would have a sample."},
    {"W330", "replicas in no side", "Who is in no side of a partition is cut off from everybody."},
    {"W340", "too slow for its clocks",
     "What the network, or the promise of `synchrony`, allows a message to take is more than the "
     "protocol's own clock waits for: it may make no progress although nobody is at fault. A stall "
     "is beyond the bound then.",
     "latency: 300ms   options: { delta: 100ms }", "latency: 30ms   options: { delta: 100ms }"},
};

}  // namespace

std::span<const CodeSpec> codes() { return kCodes; }

const CodeSpec* find_code(std::string_view code) {
  const auto found = std::find_if(std::begin(kCodes), std::end(kCodes),
                                  [&](const CodeSpec& c) { return c.code == code; });
  return found == std::end(kCodes) ? nullptr : found;
}

std::string code_text(const CodeSpec& code) {
  std::string text = std::string(code.code) + "  " + std::string(code.title) + "\n\n" +
                     std::string(code.page) + "\n";
  if (!code.wrong.empty()) text += "\n  wrong  " + std::string(code.wrong) + "\n";
  if (!code.right.empty()) text += "  right  " + std::string(code.right) + "\n";
  return text;
}

std::string error_codes_page() {
  std::string text =
      "# Error codes\n\nGenerated from testbed/scenario/codes.cpp; `byzlab explain CODE` prints "
      "one of these.\n"
      "E stops a scenario before it runs, W is a warning (`--strict` makes it an error).\n";
  for (const CodeSpec& code : kCodes) {
    text += "\n## " + std::string(code.code) + ": " + std::string(code.title) + "\n\n" +
            std::string(code.page) + "\n";
    if (code.wrong.empty()) continue;
    text += "\n```yaml\n# wrong\n" + std::string(code.wrong) + "\n";
    if (!code.right.empty()) text += "# right\n" + std::string(code.right) + "\n";
    text += "```\n";
  }
  return text;
}

}  // namespace byzlab::scenario
