// summary.json and its shorter relatives.
#include "observe/summary.h"

#include <boost/json.hpp>

#include "base/version.h"
#include "observe/histogram_json.h"
#include "observe/json_document.h"
#include "observe/numbers.h"

namespace byzlab {
namespace {

namespace json = boost::json;

json::value optional_number(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::value optional_seconds(const std::optional<Time>& time) {
  return time ? json::value(exact_seconds(*time)) : json::value(nullptr);
}

json::object expectation_object(const Report& report, const ExpectationResult& e) {
  json::object o{{"id", e.id},
                 {"text", e.text},
                 {"status", to_string(e.status)},
                 {"detail", e.detail},
                 {"value", optional_number(e.value)},
                 {"limit", optional_number(e.limit)},
                 {"unit", e.unit},
                 {"at", optional_seconds(e.at)},
                 {"always_on", e.always_on},
                 {"bound", to_string(e.bound)}};
  if (e.counts) o["counts"] = *e.counts;
  if (!e.lines.empty()) o["explanation"] = json::array(e.lines.begin(), e.lines.end());
  if (e.position.line > 0 && !e.position.from_set) {
    o["file"] = report.file;
    o["line"] = e.position.line;
  }
  return o;
}

json::array ids(const std::vector<ReplicaId>& replicas) {
  json::array out;
  for (const ReplicaId r : replicas) out.emplace_back(r.value);
  return out;
}

/// Whom a fault met; what it has nothing of is left out.
void add_reach(json::object& to, const FaultReach& reach) {
  if (!reach.who.empty()) to["who"] = ids(reach.who);
  if (!reach.sides.empty()) {
    json::array sides;
    for (const auto& side : reach.sides) sides.push_back(ids(side));
    to["sides"] = std::move(sides);
  }
  if (!reach.links.empty()) {
    json::array links;
    for (const LinkSet& set : reach.links) {
      links.push_back(json::object{{"from", ids(set.from)}, {"to", ids(set.to)}});
    }
    to["links"] = std::move(links);
  }
}

json::object fault_object(const FaultResult& f) {
  json::object effect;
  for (const auto& [name, count] : f.effects) effect[name] = count;
  // Whom it met stands with the fault; with a window where it met others than the first time.
  json::array windows;
  const FaultReach* usual = f.windows.empty() ? nullptr : f.windows[0].reach.get();
  for (const auto& w : f.windows) {
    json::object window{{"from", exact_seconds(w.from)}, {"to", optional_seconds(w.to)}};
    if (w.reach && usual && w.reach.get() != usual && *w.reach != *usual) {
      add_reach(window, *w.reach);
    }
    windows.push_back(std::move(window));
  }
  json::object fault{
      {"label", f.label},
      {"action", f.action},
      {"text", f.text},
      {"from",
       f.windows.empty() ? json::value(nullptr) : json::value(exact_seconds(f.windows[0].from))},
      {"to", f.windows.empty() ? json::value(nullptr) : optional_seconds(f.windows[0].to)},
      {"windows", std::move(windows)},
      {"effect", std::move(effect)},
      {"had_effect", f.had_effect}};
  if (usual != nullptr) {
    fault["meaning"] = name_of(usual->meaning);
    add_reach(fault, *usual);
  }
  return fault;
}

/// Whom the file's adversary is in this run, and what its behaviors did.
json::object adversary_object(const Report& report) {
  json::array behaviors;
  for (const auto& b : report.behaviors) {
    json::object members;
    for (const auto& [member, deeds] : b.deeds) members["r" + std::to_string(member.value)] = deeds;
    behaviors.push_back(
        json::object{{"name", b.name}, {"effects", b.total()}, {"by_member", std::move(members)}});
  }
  return {{"drawn", !report.adversary_of_nobody && !report.byzantine.empty()},
          {"behaviors", std::move(behaviors)}};
}

json::array idle_array(const Report& report) {
  json::array idle;
  for (const auto& i : report.idle)
    idle.push_back(json::object{{"what", i.what}, {"text", i.text}});
  return idle;
}

json::object kinds_object(const Report& report) {
  json::object kinds;
  for (const auto& k : report.kinds)
    kinds[k.name] = json::object{{"sent", k.sent}, {"bytes", k.bytes}, {"delivered", k.delivered}};
  return kinds;
}

json::object build_object() {
  return {{"version", version()},
          {"commit", commit()},
          {"compiler", compiler()},
          {"build_type", build_type()}};
}

json::array byzantine_array(const Report& report) {
  json::array replicas;
  for (const auto r : report.byzantine) replicas.push_back(r.value);
  return replicas;
}

}  // namespace

/// "commit_latency.p99" becomes metrics.commit_latency.p99; a name without a statistic is a value.
json::object metrics_json(const Report& report) {
  json::object metrics;
  for (const auto& m : report.metrics) {
    json::object* at = &metrics;
    std::string_view name = m.name;
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
      auto& inner = (*at)[name.substr(0, dot)];
      if (!inner.is_object()) inner = json::object{};
      at = &inner.get_object();
      name.remove_prefix(dot + 1);
    }
    (*at)[name] = m.samples > 0 ? json::value(m.value) : json::value(nullptr);
  }
  return metrics;
}

std::string summary_json(const Report& report) {
  json::array expectations, faults;
  for (const auto& e : report.expectations) expectations.push_back(expectation_object(report, e));
  for (const auto& f : report.faults) faults.push_back(fault_object(f));
  json::object dropped;
  for (const auto& [reason, count] : report.dropped) dropped[reason] = count;

  json::object summary{
      {"schema", 1},
      {"name", report.name},
      {"file", report.file},
      {"verdict", to_string(report.verdict)},
      {"reason", report.reason},
      {"seed", report.seed},
      {"trace_hash", to_hex(report.trace_hash)},
      {"transport", report.transport},
      {"interrupted", report.interrupted},
      {"build", build_object()},
      {"protocol",
       {{"name", report.protocol}, {"n", report.n}, {"f", report.f}, {"quorum", report.quorum}}},
      {"network", report.network},
      {"bound",
       {{"byzantine", report.byzantine.size()},
        {"allowed", report.f},
        {"byzantine_share", report.byzantine_share},
        {"allowed_share", report.allowed_share},
        {"exceeded", report.beyond_bound},
        {"replicas", byzantine_array(report)},
        {"text", report.bound_text}}},
      {"adversary", adversary_object(report)},
      {"expectations", std::move(expectations)},
      {"faults", std::move(faults)},
      {"metrics", metrics_json(report)},
      {"histograms", histograms_json(report.histograms)},
      {"messages", kinds_object(report)},
      {"dropped", std::move(dropped)},
      {"idle", idle_array(report)},
      {"simulated_seconds", exact_seconds(report.simulated)},
      {"asked_seconds", exact_seconds(report.asked)},
      {"events", report.events},
      {"wall_seconds", report.wall_seconds},
      {"cpu_seconds", report.cpu_seconds},
  };
  if (!report.stopped.empty()) summary["stopped"] = report.stopped;
  if (!report.ended_early.empty()) summary["stopped"] = report.ended_early;
  if (report.transport == "tcp") {
    summary["not_scheduled_seconds"] = exact_seconds(report.not_scheduled);
    summary["longest_pause_seconds"] = exact_seconds(report.longest_pause);
  }
  return pretty(summary);
}

std::string story_json(const Report& report) {
  json::array lines;
  for (const auto& line : report.story) {
    lines.push_back(json::object{{"at", exact_seconds(line.at)},
                                 {"kind", line.kind},
                                 {"label", line.label},
                                 {"text", line.text},
                                 {"violation", line.violation}});
  }
  return pretty(lines);
}

std::string index_line(const Report& report, const std::string& folder, const std::string& when) {
  return compact(json::object{{"name", report.name},
                              {"verdict", to_string(report.verdict)},
                              {"reason", report.reason},
                              {"protocol", report.protocol},
                              {"n", report.n},
                              {"seed", report.seed},
                              {"trace_hash", to_hex(report.trace_hash)},
                              {"when", when},
                              {"folder", folder}}) +
         "\n";
}

std::string violation_json(const Report& report, const ExpectationResult& e) {
  return pretty(json::object{
      {"schema", 1},
      {"property", e.id},
      {"text", e.text},
      {"status", to_string(e.status)},
      {"detail", e.detail},
      {"at", optional_seconds(e.at)},
      {"bound", to_string(e.bound)},
      {"bound_text", report.bound_text},
      {"explanation", json::array(e.lines.begin(), e.lines.end())},
      {"byzantine", byzantine_array(report)},
      {"protocol", report.protocol},
      {"seed", report.seed},
      {"trace_hash", to_hex(report.trace_hash)},
  });
}

std::string_view to_string(Bound bound) {
  switch (bound) {
    case Bound::not_applicable: return "not_applicable";
    case Bound::inside: return "inside";
    case Bound::beyond: return "beyond";
    case Bound::cannot_tell: return "cannot_tell";
  }
  return "";
}

}  // namespace byzlab
