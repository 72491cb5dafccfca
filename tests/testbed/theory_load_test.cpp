// What drives a run, against theory and with fixed seeds: arrivals of requests, blocks of miners,
// the queue of a virtual CPU.
#include <boost/test/unit_test.hpp>

#include "consensus/protocol.h"
#include "tests/faults/toy.h"
#include "tests/network/wire.h"
#include "tests/support/trial.h"

namespace byzlab::testing {
namespace {

using namespace std::chrono_literals;
namespace sc = scenario;

/// When requests are submitted and blocks are found.
class Times final : public RunObserver {
 public:
  Interest interest() const override { return Interest::in<RequestSubmitted, Noted>(); }
  void on(Time now, const Event& event) override {
    if (std::holds_alternative<RequestSubmitted>(event)) submitted.push_back(now);
    const auto* noted = std::get_if<Noted>(&event);
    if (noted != nullptr && noted->milestone == Milestone::proposed) proposed.push_back(now);
  }
  std::vector<Time> submitted, proposed;
};

Times times_of(const Trial& trial) {
  Times times;
  RunObserver* observers[] = {&times};
  byzlab::run(trial.scenario, trial.options, observers);
  return times;
}

Times arrivals(double rate, Duration length, sc::Arrivals arrivals) {
  Trial trial(*find_engine("pbft"), 4, 1);
  trial.scenario.duration = length;
  trial.scenario.workload.rate = rate;
  trial.scenario.workload.arrivals = arrivals;
  return times_of(trial);
}

std::vector<double> gaps(const std::vector<Time>& times) {
  std::vector<double> result;
  for (std::size_t i = 1; i < times.size(); ++i) result.push_back(seconds(times[i] - times[i - 1]));
  return result;
}

/// Hears messages, and when their service begins.
struct Listener final : Engine {
  explicit Listener(std::vector<Time>& heard) : heard(heard) {}
  void start(Context&) override {}
  void on_message(Context& ctx, ReplicaId, const Message&) override { heard.push_back(ctx.now()); }
  void on_timer(Context&, Timer) override {}
  std::vector<Time>& heard;
};
class NoRequests final : public Mempool {
 public:
  bool pending() override { return false; }
  std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override { return {}; }
};
class NoCommits final : public CommitSink {
 public:
  void committed(ProcessId, const Block&) override {}
};

/// Mean wait, in services of a millisecond, of Poisson messages that keep a CPU busy with `load`.
double mean_wait_for_cpu(double load, std::size_t messages) {
  const Committee committee(2);
  const Crypto crypto(Crypto::Scheme::modelled, 1, 2);
  MessageStore store(toy::kToyMessages);
  FaultInjector injector(toy::kToyMessages, 1);
  SimNetwork<TimingWheel> network(
      SimNetworkParts{.store = &store,
                      .injector = &injector,
                      .latency = LatencyModel(DelayDistribution::constant(10ms)),
                      .overlay = Overlay::full(2),
                      .uplinks = Uplinks(2, std::nullopt),
                      .seed = 1});
  EventStream events;
  NoRequests none;
  NoCommits commits;
  std::vector<Time> heard;
  ReplicaHost host({.committee = &committee,
                    .crypto = &crypto,
                    .store = &store,
                    .network = &network,
                    .events = &events,
                    .commits = &commits,
                    .replica_of = {ReplicaId(0), ReplicaId(1)},
                    .make_engine = [&](ProcessId) { return std::make_unique<Listener>(heard); },
                    .mempool = [&](ProcessId) -> Mempool& { return none; },
                    .costs = {.verify = 1ms},
                    .seed = 1});
  host.start();
  Rng rng(23);
  Time at = kStart;
  std::vector<Time> arrival;
  for (std::size_t i = 0; i < messages; ++i) {
    at += rng.exponential(Duration{static_cast<std::int64_t>(1e6 / load)});
    arrival.push_back(at + 10ms);
    network.at(at, [&, i] {
      Message* m = store.make(ReplicaId(0), toy::Ping{.view = View(1), .number = i});
      store.hold(m);
      crypto.sign(store, *m);
      network.send(ProcessId(0), ProcessId(1), *m, network.now());
      store.release(m);
    });
  }
  network.run_until(at + 1h, host);
  BOOST_REQUIRE(heard.size() == messages);
  double sum = 0;
  for (std::size_t i = 0; i < messages; ++i) {
    sum += static_cast<double>((heard[i] - arrival[i]).count());
  }
  BOOST_TEST((host.cpu_used(ProcessId(1)) == 1ms * static_cast<std::int64_t>(messages)));
  return sum / 1e6 / static_cast<double>(messages);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(theory_load)

BOOST_AUTO_TEST_CASE(poisson_arrivals_are_poisson) {
  const auto times = arrivals(2000, 10s, sc::Arrivals::poisson).submitted;
  const auto n = static_cast<double>(times.size());
  BOOST_TEST(std::abs(n - 20'000) < 4 * std::sqrt(20'000));
  const auto between = gaps(times);
  BOOST_TEST(ks_distance(between, [](double s) { return 1 - std::exp(-2000 * s); }) <
             ks_bound(between.size()));
  // Counts of 100 ms have a variance that is their mean: 200.
  std::vector<double> counts(100);
  for (const Time t : times) ++counts[static_cast<std::size_t>(nanoseconds(t) / 100'000'001)];
  double variance = 0;
  for (const double c : counts) variance += (c - 200) * (c - 200) / 100;
  BOOST_TEST(std::abs(variance / 200 - 1) < 4 * std::sqrt(2.0 / 100));
}

BOOST_AUTO_TEST_CASE(constant_arrivals_are_one_a_gap) {
  const auto times = arrivals(250, 2s, sc::Arrivals::constant).submitted;
  BOOST_REQUIRE(times.size() == 500u);
  for (std::size_t i = 0; i < times.size(); ++i) {
    BOOST_TEST((times[i] == kStart + static_cast<std::int64_t>(i + 1) * 4ms));
  }
}

BOOST_AUTO_TEST_CASE(millions_of_requests_a_second_come_at_their_rate) {
  // Gaps of 142.857 ns: counted in whole nanoseconds they would come 0.6 % too fast.
  const auto even = arrivals(7e6, 10ms, sc::Arrivals::constant).submitted;
  BOOST_TEST(std::abs(static_cast<double>(even.size()) - 70'000) <= 1);
  const auto drawn = arrivals(7e6, 30ms, sc::Arrivals::poisson).submitted;
  BOOST_TEST(std::abs(static_cast<double>(drawn.size()) - 210'000) < 2 * std::sqrt(210'000));
}

BOOST_AUTO_TEST_CASE(blocks_of_all_miners_are_a_poisson_process) {
  Trial trial(*find_engine("nakamoto"), 20, 3000);
  trial.scenario.workload.rate = 1e-5;
  const auto times = times_of(trial).proposed;
  BOOST_TEST(std::abs(static_cast<double>(times.size()) - 3000) < 4 * std::sqrt(3000));
  const auto between = gaps(times);
  BOOST_TEST(ks_distance(between, [](double s) { return 1 - std::exp(-s / 600); }) <
             ks_bound(between.size()));
}

BOOST_AUTO_TEST_CASE(many_miners_of_rare_blocks_mine_no_faster) {
  // Each takes 4000 days a block, in the mean; a hundred days have a hundred blocks.
  Trial trial(*find_engine("nakamoto"), 4000, 1);
  trial.option("block_interval", "1d");
  trial.scenario.duration = 24h * 100;
  trial.scenario.network.topology = sc::RandomOverlay{.degree = 4};
  trial.scenario.network.latency = sc::ConstantLatency{100ms};
  trial.scenario.workload.rate = 1e-5;
  const auto found = static_cast<double>(times_of(trial).proposed.size());
  BOOST_TEST(std::abs(found - 100) < 4 * std::sqrt(100));
}

BOOST_AUTO_TEST_CASE(poisson_messages_wait_for_a_cpu_as_in_an_m_d_1_queue) {
  for (const double load : {0.3, 0.7}) {
    BOOST_TEST(mean_wait_for_cpu(load, 60'000) == load / (2 * (1 - load)),
               boost::test_tools::tolerance(0.05));
  }
}

BOOST_AUTO_TEST_CASE(a_run_whose_time_stands_still_says_so) {
  // A reply takes no time and brings the next request.
  Trial trial(*find_engine("pbft"), 4, 10);
  trial.scenario.network.latency = sc::ConstantLatency{0ms};
  trial.scenario.workload.mode = sc::LoopMode::closed;
  const Report report = byzlab::run(trial.scenario, trial.options);
  BOOST_TEST(report.stopped.find("time did not advance") != std::string::npos);
  BOOST_TEST((report.verdict == RunVerdict::inconclusive));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
