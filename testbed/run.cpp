#include "testbed/run.h"

#include <ctime>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/event_names.h"
#include "testbed/cluster.h"
#include "testbed/invariants/words.h"
#include "testbed/judge.h"
#include "testbed/latency_of.h"
#include "testbed/scenario/selectors.h"
#include "testbed/twins_of.h"

namespace byzlab {

namespace sc = scenario;

namespace {

double thread_cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

Duration series_interval(const sc::Scenario& scenario, const RunOptions& options) {
  if (options.series_interval.count() > 0) return options.series_interval;
  return std::max<Duration>(std::chrono::milliseconds{100}, scenario.duration / 5000);
}

/// Looks at the run at regular times: for the series, for an interrupt, for a verdict that is
/// settled.
class Sampler {
 public:
  Sampler(Cluster& cluster, Judge& judge, Duration interval, const RunOptions& options,
          std::span<RunObserver* const> observers)
      : cluster_(cluster), judge_(judge), interval_(interval), options_(options) {
    for (RunObserver* observer : observers) {
      if (observer->wants_samples()) curious_.push_back(observer);
    }
    if (!curious_.empty()) cluster_.host().keep_tallies();
  }

  void plan_next() {
    cluster_.network().at(cluster_.network().now() + interval_, [this] {
      cluster_.workload().catch_up();
      judge_.sample(cluster_.network().now());
      show(cluster_.network().now());
      interrupted_ =
          options_.interrupt != nullptr && options_.interrupt->load(std::memory_order_relaxed);
      if (options_.limit) limit_ = options_.limit();
      stopped_ = interrupted_ || !limit_.empty() || judge_.decided();
      if (stopped_) {
        cluster_.network().stop();
      } else {
        plan_next();
      }
    });
  }
  bool interrupted() const { return interrupted_; }
  /// The limit that stopped it, or nothing.
  const std::string& limit() const { return limit_; }
  /// The run is over before its end.
  bool stopped() const { return stopped_; }

  void show(Time now) {
    if (curious_.empty()) return;
    const RunState state = judge_.state(now);
    const NetworkCounters counters = cluster_.counters();
    RunSample sample{.now = now,
                     .state = state,
                     .counters = counters,
                     .events = cluster_.events(),
                     .pending = cluster_.network().pending(),
                     .crypto = cluster_.crypto().counters(),
                     .signed_messages = cluster_.host().signed_messages()};
    for (std::uint32_t r = 0; r < cluster_.committee().n(); ++r) {
      sample.uplinks.push_back(cluster_.network().uplink(ProcessId(r)));
      sample.cpu_used.push_back(cluster_.host().cpu_used(ProcessId(r)));
      sample.waiting.push_back(cluster_.workload().waiting(ProcessId(r)));
      sample.syncing += cluster_.host().syncing(ProcessId(r)) ? 1 : 0;
    }
    sample.tallies = cluster_.host().tallies();
    for (RunObserver* observer : curious_) observer->sampled(sample);
  }

 private:
  Cluster& cluster_;
  Judge& judge_;
  Duration interval_;
  const RunOptions& options_;
  std::string limit_;
  std::vector<RunObserver*> curious_;
  bool interrupted_ = false;
  bool stopped_ = false;
};

/// Over real sockets: notices when this process was not scheduled. What it plans for a moment and
/// sees too late, everything else sees too late.
class Watch {
 public:
  Watch(Cluster& cluster, Judge& judge) : cluster_(cluster), judge_(judge) {}

  void plan_next() {
    const Time due = cluster_.network().now() + kEvery;
    cluster_.network().at(due, [this, due] {
      const Time now = cluster_.network().now();
      if (now - due >= kLate) judge_.not_scheduled(due, now);
      plan_next();
    });
  }

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds{20};
  static constexpr Duration kLate = std::chrono::milliseconds{50};

  Cluster& cluster_;
  Judge& judge_;
};

/// To the end, in the pieces that the driver asks for. False when it gave up.
bool drive(Cluster& cluster, const Sampler& sampler, Time end, RunDriver* driver) {
  for (Time now = kStart; now < end;) {
    const auto until = driver == nullptr ? end : driver->next(now);
    if (!until) return false;
    now = std::clamp(*until, now, end);
    cluster.run_until(now);
    if (sampler.stopped() || cluster.network().now() < now) break;
  }
  return true;
}

std::string network_text(const sc::Network& network) {
  const auto* random = std::get_if<sc::RandomOverlay>(&network.topology);
  return (random == nullptr ? std::string("full mesh")
                            : "random graph of degree " + std::to_string(random->degree)) +
         ", " + latency_text(network.latency);
}

/// In replicas of mean power.
std::uint64_t in_replicas(const Committee& committee, Power power) {
  return power * committee.n() / committee.total_power();
}

std::uint64_t quorum_of(const Committee& committee) {
  return in_replicas(committee, committee.quorum() + committee.total_power() / committee.n() - 1);
}

double byzantine_share(const Cluster& cluster) {
  const Committee& committee = cluster.committee();
  Power byzantine = 0;
  for (const ReplicaId r : cluster.byzantine()) byzantine += committee.power(r);
  return static_cast<double>(byzantine) / static_cast<double>(committee.total_power());
}

void describe(const Cluster& cluster, const sc::Scenario& scenario, const RunOptions& options,
              Report& report) {
  const Committee& committee = cluster.committee();
  const auto total = static_cast<double>(committee.total_power());
  report.name = scenario.name;
  report.file = scenario.file;
  report.seed = options.seed;
  report.transport = options.world == World::sim ? "sim" : "tcp";
  report.protocol = scenario.protocol.name;
  report.n = committee.n();
  report.f = in_replicas(committee, committee.fault_bound());
  report.quorum = quorum_of(committee);
  report.network = network_text(scenario.network);
  report.byzantine = cluster.byzantine();
  report.adversary_of_nobody =
      scenario.adversary.members &&
      sc::resolve(*scenario.adversary.members, sc::context_of(scenario)).empty();
  Power byzantine = 0;
  for (const ReplicaId r : report.byzantine) byzantine += committee.power(r);
  report.byzantine_share = byzantine_share(cluster);
  report.allowed_share = static_cast<double>(committee.fault_bound()) / total;
  report.beyond_bound = byzantine > committee.fault_bound();
  report.bound_text = std::to_string(report.byzantine.size()) +
                      " Byzantine of f = " + std::to_string(report.f) + " allowed";
}

void count_messages(Cluster& cluster, Report& report) {
  const NetworkCounters counters = cluster.counters();
  for (std::size_t k = 0; k < kKindLimit; ++k) {
    const MessageType* type = cluster.engine().messages[k];
    if (type == nullptr) continue;
    report.kinds.push_back({.name = std::string(type->name),
                            .sent = counters.kind[k].sent,
                            .bytes = counters.kind[k].sent_bytes,
                            .delivered = counters.kind[k].delivered});
  }
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    report.dropped.emplace_back(name_of(static_cast<DropReason>(i)), counters.dropped[i]);
  }
}

/// What a `become` did is what its behavior did, and the network's own faults are faults, too.
void count_deeds(const Cluster& cluster, const sc::Scenario& scenario, Report& report) {
  for (std::size_t i = 0; i < report.faults.size(); ++i) {
    if (!scenario.timeline[i].action.behavior) continue;
    const std::uint64_t deeds = cluster.deeds_of_entry(i);
    report.faults[i].effects.emplace_back("messages_altered", deeds);
    report.faults[i].had_effect = deeds > 0;
  }
  for (const auto& [key, packets] : cluster.timeline().base_effects()) {
    if (packets > 0) continue;
    report.idle.push_back({.what = "network." + key, .text = "`network." + key + "` never struck"});
  }
}

/// "66 ms after the violation"
std::string why_early(const Report& report, Time end) {
  for (const ExpectationResult& e : report.expectations) {
    if (e.status != Status::fail || !e.at) continue;
    return words::duration(end - *e.at) + " after the violation";
  }
  return "at the violation";
}

RunInfo info_of(const Cluster& cluster, const sc::Scenario& scenario, const RunOptions& options) {
  RunInfo info{.name = scenario.name,
               .protocol = scenario.protocol.name,
               .seed = options.seed,
               .n = cluster.committee().n(),
               .processes = static_cast<std::uint32_t>(cluster.replica_of().size()),
               .messages = &cluster.engine().messages,
               .fault_labels = {},
               .byzantine = cluster.byzantine(),
               .scenario = &scenario,
               .engine = &cluster.engine(),
               .sampling = series_interval(scenario, options),
               .regions = {},
               .replica_of = cluster.replica_of()};
  const Committee& committee = cluster.committee();
  info.f = in_replicas(committee, committee.fault_bound());
  info.quorum = quorum_of(committee);
  info.byzantine_share = byzantine_share(cluster);
  for (const auto& entry : scenario.timeline) info.fault_labels.push_back(entry.label);
  for (const auto& region : scenario.network.regions) {
    info.regions.insert(info.regions.end(), region.replicas, region.name);
  }
  return info;
}

}  // namespace

Report run(const sc::Scenario& described, const RunOptions& options,
           std::span<RunObserver* const> observers) {
  const auto attacked = with_audiences_cut(described, options.seed);
  const sc::Scenario& scenario = attacked ? *attacked : described;
  const auto wall = std::chrono::steady_clock::now();
  const double cpu = thread_cpu_seconds();
  Cluster cluster(scenario, options);
  const Duration interval = series_interval(scenario, options);
  Judge judge(Case{
      .scenario = &scenario,
      .engine = &cluster.engine(),
      .committee = &cluster.committee(),
      .crypto = &cluster.crypto(),
      .ledger = &cluster.ledger(),
      .requests = &cluster.requests(),
      .replica_of = cluster.replica_of(),
      .byzantine = cluster.byzantine(),
      .counters = [&cluster] { return cluster.counters(); },
      .uplink = [&cluster](ReplicaId r) { return cluster.network().uplink(ProcessId(r.value)); },
      .links = cluster.links(),
      .series_interval = interval,
      .one_of_many = options.one_of_many});
  cluster.listen(judge);
  const RunInfo info = info_of(cluster, scenario, options);
  for (RunObserver* observer : observers) {
    observer->begin(info);
    cluster.listen(*observer);
  }

  Sampler sampler(cluster, judge, interval, options, observers);
  if (options.max_events > 0) cluster.network().stop_after(options.max_events);
  sampler.plan_next();
  Watch watch(cluster, judge);
  if (options.world == World::tcp) watch.plan_next();
  cluster.start();
  const bool given_up = !drive(cluster, sampler, kStart + scenario.duration, options.driver);
  cluster.finish();

  Report report;
  const Time end = cluster.network().now();
  describe(cluster, scenario, options, report);
  count_messages(cluster, report);
  report.simulated = end - kStart;
  report.asked = scenario.duration;
  report.trace_hash = cluster.host().trace_hash();
  report.events = cluster.events();
  report.interrupted = sampler.interrupted() || given_up;
  if (options.max_events > 0 && report.events >= options.max_events &&
      end < kStart + scenario.duration)
    report.stopped = "after " + std::to_string(options.max_events) + " events, its limit";
  if (!sampler.limit().empty()) report.stopped = sampler.limit();
  if (cluster.network().stands_still()) {
    report.stopped =
        fmt::format("at {:g} s: time did not advance any more, event after event", seconds(end));
  }
  report.series_interval = interval;
  report.faults = cluster.timeline().results();
  report.behaviors = cluster.behaviors();
  count_deeds(cluster, scenario, report);
  judge.conclude(end, report.interrupted || !report.stopped.empty(), report);
  if (sampler.stopped() && !report.interrupted && report.stopped.empty())
    report.ended_early = why_early(report, end);
  sampler.show(end);
  report.cpu_seconds = thread_cpu_seconds() - cpu;
  report.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
  for (RunObserver* observer : observers) observer->end(end, report);
  return report;
}

std::string to_hex(std::uint64_t trace_hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[trace_hash >> shift & 15];
  return out;
}

std::string_view to_string(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::pass: return "pass";
    case RunVerdict::fail: return "fail";
    case RunVerdict::inconclusive: return "inconclusive";
  }
  return "";
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::pass: return "pass";
    case Status::fail: return "fail";
    case Status::undecided: return "undecided";
    case Status::vacuous: return "vacuous";
  }
  return "";
}

}  // namespace byzlab
