// Options that some replicas have otherwise.
#include <boost/test/unit_test.hpp>

#include <string>

#include "testbed/run.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {
namespace {

namespace sc = scenario;

sc::LoadResult load(const std::string& own, const std::string& protocol = "pbft") {
  return sc::load_text(
      "version: 1\nname: own\nduration: 6s\nseed: 1\nprotocol:\n  name: " + protocol +
          "\n  replicas: 4\n  options_of:\n" + own + "network: { latency: 10ms }\n",
      "own.yaml", catalogue());
}

std::string codes(const sc::LoadResult& result) {
  std::string text;
  for (const auto& d : result.diagnostics) {
    text += (text.empty() ? "" : " ") + d.code + ":" + std::to_string(d.at.line) + ":" +
            std::to_string(d.at.column);
  }
  return text;
}

BOOST_AUTO_TEST_SUITE(own_options)

BOOST_AUTO_TEST_CASE(a_replica_has_its_own_and_the_last_line_counts) {
  const auto loaded = load(
      "    \"r1..r3\": { view_timeout: 2s, batch_size: 7 }\n"
      "    r3: { view_timeout: 3s }\n");
  BOOST_TEST_REQUIRE(loaded.scenario.has_value(), codes(loaded));
  const auto of = [&](std::uint32_t r) {
    return sc::options_of(loaded.scenario->protocol, ReplicaId(r),
                          sc::context_of(*loaded.scenario));
  };
  BOOST_TEST(of(0).text("view_timeout") == "500ms");
  BOOST_TEST(of(0).text("batch_size") == "100");
  BOOST_TEST(of(1).text("view_timeout") == "2s");
  BOOST_TEST(of(3).text("view_timeout") == "3s");
  BOOST_TEST(of(3).text("batch_size") == "7");
}

BOOST_AUTO_TEST_CASE(the_engine_of_that_replica_runs_with_them) {
  const auto hash = [](const std::string& own) {
    const auto loaded = load(own);
    BOOST_TEST_REQUIRE(loaded.scenario.has_value(), codes(loaded));
    return run(*loaded.scenario, RunOptions{.seed = 1}, {}).trace_hash;
  };
  // r0 proposes, so its batches are what counts.
  const auto usual = hash("    r1: { batch_size: 1 }\n");
  BOOST_TEST(hash("    r0: { batch_size: 1 }\n") != usual);
  BOOST_TEST(hash("    r2: { batch_size: 1 }\n") == usual);
}

BOOST_AUTO_TEST_CASE(a_lock_keeps_them) {
  const auto loaded = load("    r3: { view_timeout: 2s }\n");
  BOOST_TEST_REQUIRE(loaded.scenario.has_value(), codes(loaded));
  const std::string lock = sc::lock_text(*loaded.scenario);
  BOOST_TEST(lock.find("  options_of:\n    \"r3\": { view_timeout: 2s }\n") != std::string::npos,
             lock);
  const auto again = sc::load_text(lock, "lock", catalogue());
  BOOST_TEST_REQUIRE(again.scenario.has_value(), codes(again));
  BOOST_TEST(bool(again.scenario->protocol == loaded.scenario->protocol));
}

BOOST_AUTO_TEST_CASE(mistakes_are_found_where_they_stand) {
  BOOST_TEST(codes(load("    r3: { view_timeot: 2s }\n")) == "E101:9:11");
  BOOST_TEST(codes(load("    r3: { view_timeout: 2 }\n")) == "E110:9:25");
  BOOST_TEST(codes(load("    r4: { view_timeout: 2s }\n")) == "E131:9:5");
  BOOST_TEST(codes(load("    role:leader: { view_timeout: 2s }\n")) == "E136:9:5");
  BOOST_TEST(codes(load("    r3: { checkpoint_interval: 64 }\n")) == "E165:9:11");
  BOOST_TEST(codes(load("    r3: { block_interval: 5s }\n", "nakamoto")) == "E165:9:11");
  BOOST_TEST(codes(load("    r3: 2s\n")) == "E106:9:9");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace byzlab
