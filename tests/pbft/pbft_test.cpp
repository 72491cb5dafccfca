// PBFT by hand: the paper's rules one by one, as golden transcripts and as checks.
#include "consensus/pbft/pbft.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/support/engine_script.h"

namespace byzlab::pbft {
namespace {

using namespace std::chrono_literals;

/// The replica messages of a script by type: copies to others, as the paper counts them.
struct Counted {
  EngineScript& script;
  std::map<std::string, std::uint64_t> by_type;
  std::uint64_t total = 0;
  Duration latency = 10ms;

  explicit Counted(EngineScript& s) : script(s) {
    script.link = [this](ReplicaId, ReplicaId, const Message& m) {
      ++total;
      ++by_type[std::string(script.store().type(m.kind()).name)];
      return latency;
    };
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(pbft)

BOOST_AUTO_TEST_CASE(good_case) {
  EngineScript script(kInfo, {.n = 4});
  script.start_all();
  script.submit(1);
  script.run_for(100ms);
  check_golden("tests/pbft/golden/good_case.txt", script.text());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(ReplicaId(i)).value == 1u);
}

BOOST_AUTO_TEST_CASE(a_decision_costs_2n_n_minus_1_messages_and_three_delays) {
  for (const std::uint32_t n : {1u, 4u, 7u, 10u, 16u}) {
    EngineScript script(kInfo, {.n = n});
    Counted counted(script);
    script.record(false);
    script.start_all();
    script.submit(1);
    script.run_for(30ms - 1ns);
    BOOST_TEST(script.committed_height(ReplicaId(0)).value == (n == 1 ? 1u : 0u));
    script.run_for(1ns);
    for (std::uint32_t i = 0; i < n; ++i) {
      BOOST_TEST(script.committed_height(ReplicaId(i)).value == 1u);
    }
    script.run_for(10s);
    BOOST_TEST(counted.total == 2 * n * (n - 1));
  }
}

BOOST_AUTO_TEST_CASE(several_batches_are_in_flight_and_execute_in_order) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("batch_size", "2"));
  Counted counted(script);
  script.record(false);
  script.start_all();
  script.submit(20);
  script.run_for(30ms);
  BOOST_TEST(script.commits(ReplicaId(2)).size() == 8u);  // pipeline
  script.run_for(30ms);
  BOOST_TEST(script.commits(ReplicaId(2)).size() == 10u);
  BOOST_TEST(counted.total == 10 * 2 * 4 * 3u);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto& commits = script.commits(ReplicaId(i));
    std::uint64_t request = 0;
    for (std::size_t k = 0; k < commits.size(); ++k) {
      BOOST_TEST(commits[k]->height.value == k + 1);
      for (const Request& r : commits[k]->requests) BOOST_TEST(r.id.value == request++);
    }
    BOOST_TEST(request == 20u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::pbft
