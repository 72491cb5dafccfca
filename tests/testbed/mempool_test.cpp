// How full a mempool is: the count that metrics show is what a leader there could propose.
#include <boost/test/unit_test.hpp>
#include <limits>

#include "testbed/cluster.h"
#include "tests/support/actions.h"
#include "tests/support/trial.h"

using namespace byzlab;
using namespace byzlab::testing;
namespace sc = byzlab::scenario;

namespace {

/// Everything a proposal could hold here and now.
std::uint64_t proposable(Mempool& mempool) {
  return mempool
      .batch({.requests = std::numeric_limits<std::uint32_t>::max(),
              .bytes = std::numeric_limits<std::uint64_t>::max()},
             {})
      .size();
}

struct Seen {
  std::uint64_t most = 0;
  bool differed = false;  ///< two replicas had different numbers
};

Seen compare_all_along(const Trial& trial) {
  Cluster cluster(trial.scenario, trial.options);
  cluster.start();
  Seen seen;
  for (Time now = kStart; now < kStart + trial.scenario.duration; now += trial.tick() / 7) {
    cluster.run_until(now);
    cluster.workload().catch_up();
    for (std::uint32_t p = 0; p < cluster.host().size(); ++p) {
      const std::uint64_t count = cluster.workload().waiting(ProcessId(p));
      BOOST_TEST_REQUIRE(count == proposable(cluster.workload().mempool(ProcessId(p))));
      seen.most = std::max(seen.most, count);
      seen.differed = seen.differed || count != cluster.workload().waiting(ProcessId(0));
    }
  }
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mempool)

BOOST_AUTO_TEST_CASE(a_replica_that_was_down_has_what_the_others_committed_meanwhile) {
  for (const char* engine : {"pbft", "raft", "streamlet", "tendermint"}) {
    BOOST_TEST_CONTEXT(engine) {
      Trial trial(*find_engine(engine), 4, 30);
      trial.fault(5, 10, testing::crash(replica(3)));
      const Seen seen = compare_all_along(trial);
      BOOST_TEST(seen.most > 5);
      BOOST_TEST(seen.differed);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_reorganisation_takes_back_waits_again) {
  Trial trial(*find_engine("nakamoto"), 4, 60);
  trial.fault(5, 25, testing::partition({replicas(0, 1), replicas(2, 3)}));
  trial.option("confirmations", "1");
  BOOST_TEST(compare_all_along(trial).differed);
}

BOOST_AUTO_TEST_CASE(twins_have_a_mempool_each) {
  Trial trial(*find_engine("pbft"), 4, 30);
  trial.adversary({ReplicaId(0), ReplicaId(1)}, "equivocate");
  BOOST_TEST(compare_all_along(trial).most > 0);
}

BOOST_AUTO_TEST_SUITE_END()
