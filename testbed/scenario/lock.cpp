// scenario.lock.yaml: a scenario with nothing left open.
#include "testbed/scenario/lock.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>

#include "base/quantity.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/selectors.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

std::string time_text(Time t) { return duration_text(t.time_since_epoch()); }
std::string text_of(const Selector& who) { return json_quoted(to_text(who)); }
std::string text_of(const Links& links) { return json_quoted(to_text(links)); }

/// One `{ key: value, … }`.
class Flow {
 public:
  Flow& add(std::string_view key, const std::string& value) {
    text_ += (text_.empty() ? "" : ", ") + std::string(key) + ": " + value;
    return *this;
  }
  std::string text() const { return text_.empty() ? "{}" : "{ " + text_ + " }"; }

 private:
  std::string text_;
};

/// Those named, or all.
std::string options_text(const Options& options,
                         std::optional<std::span<const std::string>> names = std::nullopt) {
  Flow flow;
  for (const OptionSpec& spec : options.specs()) {
    if (names && std::ranges::find(*names, spec.name) == names->end()) continue;
    const std::string text = options.text(spec.name);
    const bool words = spec.type == OptionType::choice || spec.type == OptionType::kinds;
    // Nobody is the default of a selector and has no text of its own.
    if (spec.type == OptionType::replicas && options.replicas(spec.name).empty()) continue;
    if (spec.type == OptionType::kinds && text.empty()) continue;
    flow.add(spec.name, words ? json_quoted(text) : text);
  }
  return flow.text();
}

std::string behavior_text(const Behavior& behavior) {
  return "{ " + behavior.name + ": " + options_text(behavior.options) + " }";
}

std::string protocol_text(const Protocol& protocol) {
  std::string text = "protocol:\n  name: " + json_quoted(protocol.name) +
                     "\n  replicas: " + std::to_string(protocol.replicas) + "\n  power: ";
  if (protocol.power.empty())
    text += "equal";
  else {
    Flow power;
    for (const PowerShare& line : protocol.power)
      power.add(text_of(line.who), line.share ? number_text(*line.share) : "equal");
    text += power.text();
  }
  text += "\n  options: " + options_text(protocol.options);
  if (!protocol.options_of.empty()) {
    text += "\n  options_of:";
    for (const OwnOptions& own : protocol.options_of)
      text += "\n    " + text_of(own.who) + ": " + options_text(own.options, own.names);
  }
  text += "\n  costs: " + Flow()
                              .add("sign", duration_text(protocol.costs.sign))
                              .add("verify", duration_text(protocol.costs.verify))
                              .add("hash_per_byte", duration_text(protocol.costs.hash_per_byte))
                              .text();
  return text + "\n  crypto: " + (protocol.crypto == Crypto::ed25519 ? "ed25519" : "modelled") +
         "\n";
}

std::string matrix_file(const std::string& file, const Scenario& scenario) {
  const std::filesystem::path folder = std::filesystem::path(scenario.file).parent_path();
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(folder / file, error);
  return json_quoted(error ? file : whole.lexically_normal().string());
}

struct LatencyText {
  const Scenario& scenario;

  static Flow model(const char* name) { return std::move(Flow().add("model", name)); }
  std::string operator()(const ConstantLatency& l) const {
    return model("constant").add("delay", duration_text(l.delay)).text();
  }
  std::string operator()(const UniformLatency& l) const {
    return model("uniform")
        .add("min", duration_text(l.min))
        .add("max", duration_text(l.max))
        .text();
  }
  std::string operator()(const NormalLatency& l) const {
    return model("normal")
        .add("mean", duration_text(l.mean))
        .add("stddev", duration_text(l.stddev))
        .add("min", duration_text(l.min))
        .text();
  }
  std::string operator()(const LognormalLatency& l) const {
    return model("lognormal")
        .add("median", duration_text(l.median))
        .add("sigma", number_text(l.sigma))
        .add("min", duration_text(l.min))
        .text();
  }
  std::string operator()(const ExponentialLatency& l) const {
    return model("exponential")
        .add("mean", duration_text(l.mean))
        .add("min", duration_text(l.min))
        .text();
  }
  std::string operator()(const MatrixLatency& l) const {
    Flow flow = model("matrix");
    if (!l.preset.empty()) return flow.add("preset", json_quoted(l.preset)).text();
    return flow.add("file", matrix_file(l.file, scenario)).text();
  }
};

std::string network_text(const Scenario& scenario) {
  const Network& network = scenario.network;
  std::string text = "network:\n";
  if (const auto* random = std::get_if<RandomOverlay>(&network.topology))
    text += "  topology: random\n  degree: " + std::to_string(random->degree) + "\n";
  else
    text += "  topology: full\n";
  text += "  latency: " + std::visit(LatencyText{scenario}, network.latency) + "\n";
  if (!network.regions.empty()) {
    Flow regions;
    for (const Region& region : network.regions)
      regions.add(json_quoted(region.name), std::to_string(region.replicas));
    text += "  regions: " + regions.text() + "\n";
  }
  if (network.bandwidth) text += "  bandwidth: " + bandwidth_text(*network.bandwidth) + "\n";
  text += "  loss: " + number_text(network.loss) +
          "\n  duplicate: " + number_text(network.duplicate) +
          "\n  corrupt: " + number_text(network.corrupt) + "\n";
  text += "  reorder: " +
          Flow()
              .add("probability", number_text(network.reorder.probability))
              .add("by", duration_text(network.reorder.by))
              .text() +
          "\n";
  if (network.synchrony)
    text += "  synchrony: " +
            Flow()
                .add("model", "partial")
                .add("gst", time_text(network.synchrony->gst))
                .add("delta", duration_text(network.synchrony->delta))
                .text() +
            "\n";
  return text;
}

std::string workload_text(const Workload& workload) {
  std::string text = "workload:\n  clients: " + std::to_string(workload.clients) + "\n";
  if (workload.mode == LoopMode::open)
    text += "  mode: open\n  rate: " + number_text(workload.rate) + " tx/s\n  arrivals: " +
            (workload.arrivals == Arrivals::poisson ? "poisson" : "constant") + "\n";
  else
    text += "  mode: closed\n  in_flight: " + std::to_string(workload.in_flight) + "\n";
  text += "  tx_size: " + bytes_text(workload.tx_size) +
          "\n  warmup: " + duration_text(workload.warmup) + "\n";
  if (workload.timeout > Duration{0})
    text += "  timeout: " + duration_text(workload.timeout) + "\n";
  return text;
}

std::string adversary_text(const Adversary& adversary) {
  if (!adversary.members && !adversary.beyond_bound && adversary.behaviors.empty()) return "";
  std::string text = "adversary:\n";
  if (adversary.members) text += "  members: " + text_of(*adversary.members) + "\n";
  text += std::string("  beyond_bound: ") + (adversary.beyond_bound ? "true" : "false") + "\n";
  if (adversary.behaviors.empty()) return text;
  text += "  behaviors:\n";
  for (const Behavior& behavior : adversary.behaviors)
    text += "    - " + behavior_text(behavior) + "\n";
  return text;
}

std::string list_text(const std::vector<std::string>& items) {
  return "[" + join(items, ", ") + "]";
}

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& items) {
  std::vector<std::string> texts;
  for (const T& item : items) texts.push_back(text_of(item));
  return texts;
}

/// The option's value; empty where it is not set and means nothing then.
std::string option_text(const Action& action, const OptionSpec& spec) {
  if (!spec.needs.empty() && !action.selector(spec.needs)) return "";
  switch (spec.type) {
    case OptionType::selector: {
      const Selector* who = action.selector(spec.name);
      return who ? text_of(*who) : "";
    }
    case OptionType::sides: return action.sides.empty() ? "" : list_text(texts_of(action.sides));
    case OptionType::links:
      return action.links.size() == 1 ? text_of(action.links[0])
             : action.links.empty()   ? ""
                                      : list_text(texts_of(action.links));
    case OptionType::behavior: return action.behavior ? behavior_text(*action.behavior) : "";
    case OptionType::text: return json_quoted(action.options.text(spec.name));
    default: break;
  }
  const std::string text = action.options.text(spec.name);
  const bool words = spec.type == OptionType::choice || spec.type == OptionType::kinds;
  return words && !text.empty() ? json_quoted(text) : text;
}

/// As short as the row allows: the value alone where that says all.
std::string action_text(const Action& action) {
  Flow flow;
  std::string_view only;
  std::size_t set = 0;
  for (const OptionSpec& spec : action.options.specs()) {
    const std::string text = option_text(action, spec);
    if (text.empty()) continue;
    flow.add(spec.name, text);
    only = spec.name;
    ++set;
  }
  if (set != 1 || only != action.brief) return flow.text();
  const auto specs = action.options.specs();
  return option_text(action, *std::ranges::find(specs, only, &OptionSpec::name));
}

struct StartText {
  const Scenario& scenario;
  std::string operator()(const StartAt& s) const { return "at: " + time_text(s.at); }
  std::string operator()(const StartAfter& s) const {
    return "after: " +
           json_quoted(scenario.timeline[s.entry].label + " + " + duration_text(s.offset));
  }
  std::string operator()(const StartAtHeight& s) const {
    return "when: \"height >= " + std::to_string(s.height.value) + "\"";
  }
};

std::string timeline_text(const Scenario& scenario) {
  if (scenario.timeline.empty()) return "";
  std::string text = "timeline:\n";
  for (const TimelineEntry& entry : scenario.timeline) {
    text += "  - label: " + json_quoted(entry.label) + "\n    " +
            std::visit(StartText{scenario}, entry.start) + "\n";
    if (entry.length) text += "    for: " + duration_text(*entry.length) + "\n";
    if (entry.repeat)
      text += "    every: " + duration_text(entry.repeat->every) +
              "\n    until: " + time_text(entry.repeat->until) + "\n";
    text += "    " + entry.action.name + ": " + action_text(entry.action) + "\n";
  }
  return text;
}

std::string value_text(const Expectation& e) {
  if (e.bound) return duration_text(*e.bound);
  if (!e.threshold) return std::string(outcome_name(e.outcome));
  Expectation bare;
  bare.property = Property::threshold;
  bare.threshold = e.threshold;
  return json_quoted(expectation_text(bare));
}

std::string expectations_text(const Scenario& scenario) {
  if (scenario.expectations.empty()) return "";
  std::string text = "expect:\n";
  for (const Expectation& e : scenario.expectations) {
    text += "  - " + std::string(property_name(e.property)) + ": " + value_text(e) + "\n";
    const auto line = [&](std::string_view key, const std::string& value) {
      text += "    " + std::string(key) + ": " + value + "\n";
    };
    if (e.during) line("during", json_quoted(e.during->label));
    if (e.outside) line("outside", json_quoted(e.outside->label));
    if (e.after) line("after", json_quoted(e.after->label));
    if (e.of_start) line("of", "start");
    if (e.among) line("among", text_of(*e.among));
    if (e.grace.count() > 0) line("grace", duration_text(e.grace));
    if (e.within) line("within", duration_text(*e.within));
    if (e.rate)
      line("rate", "\"" + std::string(comparison_text(e.rate->comparison)) + " " +
                       number_text(e.rate->share) + "\"");
    if (e.rate && e.rate->confidence) line("confidence", number_text(*e.rate->confidence));
  }
  return text;
}

}  // namespace

std::string lock_text(const Scenario& scenario) {
  std::string text = "version: 1\nname: " + json_quoted(scenario.name) + "\n";
  if (!scenario.description.empty())
    text += "description: " + json_quoted(scenario.description) + "\n";
  text += "duration: " + duration_text(scenario.duration) + "\n";
  if (scenario.seed) text += "seed: " + std::to_string(*scenario.seed) + "\n";
  text += "\n" + protocol_text(scenario.protocol) + "\n" + network_text(scenario) + "\n" +
          workload_text(scenario.workload);
  if (!scenario.groups.empty()) {
    text += "\ngroups:\n";
    for (const Group& group : scenario.groups)
      text += "  " + json_quoted(group.name) + ": " + text_of(group.members) + "\n";
  }
  for (const std::string& part :
       {adversary_text(scenario.adversary), timeline_text(scenario), expectations_text(scenario)})
    if (!part.empty()) text += "\n" + part;
  return text;
}

}  // namespace byzlab::scenario
