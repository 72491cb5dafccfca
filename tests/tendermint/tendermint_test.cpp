// Tendermint by hand: Algorithm 1 rule by rule, as golden transcripts and as checks.
#include "consensus/tendermint/tendermint.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/engine_script.h"
#include "tests/support/round_trip.h"

namespace byzlab::tendermint {
namespace {

using namespace std::chrono_literals;

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

}  // namespace

BOOST_AUTO_TEST_SUITE(tendermint)

BOOST_AUTO_TEST_CASE(good_case) {
  EngineScript script(kInfo, {.n = 4});
  script.submit(3);
  script.start_all();
  script.run_for(30ms);
  script.say("three message delays: everybody has decided height 1");
  check_golden("tests/tendermint/golden/good_case.txt", script.text());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
}

BOOST_AUTO_TEST_CASE(a_decision_costs_n_minus_1_times_2n_plus_1_messages_and_three_delays) {
  testing::check_messages_and_delays(kInfo);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::tendermint
