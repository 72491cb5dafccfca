// The judge's answer when a run is over: expectations, figures, story, verdict.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "faults/registry.h"
#include "testbed/idle.h"
#include "testbed/invariants/words.h"
#include "testbed/judge_parts.h"
#include "testbed/metric_catalogue.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {
namespace {

using scenario::Outcome;
using scenario::Property;

constexpr std::array<std::string_view, 10> kProperties{
    "agreement", "validity", "integrity", "total_order",  "certified",
    "progress",  "recovery", "liveness",  "double_spend", "threshold"};

std::string_view name_of(Property p) { return kProperties[static_cast<std::size_t>(p)]; }

std::string_view kind_of(Property p) {
  switch (p) {
    case Property::agreement:
    case Property::validity:
    case Property::integrity:
    case Property::total_order:
    case Property::certified:
    case Property::double_spend: return "safety";
    case Property::progress:
    case Property::recovery:
    case Property::liveness: return "liveness";
    case Property::threshold: return "performance";
  }
  return "";
}

bool is_open(Status s) { return s == Status::undecided || s == Status::vacuous; }

/// What a scenario says of the outcome of its rated attack (a broken agreement, a figure) says
/// nothing of a seed in which the attack, as the rate allows, did not work.
bool is_excused(const ExpectationResult& e, bool attack_failed) {
  if (!attack_failed || e.always_on || e.rate) return false;
  return e.property == Property::threshold || e.bound == Bound::not_applicable;
}

/// Over many seeds the rate is judged by all of them together; one run alone decides what it can.
void apply_rate(const scenario::Expectation& e, bool many_seeds, ExpectationResult& r) {
  if (!e.rate) return;
  r.rate = e.rate;
  if (is_open(r.status)) return;
  const bool happened = r.status == Status::pass;
  r.counts = happened;
  if (many_seeds) {
    if (!happened) r.status = Status::undecided;
    return;
  }
  using enum scenario::Comparison;
  const bool wants_few = e.rate->comparison == less || e.rate->comparison == less_equal;
  if (!wants_few) return;
  r.status = happened ? Status::undecided : Status::pass;
  if (happened) r.detail += "   (one seed cannot tell how rare that is)";
}

void decide_verdict(Report& report, const scenario::Scenario& scenario, bool interrupted,
                    bool one_of_many) {
  const auto& all = report.expectations;
  const bool attack_failed =
      std::ranges::any_of(all, [](const auto& e) { return e.rate && e.counts && !*e.counts; });
  const bool many_seeds = scenario.runs && scenario.runs->first != scenario.runs->last;
  for (const ExpectationResult& e : all) {
    if (e.status != Status::fail || is_excused(e, attack_failed)) continue;
    report.verdict = RunVerdict::fail;
    report.reason = fmt::format("{}: {}", kind_of(e.property), name_of(e.property));
    if (e.at) report.reason += " at " + words::moment(*e.at);
    return;
  }
  report.verdict = RunVerdict::inconclusive;
  if (interrupted) {
    report.reason = report.stopped.empty() ? "interrupted" : "stopped " + report.stopped;
    return;
  }
  // Nothing can be agreed on where nothing was to be committed, and that is what was asked for.
  const bool wanted_nothing = std::ranges::any_of(all, [&](const ExpectationResult& e) {
    return e.property == Property::progress && e.status == Status::pass && e.limit == 0.0;
  });
  for (const ExpectationResult& e : all) {
    if (!is_open(e.status) || is_excused(e, attack_failed)) continue;
    if (e.rate && many_seeds) continue;  // the seeds together decide
    if (e.always_on && wanted_nothing) continue;
    report.reason = fmt::format("{}: {}", e.text, e.detail);
    return;
  }
  if (!report.idle.empty() && !many_seeds && !one_of_many) {  // else the seeds together decide
    report.reason = report.idle.front().text;
    return;
  }
  report.verdict = RunVerdict::pass;
  report.reason.clear();
}

}  // namespace

void Judge::Parts::conclude(Time end, bool interrupted, Report& report) {
  const RunFacts facts_of_run{.run = run,
                              .windows = windows,
                              .bound = bound,
                              .measurements = measurements,
                              .end = end,
                              .complete = !interrupted && end >= kStart + run.scenario->duration};
  measure_final_chain();
  measure_recoveries(end);
  judge_all(facts_of_run, report);
  fill_faults(end, report);
  fill_idle(report);
  excuse_pauses(report);
  fill_metrics(facts_of_run, report);
  report.story = story.lines(report.faults);
  // Marks are told, and no faults. Until here faults were numbered as the timeline is.
  std::size_t entry = 0;
  std::erase_if(report.faults, [&](const FaultResult&) {
    return FaultWindows::is_mark(run.scenario->timeline[entry++]);
  });
  report.series = std::move(series);
  report.series_interval = run.series_interval;
  constexpr std::uint32_t kDetailed = 64;
  if (run.committee->n() <= kDetailed) {
    report.replicas.assign(replicas.begin(), replicas.begin() + run.committee->n());
  }
  report.byzantine = run.byzantine;
  report.byzantine_share = bound.faulty_share();
  report.allowed_share = bound.allowed_share();
  report.beyond_bound = bound.exceeded();
  report.bound_text = bound.bound_text();
  report.f = bound.f();
  report.quorum = bound.quorum();
  decide_verdict(report, *run.scenario, interrupted, run.one_of_many);
}

void Judge::Parts::fill_idle(Report& report) const {
  for (BehaviorResult& behavior : report.behaviors) {
    const BehaviorInfo* info = find_behavior(behavior.name);
    if (info == nullptr || info->kind != BehaviorKind::twins) continue;
    for (auto& [member, deeds] : behavior.deeds) {
      const bool untold = agreement.verdict().has_value() || !contradictions.hears_votes();
      deeds = std::max<std::uint64_t>(contradictions.of(member), untold ? 1 : 0);
    }
  }
  for (std::size_t i = 0; i < report.faults.size(); ++i) {
    report.faults[i].asked_for_none = asks_for_nothing(run.scenario->timeline[i].action);
  }
  std::vector<Idle> idle = idle_in(report, *run.scenario);
  report.idle.insert(report.idle.begin(), idle.begin(), idle.end());
}

/// Over real sockets the machine can take the process's time: what then came late, or did not come,
/// says nothing of the protocol. What is unsafe stays so.
void Judge::Parts::excuse_pauses(Report& report) const {
  report.not_scheduled = not_scheduled;
  report.longest_pause = longest_pause;
  constexpr Duration kUsualTimeout = std::chrono::seconds{1};
  Duration timeout = kUsualTimeout;
  if (run.engine->block_interval != nullptr) {
    timeout = std::min(timeout, run.engine->block_interval(run.scenario->protocol.options));
  }
  for (ExpectationResult& e : report.expectations) {
    if (kind_of(e.property) == "safety" || is_open(e.status)) continue;
    const bool stood_still = e.status == Status::fail || e.bound != Bound::not_applicable;
    // A little late by no more than what was taken.
    const bool within = e.unit == "s" && e.value && e.limit && *e.value > *e.limit &&
                        *e.value - *e.limit <= seconds(not_scheduled);
    if (!stood_still || (longest_pause <= timeout && !within)) continue;
    e.status = Status::undecided;
    e.bound = Bound::not_applicable;
    e.lines.clear();
    e.detail += (e.detail.empty() ? "" : "; ") +
                std::string("this process was not scheduled for ") +
                words::duration(longest_pause) + ": the machine's doing, perhaps";
  }
}

void Judge::Parts::judge_all(const RunFacts& facts_of_run, Report& report) {
  for (const NamedExpectation& named : expectations_of(*run.scenario)) {
    ExpectationResult r = judge(named.expectation, named.index, facts_of_run);
    r.id = named.id;
    r.always_on = named.always_on;
    report.expectations.push_back(std::move(r));
  }
}

std::vector<NamedExpectation> expectations_of(const scenario::Scenario& scenario) {
  std::array<std::uint32_t, kProperties.size()> numbers{};
  std::vector<NamedExpectation> all;
  const auto add = [&](const scenario::Expectation& e, std::size_t index, bool always_on) {
    const auto number = ++numbers[static_cast<std::size_t>(e.property)];
    all.push_back({.id = fmt::format("{}-{}", name_of(e.property), number),
                   .expectation = e,
                   .index = index,
                   .always_on = always_on});
  };
  const auto& listed = scenario.expectations;
  for (const Property p : {Property::agreement, Property::validity, Property::integrity}) {
    const bool is_listed =
        std::ranges::any_of(listed, [&](const auto& e) { return e.property == p; });
    if (is_listed) continue;
    scenario::Expectation e;
    e.property = p;
    e.text = name_of(p);
    add(e, listed.size(), true);
  }
  for (std::size_t i = 0; i < listed.size(); ++i) add(listed[i], i, false);
  return all;
}

ExpectationResult Judge::Parts::judge(const scenario::Expectation& e, std::size_t index,
                                      const RunFacts& facts_of_run) {
  ExpectationResult r;
  r.text = e.text;
  r.property = e.property;
  r.position = e.at;
  const bool of_nobody =
      e.among && scenario::resolve(*e.among, scenario::context_of(*run.scenario)).empty();
  if (of_nobody) {  // nothing is expected of anybody
    nothing_to_check(r, facts_of_run, scenario::to_text(*e.among) + " is nobody");
    return r;
  }
  const bool named = index < growth_of.size() && growth_of[index] >= 0;
  const Growth& g = named ? among[static_cast<std::size_t>(growth_of[index])] : growth;
  switch (e.property) {
    case Property::agreement:
    case Property::validity:
    case Property::integrity:
    case Property::total_order:
    case Property::certified: judge_safety(e, facts_of_run, r); break;
    case Property::double_spend: judge_double_spend(e, facts_of_run, r); break;
    case Property::progress: check_progress(e, g, facts_of_run, r); break;
    case Property::recovery: check_recovery(e, g, facts_of_run, r); break;
    case Property::liveness: {
      std::vector<std::uint64_t> heights;
      for (std::uint32_t p = 0; p < run.committee->n(); ++p)
        heights.push_back(logs.height(ProcessId(p)));
      check_liveness(e, g, heights, facts_of_run, r);
      break;
    }
    case Property::threshold: check_threshold(e, facts_of_run, r); break;
  }
  apply_rate(e, run.scenario->runs && run.scenario->runs->first != run.scenario->runs->last, r);
  return r;
}

const SafetyInvariant* Judge::Parts::invariant(Property property) const {
  switch (property) {
    case Property::agreement: return &agreement;
    case Property::validity: return &validity;
    case Property::integrity: return &integrity;
    case Property::total_order: return &total_order;
    case Property::certified: return &certified;
    case Property::progress:
    case Property::recovery:
    case Property::liveness:
    case Property::double_spend:
    case Property::threshold: return nullptr;
  }
  return nullptr;
}

void Judge::Parts::judge_safety(const scenario::Expectation& e, const RunFacts& facts_of_run,
                                ExpectationResult& r) {
  const SafetyInvariant& checked = *invariant(e.property);
  const auto& violation = checked.verdict();
  const bool wanted = e.outcome == Outcome::violated;
  if (!checked.has_checked()) {
    const bool silent = e.property == Property::certified && logs.blocks() > 0;
    nothing_to_check(r, facts_of_run,
                     silent ? fmt::format("{} tells of no certificates", run.engine->name)
                            : std::string("nothing was committed"));
  } else if (violation) {
    const auto opinion = bound.on_safety(violation->at, violation->reversal);
    r.status = wanted ? Status::pass : Status::fail;
    r.detail = violation->what;
    r.at = violation->at;
    r.bound = opinion.bound;
    r.lines = violation->lines;
    r.lines.push_back("verdict: " + opinion.text);
    if (!wanted && opinion.bound == Bound::beyond) {
      r.lines.push_back(
          fmt::format("         If that is the point of the scenario, write  - {}: violated",
                      name_of(e.property)));
    }
  } else {
    r.status = wanted ? Status::fail : Status::pass;
    r.detail = checked.checked();
    if (wanted && !facts_of_run.complete) r.status = Status::undecided;
  }
}

void Judge::Parts::judge_double_spend(const scenario::Expectation& e, const RunFacts& facts_of_run,
                                      ExpectationResult& r) {
  const bool wanted = e.outcome == Outcome::succeeds;
  const auto& success = double_spend.success();
  if (success) {
    r.status = wanted ? Status::pass : Status::fail;
    r.detail = success->what;
    r.at = success->at;
    const auto opinion = bound.on_safety(success->at, success->reversal);
    r.bound = opinion.bound;
    r.lines = success->lines;
    r.lines.push_back("verdict: " + opinion.text);
  } else if (!facts_of_run.complete) {
    nothing_to_check(r, facts_of_run, {});
  } else if (wanted) {
    r.status = Status::fail;
    r.detail = double_spend.attempted() ? "every payment the merchant accepted stayed"
                                        : "the merchant never accepted a payment";
  } else if (!double_spend.attempted()) {
    nothing_to_check(r, facts_of_run, "no merchant accepted a payment");
  } else {
    r.status = Status::pass;
    r.detail = "every payment the merchant accepted stayed";
  }
}

/// Whose blocks the longest honest log is made of, and which blocks it passed by.
void Judge::Parts::measure_final_chain() {
  LogTree::NodeId top = LogTree::kRoot;
  for (std::uint32_t p = 0; p < honest.size(); ++p) {
    const LogTree::NodeId tip = logs.tip(ProcessId(p));
    if (honest[p] && logs[tip].height > logs[top].height) top = tip;
  }
  std::vector<LogTree::NodeId> chain;
  for (LogTree::NodeId n = top; n != LogTree::kRoot; n = logs[n].parent) chain.push_back(n);
  std::ranges::reverse(chain);
  boost::unordered_flat_map<Digest, bool, std::hash<Digest>> on_chain;
  for (const LogTree::NodeId n : chain) {
    const Block& block = *logs[n].block;
    on_chain.emplace(facts.name_of(block.digest), true);
    const bool honest_block = !witness.is_byzantine(block.proposer);
    measurements.add(Series::chain_quality, logs[n].first_commit, honest_block ? 1 : 0);
    measurements.add(Series::relative_revenue, logs[n].first_commit, honest_block ? 0 : 1);
  }
  std::vector<Time> orphans;
  facts.each([&](const Digest& digest, const BlockFact& fact) {
    if (fact.proposed == kNever || fact.height > logs[top].height || on_chain.contains(digest))
      return;
    orphans.push_back(fact.proposed);
  });
  std::ranges::sort(orphans);
  for (const Time t : orphans) measurements.add(Series::orphaned_blocks, t);
}

/// Of each fault by itself: one that ends while another goes on is over all the same.
void Judge::Parts::measure_recoveries(Time end) {
  std::vector<Span> recoveries;
  for (std::size_t i = 0; i < run.scenario->timeline.size(); ++i) {
    if (FaultWindows::is_mark(run.scenario->timeline[i])) continue;
    for (const Span& s : windows.of_entry(i, end)) {
      const Growth::Step* next = s.open ? nullptr : growth.after(s.to);
      if (next != nullptr) recoveries.push_back({.from = s.to, .to = next->at});
    }
  }
  std::ranges::stable_sort(recoveries, {}, &Span::to);
  for (const Span& s : recoveries)
    measurements.add(Series::recovery_time, s.to, seconds(s.to - s.from));
}

void Judge::Parts::fill_faults(Time end, Report& report) const {
  const auto& timeline = run.scenario->timeline;
  report.faults.resize(timeline.size());
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    FaultResult& fault = report.faults[i];
    if (fault.label.empty()) fault.label = timeline[i].label;
    if (fault.action.empty()) fault.action = timeline[i].action.name;
    const Spans spans = windows.of_entry(i, end);
    fault.windows.resize(spans.size());  // whom each met stands there already
    for (std::size_t round = 0; round < spans.size(); ++round) {
      const Span& s = spans[round];
      fault.windows[round].from = s.from;
      fault.windows[round].to = s.open ? std::nullopt : std::optional(s.to);
    }
  }
}

void Judge::Parts::fill_metrics(const RunFacts& facts_of_run, Report& report) {
  struct Figure {
    std::string_view metric, statistic, name;
  };
  static constexpr std::array kParts{Figure{"throughput", "mean", "throughput"},
                                     Figure{"goodput", "mean", "goodput"},
                                     Figure{"commit_latency", "p50", "commit_latency.p50"},
                                     Figure{"commit_latency", "p95", "commit_latency.p95"},
                                     Figure{"commit_latency", "p99", "commit_latency.p99"},
                                     Figure{"client_latency", "p50", "client_latency.p50"},
                                     Figure{"client_latency", "p99", "client_latency.p99"},
                                     Figure{"messages_per_commit", "mean", "messages_per_commit"},
                                     Figure{"bytes_per_commit", "mean", "bytes_per_commit"},
                                     Figure{"view_changes", "count", "view_changes"},
                                     Figure{"commits", "count", "commits"}};
  static constexpr std::array<std::pair<Series, std::string_view>, 3> kHistograms{
      {{Series::commit_latency, "commit_latency"},
       {Series::client_latency, "client_latency"},
       {Series::block_interval, "block_interval"}}};
  const auto put = [&](std::string name, const Measured& m) {
    if (m.value)
      report.metrics.push_back({.name = std::move(name),
                                .value = *m.value,
                                .samples = std::max<std::uint64_t>(m.samples, 1)});
  };
  const Span measured = measurements.measured_until(facts_of_run.end);
  const Selection whole = Selection::in(merged({measured}));
  for (const auto& [metric, statistic] : reported_figures()) {
    put(fmt::format("{}.{}", metric, statistic),
        measurements.measure(metric, {}, statistic, whole));
  }
  for (const auto& [series, name] : kHistograms) {
    QuantileSketch samples = measurements.histogram(series, whole);
    if (samples.count() > 0)
      report.histograms.push_back({.name = std::string(name), .samples = std::move(samples)});
  }
  const Spans faults = windows.faults(facts_of_run.end);
  const auto part = [&](std::string_view prefix, const Selection& selection) {
    for (const Figure& f : kParts) {
      put(fmt::format("{}.{}", prefix, f.name),
          measurements.measure(f.metric, {}, f.statistic, selection));
    }
  };
  // Nothing is steady as long as a fault's backlog is committed faster than requests come in.
  const Spans drains = measurements.drains(faults, facts_of_run.end);
  Spans unsteady = faults;
  unsteady.insert(unsteady.end(), drains.begin(), drains.end());
  part("steady", Selection::outside(measured, merged(std::move(unsteady))));
  if (faults.empty()) return;
  part("faults", Selection::during(common({measured}, faults)));
  Spans only;
  for (const Span& s : drains)
    for (const Span& rest : without(s, faults)) only.push_back(rest);
  if (!only.empty()) part("drain", {.spans = common({measured}, only), .excluded = faults});
}

}  // namespace byzlab
