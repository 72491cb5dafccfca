// events.jsonl: what is kept of the stream of events.
#include <boost/test/unit_test.hpp>

#include "base/block.h"
#include "observe/event_log.h"
#include "tests/observe/sample_report.h"

using namespace byzlab;

namespace {

BlockRef block_at(std::uint64_t height, std::uint64_t nonce = 0) {
  BlockBody body;
  body.height = Height(height);
  body.view = View(height);
  body.nonce = nonce;
  return Block::make(std::move(body), HashScheme::modelled);
}

Committed commit(std::uint32_t replica, const BlockRef& block) {
  return {ProcessId(replica), ReplicaId(replica), block.get()};
}

EventLog started(std::vector<ReplicaId> byzantine = {}, std::size_t limit = 1000) {
  EventLog log(limit);
  RunInfo info;
  info.n = 4;
  info.fault_labels = {"split"};
  info.byzantine = std::move(byzantine);
  log.begin(info);
  return log;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_log)

BOOST_AUTO_TEST_CASE(the_first_commit_of_a_height_and_every_conflict) {
  auto log = started({ReplicaId(3)});
  const auto a = block_at(1), b = block_at(1, 99), lie = block_at(1, 5);
  log.on(at_ms(10), commit(0, a));
  log.on(at_ms(11), commit(1, a));
  log.on(at_ms(12), commit(3, lie));
  log.on(at_ms(1204), commit(2, b));
  BOOST_REQUIRE(log.lines().size() == 2u);
  BOOST_TEST(log.lines()[0].text.find(R"({"t":0.01,"event":"commit","height":1)") == 0u);
  BOOST_TEST(log.lines()[1].text.find(R"({"t":1.204,"event":"conflicting_commit")") == 0u);
  BOOST_TEST(log.lines()[1].text.find(R"("replica":"r2")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(views_rise_and_leaders_change) {
  auto log = started();
  log.on(at_ms(1), ViewEntered{ProcessId(0), ReplicaId(0), View(1), ReplicaId(1)});
  log.on(at_ms(2), ViewEntered{ProcessId(1), ReplicaId(1), View(1), ReplicaId(1)});
  log.on(at_ms(3), ViewEntered{ProcessId(1), ReplicaId(1), View(5), ReplicaId(1)});
  const auto text = log.text();
  BOOST_TEST(text ==
             "{\"t\":0.001,\"event\":\"view\",\"view\":1,\"leader\":\"r1\",\"replica\":\"r0\"}\n"
             "{\"t\":0.001,\"event\":\"leader\",\"leader\":\"r1\",\"view\":1}\n"
             "{\"t\":0.003,\"event\":\"view\",\"view\":5,\"leader\":\"r1\",\"replica\":\"r1\"}\n");
}

BOOST_AUTO_TEST_CASE(faults_have_their_labels) {
  auto log = started();
  log.on(at_ms(10'000), FaultChanged{0, 0, true, nullptr});
  log.on(at_ms(30'000), FaultChanged{0, 0, false, nullptr});
  BOOST_TEST(log.text() ==
             "{\"t\":10,\"event\":\"fault\",\"label\":\"split\",\"round\":0}\n"
             "{\"t\":30,\"event\":\"heal\",\"label\":\"split\",\"round\":0}\n");
}

BOOST_AUTO_TEST_CASE(violations_stand_at_their_moment) {
  auto log = started();
  log.on(at_ms(3000), commit(0, block_at(1)));
  log.on(at_ms(4000), commit(0, block_at(2)));
  log.end(at_ms(5000), failing_report());
  BOOST_REQUIRE(log.lines().size() == 3u);
  BOOST_TEST(log.lines()[1].text == R"({"t":3.412,"event":"violation","text":"agreement"})");
}

BOOST_AUTO_TEST_CASE(it_has_a_bound_and_says_so) {
  auto log = started({}, 10);
  for (std::uint64_t h = 1; h <= 25; ++h) log.on(at_ms(1), commit(0, block_at(h)));
  log.end(at_ms(2), passing_report());
  BOOST_REQUIRE(log.lines().size() == 11u);
  BOOST_TEST(log.lines().back().text == R"({"t":0.002,"event":"truncated","lines_dropped":15})");
}

BOOST_AUTO_TEST_SUITE_END()
