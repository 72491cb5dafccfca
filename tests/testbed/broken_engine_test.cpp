// A testbed that cannot catch a broken engine proves nothing: engines whose quorum is too small,
// under faults that the fault model allows. The verdict must be a violation INSIDE the bound.
#include <boost/test/unit_test.hpp>

#include "testbed/run.h"
#include "tests/support/trial.h"

namespace byzlab::testing {
namespace {

/// The engine of that name, believing that f+1 votes are a quorum.
EngineInfo with_too_small_quorum(std::string_view name) {
  EngineInfo broken = *find_engine(name);
  broken.quorum = [](Power total) { return byzantine_bound(total) + 1; };
  return broken;
}

const ExpectationResult& agreement_of(const Report& report) {
  for (const auto& e : report.expectations) {
    if (e.property == scenario::Property::agreement) return e;
  }
  BOOST_FAIL("agreement was not checked");
  return report.expectations.front();
}

Report run_with_one_twin(const EngineInfo& engine) {
  Trial t(engine, 4, 30);
  t.options.seed = 3;
  t.adversary({ReplicaId(0)}, "equivocate");
  return byzlab::run(t.scenario, t.options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(broken_engine)

BOOST_AUTO_TEST_CASE(a_quorum_too_small_is_caught_and_called_a_bug) {
  for (const auto* name : {"pbft", "streamlet"}) {
    BOOST_TEST_CONTEXT(name) {
      const EngineInfo broken = with_too_small_quorum(name);
      const Report report = run_with_one_twin(broken);
      BOOST_TEST((report.verdict == RunVerdict::fail));
      BOOST_TEST((agreement_of(report).status == Status::fail));
      BOOST_TEST((agreement_of(report).bound == Bound::inside));
      BOOST_TEST(!agreement_of(report).lines.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_sound_engine_holds_under_the_same_attack) {
  for (const auto* name : {"pbft", "streamlet"}) {
    BOOST_TEST_CONTEXT(name) {
      const Report report = run_with_one_twin(*find_engine(name));
      BOOST_TEST((agreement_of(report).status == Status::pass));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
