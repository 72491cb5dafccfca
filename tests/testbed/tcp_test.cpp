// The other world: the same host, engines, injector and ledger over real sockets on loopback.
//
// Nothing here times a speed; what is asked is that the same scenario holds with Ed25519 and real
// time.
#include <boost/test/unit_test.hpp>

#include "tests/support/actions.h"
#include "tests/support/trial.h"

namespace byzlab::testing {
namespace {

namespace sc = scenario;
using namespace std::chrono_literals;

Trial over_tcp(std::string_view engine) {
  Trial t(*find_engine(engine), 4, 4);
  t.options.world = World::tcp;
  t.options.seed = 5;
  t.scenario.network.latency = sc::ConstantLatency{2ms};
  return t;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tcp)

BOOST_AUTO_TEST_CASE(streamlet_commits_under_loss) {
  Trial t = over_tcp("streamlet");
  t.fault(0, 4, testing::on_links("drop", all_links(), {{"probability", "0.05"}}));
  const Outcome o = run(t);
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.lowest.value >= 2u);
  BOOST_TEST(o.requests > 0u);
  BOOST_TEST(o.counters.dropped[static_cast<std::size_t>(DropReason::loss)] > 0u);
}

BOOST_AUTO_TEST_CASE(pbft_stops_under_a_partition_and_goes_on_after_it) {
  Trial t = over_tcp("pbft");
  t.scenario.duration = t.ticks(7);
  t.fault(1, 2, testing::partition({replicas(0, 1), replicas(2, 3)}));
  const Outcome o = run(t, t.ticks(3));
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.at_probe.value > 0u);
  BOOST_TEST(o.highest.value > o.at_probe.value);
  BOOST_TEST(o.lowest.value > o.at_probe.value);
  BOOST_TEST(o.counters.dropped[static_cast<std::size_t>(DropReason::partition)] > 0u);
}

BOOST_AUTO_TEST_CASE(damaged_frames_are_refused) {
  Trial t = over_tcp("pbft");
  t.fault(0, 4, testing::on_links("corrupt", all_links(), {{"probability", "0.1"}}));
  const Outcome o = run(t);
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.lowest.value > 0u);
  const auto& dropped = o.counters.dropped;
  BOOST_TEST(dropped[static_cast<std::size_t>(DropReason::malformed)] +
                 dropped[static_cast<std::size_t>(DropReason::unauthentic)] >
             0u);
}

BOOST_AUTO_TEST_CASE(a_crashed_replica_comes_back) {
  Trial t = over_tcp("pbft");
  t.scenario.duration = t.ticks(6);
  t.fault(1, 2, testing::crash(replica(3)));
  const Outcome o = run(t, t.ticks(3));
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.lowest.value > o.at_probe.value);
}

BOOST_AUTO_TEST_CASE(an_overlay_that_is_not_full_is_refused) {
  Trial t = over_tcp("streamlet");
  t.scenario.network.topology = sc::RandomOverlay{2};
  BOOST_CHECK_THROW(run(t), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
