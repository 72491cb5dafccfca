#include "testbed/judge.h"

#include <algorithm>
#include <tuple>

#include "testbed/invariants/words.h"
#include "testbed/judge_parts.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {
namespace {

constexpr std::uint32_t bit(scenario::Property p) { return 1u << static_cast<unsigned>(p); }

std::vector<bool> marked(std::size_t n, const std::vector<ReplicaId>& who) {
  std::vector<bool> mark(n, false);
  for (const ReplicaId r : who) mark[r.value] = true;
  return mark;
}

std::vector<bool> honest_processes(const Case& run) {
  const auto byzantine = marked(run.committee->n(), run.byzantine);
  std::vector<bool> honest(run.replica_of.size());
  for (std::size_t p = 0; p < honest.size(); ++p) honest[p] = !byzantine[run.replica_of[p].value];
  return honest;
}

}  // namespace

Judge::Judge(Case c) : parts_(std::make_unique<Parts>(std::move(c))) {}
Judge::~Judge() = default;

Interest Judge::interest() const {
  return Interest::in<Committed, ViewEntered, Noted, ReplicaState, FaultChanged, RequestCompleted,
                      RequestExpired>();
}

void Judge::on(Time now, const Event& event) {
  if (const auto* committed = std::get_if<Committed>(&event)) {
    parts_->committed(now, *committed);
  } else if (const auto* noted = std::get_if<Noted>(&event)) {
    parts_->noted(now, *noted);
  } else if (const auto* completed = std::get_if<RequestCompleted>(&event)) {
    parts_->measurements.client_latency(now, completed->latency, completed->client);
  } else if (std::holds_alternative<RequestExpired>(event)) {
    parts_->measurements.add(Series::client_timeouts, now);
  } else if (const auto* entered = std::get_if<ViewEntered>(&event)) {
    parts_->view_entered(*entered);
  } else if (const auto* state = std::get_if<ReplicaState>(&event)) {
    parts_->state_changed(now, *state);
  } else if (const auto* fault = std::get_if<FaultChanged>(&event)) {
    parts_->fault_changed(now, *fault);
  }
}

void Judge::not_scheduled(Time from, Time until) {
  const Duration pause = until - from;
  parts_->not_scheduled += pause;
  parts_->longest_pause = std::max(parts_->longest_pause, pause);
  constexpr Duration kWorthTelling = std::chrono::milliseconds{500};
  if (pause < kWorthTelling) return;
  parts_->story.tell(from, "pause", "this process was not scheduled for " + words::duration(pause));
}
void Judge::sample(Time now) { parts_->sample(now); }
RunState Judge::state(Time now) { return parts_->state(now); }
bool Judge::decided() const { return parts_->decided(); }
void Judge::conclude(Time end, bool interrupted, Report& report) {
  parts_->conclude(end, interrupted, report);
}

Judge::Parts::Parts(Case c)
    : run(std::move(c)),
      byzantine(marked(run.committee->n(), run.byzantine)),
      honest(honest_processes(run)),
      windows(*run.scenario),
      bound(run, windows),
      logs(run.replica_of.size()),
      witness{.run = run,
              .logs = logs,
              .facts = facts,
              .byzantine = byzantine,
              .lost_disk = bound.lost_disk()},
      agreement(witness),
      validity(witness),
      integrity(witness),
      total_order(witness),
      certified(witness, integrity),
      double_spend(witness),
      contradictions(run.committee->n()),
      measurements(*run.requests, run.scenario->workload.warmup,
                   [this](RequestId id) {
                     const LogTree::NodeId first = integrity.first_node(id);
                     return first == LogTree::kNone ? kNever : logs[first].first_commit;
                   }),
      story(*run.scenario, windows, bound),
      replicas(run.replica_of.size()),
      left_view_(run.replica_of.size(), true) {
  const auto context = scenario::context_of(*run.scenario);
  for (const scenario::Expectation& e : run.scenario->expectations) {
    growth_of.push_back(-1);
    if (e.outcome == scenario::Outcome::violated || e.rate) tolerated_ |= bit(e.property);
    if (!e.among) continue;
    const auto chosen = marked(run.committee->n(), scenario::resolve(*e.among, context));
    std::vector<bool> members(run.replica_of.size());
    for (std::size_t p = 0; p < members.size(); ++p) members[p] = chosen[run.replica_of[p].value];
    growth_of.back() = static_cast<int>(among.size());
    among.emplace_back(std::move(members));
  }
  for (std::size_t p = 0; p < replicas.size(); ++p) replicas[p].byzantine = !honest[p];
}

void Judge::Parts::committed(Time now, const Committed& e) {
  ReplicaResult& replica = replicas[e.process.value];
  const Block& block = *e.block;
  if (!honest[e.process.value]) {
    if (replicas.size() > run.committee->n()) contradictions.on(e);
    replica.height = std::max(replica.height, block.height.value);
    ++replica.commits;
    replica.transactions += block.requests.size();
    replica.last_commit = now;
    return;
  }
  const LogTree::Step step = logs.commit(e.process, block, now);
  if (step.repeated) return;
  ++commits_seen_;
  replica.height = block.height.value;
  ++replica.commits;
  replica.transactions += block.requests.size();
  replica.last_commit = now;

  const bool rewrote = step.replaced != LogTree::kNone;
  const CommitStep full{.now = now,
                        .process = e.process,
                        .replica = e.replica,
                        .log = step,
                        .certified = e.certified};
  if (step.created) new_block(now, full);
  if (step.created || rewrote || step.gap) [[unlikely]] {
    agreement.on(full);
    total_order.on(full);
    tell_violations(now);
  }
  if (block.height.value > growth.height()) grew(now, full);
  for (Growth& g : among) {
    g.on(e.process, now, block.height.value, [&] { return proposal_of(block); });
  }
  if (logs[step.node].spends && double_spend.is_merchant(e.process)) {
    const bool before = double_spend.success().has_value();
    double_spend.on(full);
    if (!before && double_spend.success()) {
      story.tell(now, "violation", "double spend: " + double_spend.success()->what);
    }
  }
}

/// A block that no honest process had committed there.
void Judge::Parts::new_block(Time now, const CommitStep& step) {
  const Block& block = *logs[step.log.node].block;
  if (std::ranges::any_of(block.requests, [](const Request& r) { return r.coin != 0; })) {
    logs.mark_spends(step.log.node);
  }
  validity.on(step);
  integrity.on(step);
  certified.on(step);
  if (step.certified != nullptr) facts.executed_as(step.certified->digest, block.digest);
  carried_fresh_ += integrity.fresh();
  const Time proposed = proposal_of(block);
  if (proposed != kNever) {
    measurements.add(Series::commit_latency, now, seconds(now - proposed));
    const BlockFact& fact = *facts.find(block.digest);
    if (fact.certified != kNever) {
      measurements.add(Series::certify_time, fact.certified, seconds(fact.certified - proposed));
      measurements.add(Series::finalize_time, now, seconds(now - fact.certified));
    }
  }
}

void Judge::Parts::grew(Time now, const CommitStep& step) {
  const Block& block = *logs[step.log.node].block;
  const Time proposed = proposal_of(block);
  growth.on(step.process, now, block.height.value, [&] { return proposed; });
  measurements.commit(now, block.requests.size(), carried_fresh_);
  carried_fresh_ = 0;
  transactions_ += block.requests.size();
  if (last_growth_ != kNever) {
    measurements.add(Series::block_interval, now, seconds(now - last_growth_));
  }
  last_growth_ = now;
  story.grew(now, block.height.value, proposed == kNever ? Duration{0} : now - proposed);
}

Time Judge::Parts::proposal_of(const Block& block) const {
  const BlockFact* fact = facts.find(block.digest);
  return fact == nullptr ? kNever : fact->born();
}

void Judge::Parts::tell_violations(Time now) {
  const std::pair<scenario::Property, const SafetyInvariant*> all[] = {
      {scenario::Property::agreement, &agreement},
      {scenario::Property::validity, &validity},
      {scenario::Property::integrity, &integrity}};
  for (const auto& [property, invariant] : all) {
    if (!invariant->verdict() || (told_violations_ & bit(property)) != 0) continue;
    told_violations_ |= bit(property);
    story.tell(now, "violation", invariant->verdict()->what, true);
  }
}

void Judge::Parts::view_entered(const ViewEntered& e) {
  facts.entered_view_of(e.height);
  ReplicaResult& replica = replicas[e.process.value];
  replica.view = e.view.value;
  if (!left_view_[e.process.value]) ++replica.rotations;
  left_view_[e.process.value] = false;
  const std::pair at{e.height, e.view};
  if (!honest[e.process.value] || (leader_ && at < std::pair{view_height_, highest_view_})) return;
  std::tie(view_height_, highest_view_) = at;
  leader_ = e.leader;
  story.entered(e.height, e.view, e.leader);
}

void Judge::Parts::noted(Time now, const Noted& e) {
  ReplicaResult& replica = replicas[e.process.value];
  if (replicas.size() > run.committee->n() && !honest[e.process.value]) contradictions.on(e);
  replica.votes += e.milestone == Milestone::voted ? 1 : 0;
  if (BlockFacts::wants(e.milestone) && !e.subject.is_zero()) {
    if (!facts.on(now, e)) return;
    measurements.add(Series::proposals, now);
    ++replica.proposals;
    return;
  }
  const bool is_honest = honest[e.process.value];
  switch (e.milestone) {
    case Milestone::timeout:
      ++replica.timeouts;
      if (is_honest) measurements.add(Series::timeouts, now);
      break;
    case Milestone::view_change: {
      ++replica.view_changes;
      left_view_[e.process.value] = true;
      const std::pair view{e.value, e.view.value};
      const auto at = std::ranges::lower_bound(given_up_, view);
      if (!is_honest || (at != given_up_.end() && *at == view)) break;
      given_up_.insert(at, view);
      ++view_changes_;
      measurements.add(Series::view_changes, now);
      break;
    }
    case Milestone::state_transfer:
      if (is_honest) measurements.add(Series::state_transfers, now);
      break;
    case Milestone::reorg: {
      ++replica.reorgs;
      if (!is_honest) break;
      measurements.add(Series::reorg_depth, now, static_cast<double>(e.value));
      constexpr std::uint64_t kWorthTelling = 3;
      if (e.value >= kWorthTelling) story.reorganised(now, e.replica, e.value, e.subject);
      break;
    }
    case Milestone::equivocation:
      if (!is_honest) break;
      measurements.add(Series::equivocations, now);
      ++evidence_[witness.is_faulty(ReplicaId(static_cast<std::uint32_t>(e.value))) ? 0 : 1];
      break;
    case Milestone::proposed:
    case Milestone::withheld:
      measurements.add(Series::proposals, now);  // of a block without a name
      ++replica.proposals;
      break;
    case Milestone::voted:
    case Milestone::certified:
    case Milestone::new_view:
    case Milestone::checkpoint:
    case Milestone::published: break;
  }
}

void Judge::Parts::state_changed(Time now, const ReplicaState& e) {
  replicas[e.process.value].up =
      e.now == ReplicaState::Now::up || e.now == ReplicaState::Now::resumed;
  replicas[e.process.value].paused = e.now == ReplicaState::Now::paused;
  if (e.now == ReplicaState::Now::up) left_view_[e.process.value] = true;  // begins anew
  bound.on(now, e);
  commits_at_sample_ = ~std::uint64_t{0};
}

void Judge::Parts::fault_changed(Time now, const FaultChanged& e) {
  if (run.counters) measurements.network(now, run.counters(), false);
  windows.on(now, e);
  bound.on(now, e);
  story.fault(now, e);
  if (!e.active || e.reach->meaning != FaultMeaning::turns) return;
  for (const ReplicaId r : e.reach->who) {
    if (!byzantine[r.value]) turned(now, r);
  }
}

/// It was honest until now; what it does from here on binds nobody.
void Judge::Parts::turned(Time now, ReplicaId r) {
  byzantine[r.value] = true;
  run.byzantine.insert(std::ranges::lower_bound(run.byzantine, r), r);
  for (std::size_t p = 0; p < honest.size(); ++p) {
    if (run.replica_of[p] != r) continue;
    honest[p] = false;
    replicas[p].byzantine = true;
  }
}

void Judge::Parts::sample(Time now) {
  story.look(now);
  SeriesRow row{.at = now,
                .height = growth.height(),
                .view = highest_view_.value,
                .committed_tx = transactions_,
                .view_changes = view_changes_,
                .faults_active = windows.active()};
  if (run.counters) {
    const NetworkCounters counters = run.counters();
    measurements.network(now, counters);
    for (const KindCounters& kind : counters.kind) {
      row.messages += kind.sent;
      row.bytes += kind.sent_bytes;
    }
    for (const std::uint64_t dropped : counters.dropped) row.dropped += dropped;
  }
  if (commits_at_sample_ != commits_seen_) {  // else nobody's log has changed
    commits_at_sample_ = commits_seen_;
    last_lowest_ = lowest_height();
    last_tips_ = logs.branched() ? tips() : 1;
  }
  const std::uint64_t submitted = run.requests->size();
  row.lowest_height = last_lowest_;
  row.mempool = submitted - std::min(submitted, integrity.distinct());
  row.latency_p50 = measurements.median_since(Series::commit_latency, latencies_at_sample_);
  latencies_at_sample_ = measurements.size(Series::commit_latency);
  row.up = bound.up();
  bound.look_at_uplinks(now);
  last_row_ = row;
  series.push_back(row);

  measurements.add(Series::height, now, static_cast<double>(row.height));
  measurements.add(Series::height_lag, now, static_cast<double>(row.height - row.lowest_height));
  measurements.add(Series::mempool, now, static_cast<double>(row.mempool));
  measurements.add(Series::chain_tips, now, static_cast<double>(last_tips_));
}

std::uint64_t Judge::Parts::lowest_height() const {
  std::uint64_t lowest = growth.height();
  for (std::uint32_t p = 0; p < run.committee->n(); ++p) {
    if (honest[p] && replicas[p].up) lowest = std::min(lowest, logs.height(ProcessId(p)));
  }
  return lowest;
}

/// Ends of honest logs that no other honest log extends.
std::uint32_t Judge::Parts::tips() const {
  std::vector<LogTree::NodeId> ends;
  for (std::uint32_t p = 0; p < honest.size(); ++p) {
    if (honest[p]) ends.push_back(logs.tip(ProcessId(p)));
  }
  std::ranges::sort(ends);
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  std::uint32_t count = 0;
  for (const auto end : ends) {
    count += std::ranges::none_of(
        ends, [&](auto other) { return other != end && logs.extends(other, end); });
  }
  return std::max(count, 1u);
}

RunState Judge::Parts::state(Time now) {
  RunState s{.replicas = replicas,
             .measurements = &measurements,
             .row = last_row_,
             .leader = leader_,
             .tips = last_tips_,
             .submitted = run.requests->size(),
             .evidence = evidence_,
             .chain_quality = chain_quality()};
  for (std::uint32_t r = 0; r < run.committee->n(); ++r) {
    if (replicas[r].paused) {
      ++s.paused;
    } else if (!replicas[r].up) {
      ++s.crashed;
    }
  }
  const FaultBound::Reach& reach = bound.reach_now();
  s.isolated = reach.up - reach.best_replicas;
  s.up = reach.best_replicas;
  for (std::size_t p = 0; p < s.violations.size(); ++p) {
    const SafetyInvariant* checked = invariant(static_cast<scenario::Property>(p));
    if (checked != nullptr && checked->verdict()) s.violations[p] = 1;
  }
  s.violations[0] = agreement.conflicts();
  s.cheated = double_spend.success().has_value();
  return s;
}

/// Of the longest honest log, kept up to date from call to call.
std::optional<double> Judge::Parts::chain_quality() {
  LogTree::NodeId top = LogTree::kRoot;
  for (std::uint32_t p = 0; p < honest.size(); ++p) {
    const LogTree::NodeId tip = logs.tip(ProcessId(p));
    if (honest[p] && logs[tip].height > logs[top].height) top = tip;
  }
  std::vector<LogTree::NodeId> fresh;
  for (LogTree::NodeId n = top; n != LogTree::kRoot; n = logs[n].parent) {
    const auto known = std::ranges::lower_bound(
        chain_, logs[n].height, {}, [&](const auto& link) { return logs[link.first].height; });
    if (known != chain_.end() && known->first == n) {
      chain_.erase(known + 1, chain_.end());
      break;
    }
    fresh.push_back(n);
    if (logs[n].parent == LogTree::kRoot) chain_.clear();
  }
  for (auto n = fresh.rbegin(); n != fresh.rend(); ++n) {
    const std::uint64_t before = chain_.empty() ? 0 : chain_.back().second;
    chain_.emplace_back(*n, before + (witness.is_byzantine(logs[*n].block->proposer) ? 0 : 1));
  }
  if (chain_.empty()) return std::nullopt;
  return static_cast<double>(chain_.back().second) / static_cast<double>(chain_.size());
}

bool Judge::Parts::decided() const { return (told_violations_ & ~tolerated_) != 0; }

}  // namespace byzlab
