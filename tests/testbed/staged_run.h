// A run without a network: tests say what happened, the judge says what it means.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "testbed/fault_reach.h"
#include "testbed/judge.h"

namespace byzlab::staged {

using std::chrono::milliseconds;

inline Time at(double s) { return kStart + Duration{static_cast<std::int64_t>(s * 1e9 + 0.5)}; }

inline constexpr EngineInfo kEngine{
    .name = "staged",
    .paper = "",
    .summary = "",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = {},
    .messages = {},
    .request_driven = false,
    .attacks = "",
    .make = nullptr,
};

/// Four honest replicas, ten seconds; change what you need before the first event.
struct Run {
  explicit Run(std::uint32_t n = 4) : committee(n), crypto(Crypto::Scheme::modelled, 1, n) {
    scenario.protocol.replicas = n;
    scenario.duration = std::chrono::seconds{10};
  }

  scenario::Scenario scenario;
  EngineInfo engine = kEngine;
  Committee committee;
  Crypto crypto;
  RequestTable requests;
  std::vector<ReplicaId> byzantine;
  NetworkCounters counters;
  UplinkState uplink_of_r1;  ///< the others have nothing to send
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Judge> judge;
  Report report;

  scenario::Expectation& expect(scenario::Property p,
                                scenario::Outcome o = scenario::Outcome::holds) {
    auto& e = scenario.expectations.emplace_back();
    e.property = p;
    e.outcome = o;
    e.text = "expectation " + std::to_string(scenario.expectations.size());
    return e;
  }
  scenario::Expectation& expect_threshold(std::string metric, std::string statistic,
                                          scenario::Comparison comparison, double value) {
    auto& e = expect(scenario::Property::threshold);
    e.threshold = scenario::Threshold{.metric = std::move(metric),
                                      .labels = {},
                                      .statistic = std::move(statistic),
                                      .comparison = comparison,
                                      .value = value,
                                      .value_text = {}};
    return e;
  }
  /// Adds an entry to the timeline; its window is what fault() and heal() say.
  scenario::Window entry(std::string label, scenario::Action action) {
    auto& e = scenario.timeline.emplace_back();
    e.label = label;
    e.length = std::chrono::seconds{1};
    e.action = std::move(action);
    auto& fault = report.faults.emplace_back();
    fault.label = label;
    fault.action = e.action.name;
    fault.had_effect = true;
    return {.kind = scenario::Window::Kind::entry,
            .entry = scenario.timeline.size() - 1,
            .label = label};
  }
  static scenario::Selector who(std::uint32_t first, std::uint32_t last) {
    scenario::Selector s;
    s.kind = scenario::Selector::Kind::replicas;
    s.first = ReplicaId(first);
    s.last = ReplicaId(last);
    return s;
  }

  void start() {
    if (judge) return;
    committee = committee.with(engine.fault_bound(committee.total_power()),
                               engine.quorum(committee.total_power()));
    ledger = std::make_unique<Ledger>(committee.n(), requests);
    for (const ReplicaId r : byzantine) ledger->distrust(ProcessId(r.value));
    Case c;
    c.scenario = &scenario;
    c.engine = &engine;
    c.committee = &committee;
    c.crypto = &crypto;
    c.ledger = ledger.get();
    c.requests = &requests;
    for (std::uint32_t i = 0; i < committee.n(); ++i) c.replica_of.push_back(ReplicaId(i));
    c.byzantine = byzantine;
    c.counters = [this] { return counters; };
    c.uplink = [this](ReplicaId r) {
      UplinkState state = uplink_of_r1;
      if (r.value != 1) state.idle_at = kStart;
      return state;
    };
    c.series_interval = milliseconds{100};
    judge = std::make_unique<Judge>(std::move(c));
  }

  Request submit(double t, std::uint64_t coin = 0) {
    Request r{.id = requests.next_id(), .client = ClientId(0), .bytes = 100, .coin = coin};
    r.auth = crypto.authenticate(r);
    requests.add(r, at(t));
    return r;
  }
  BlockRef block(std::uint64_t height, std::vector<Request> content = {}, std::uint64_t nonce = 0,
                 std::uint32_t proposer = 0) const {
    return crypto.make_block(BlockBody{.parent = {},
                                       .height = Height(height),
                                       .view = View(height),
                                       .proposer = ReplicaId(proposer),
                                       .nonce = nonce,
                                       .requests = std::move(content)});
  }
  void tell(double t, const Event& e) {
    start();
    judge->on(at(t), e);
  }
  void commit(double t, std::uint32_t p, const BlockRef& b) {
    start();
    ledger->commit(ProcessId(p), *b, at(t));
    tell(t, Committed{.process = ProcessId(p), .replica = ReplicaId(p), .block = b.get()});
  }
  /// What was left to execute of a block that was certified.
  void commit_rest(double t, std::uint32_t p, const BlockRef& rest, const BlockRef& certified) {
    start();
    ledger->commit(ProcessId(p), *rest, at(t));
    tell(t, Committed{.process = ProcessId(p),
                      .replica = ReplicaId(p),
                      .block = rest.get(),
                      .certified = certified.get()});
  }
  void enter(double t, std::uint32_t p, std::uint64_t view, std::uint64_t height = 0) {
    tell(t, ViewEntered{.process = ProcessId(p),
                        .replica = ReplicaId(p),
                        .view = View(view),
                        .leader = ReplicaId(0),
                        .height = Height(height)});
  }
  void commit_everywhere(double t, const BlockRef& b) {
    for (std::uint32_t p = 0; p < committee.n(); ++p) commit(t, p, b);
  }
  void note(double t, std::uint32_t p, Milestone m, const BlockRef& b) {
    tell(t, Noted{.process = ProcessId(p),
                  .replica = ReplicaId(p),
                  .milestone = m,
                  .view = b->view,
                  .value = b->height.value,
                  .subject = b->digest});
  }
  void note(double t, std::uint32_t p, Milestone m, std::uint64_t view, std::uint64_t value = 0) {
    tell(t, Noted{.process = ProcessId(p),
                  .replica = ReplicaId(p),
                  .milestone = m,
                  .view = View(view),
                  .value = value,
                  .subject = {}});
  }
  void fault(double t, std::size_t entry, std::uint32_t round = 0) {
    change(t, entry, round, true);
  }
  void heal(double t, std::size_t entry, std::uint32_t round = 0) {
    change(t, entry, round, false);
  }
  /// As the timeline tells it; nobody has a role here.
  void change(double t, std::size_t entry, std::uint32_t round, bool active) {
    const FaultReach reach =
        reach_of(scenario.timeline[entry].action, scenario::context_of(scenario));
    tell(t, FaultChanged{.fault = static_cast<std::uint32_t>(entry),
                         .round = round,
                         .active = active,
                         .reach = &reach});
  }
  void replica(double t, std::uint32_t p, ReplicaState::Now now, bool lost = false) {
    tell(t,
         ReplicaState{
             .process = ProcessId(p), .replica = ReplicaId(p), .now = now, .durable_lost = lost});
  }
  /// Blocks first..last, proposed and committed by all every `step` seconds from `from`.
  void chain(std::uint64_t first, std::uint64_t last, double from, double step) {
    for (std::uint64_t h = first; h <= last; ++h) {
      const double t = from + static_cast<double>(h - first) * step;
      const BlockRef b = block(h, {submit(t - 0.05)});
      note(t - 0.04, 0, Milestone::proposed, b);
      commit_everywhere(t, b);
    }
  }
  const Report& end(double t = 10, bool interrupted = false) {
    start();
    judge->sample(at(t));
    judge->conclude(at(t), interrupted, report);
    return report;
  }
  /// The result of the k-th listed expectation.
  const ExpectationResult& listed(std::size_t k = 0) const {
    for (const auto& r : report.expectations) {
      if (!r.always_on && k-- == 0) return r;
    }
    throw std::out_of_range("no such expectation");
  }
  const ExpectationResult& of(scenario::Property p) const {
    for (const auto& r : report.expectations) {
      if (r.property == p) return r;
    }
    throw std::out_of_range("no such property");
  }
};

}  // namespace byzlab::staged
