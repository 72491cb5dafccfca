// Streamlet by hand: the paper's rules one by one, as golden transcripts and as checks.
#include "consensus/streamlet/streamlet.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/support/engine_script.h"

namespace byzlab::streamlet {
namespace {

using namespace std::chrono_literals;

constexpr Duration kEpoch = 200ms;  // 2Δ with the default Δ

/// Four replicas that lead in turn: r0 leads epoch 1.
EngineScript four(EngineScript::Setup setup = {}) {
  return EngineScript(kInfo, setup, Options(kOptions).with("leader", "round_robin"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(streamlet)

BOOST_AUTO_TEST_CASE(three_consecutive_epochs_finalize_the_first_two) {
  EngineScript script = four();
  script.submit(3);
  script.start_all();
  script.run_until(kStart + 2 * kEpoch - 1ms);
  script.say("epochs 1 and 2 are notarized, and with genesis they are three in a row: block 1 is final");
  check_golden("tests/streamlet/golden/notarizes.txt", script.text());
  script.record(false);
  script.run_until(kStart + 10 * kEpoch - 1ms);
  for (std::uint32_t i = 0; i < 4; ++i) {
    BOOST_TEST(script.committed_height(ReplicaId(i)).value == 9u);
  }
  BOOST_TEST(script.agreement());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::streamlet
