// Figures over parts of a run, against figures worked out by hand.
#include <boost/test/unit_test.hpp>

#include "testbed/measurements.h"
#include "testbed/metric_catalogue.h"
#include "tests/testbed/staged_run.h"

using namespace byzlab;
using staged::at;

namespace {

const Selection kAll = Selection::in({{.from = kStart, .to = at(100)}});

}  // namespace

BOOST_AUTO_TEST_SUITE(measurements)

BOOST_AUTO_TEST_CASE(statistics_of_one_to_hundred) {
  const RequestTable requests;
  Measurements m(requests, Duration{0});
  for (int i = 100; i >= 1; --i) m.add(Series::reorg_depth, at(50), i);
  const auto figure = [&](const char* statistic) {
    return m.measure("reorg_depth", {}, statistic, kAll).value.value();
  };
  BOOST_TEST(figure("count") == 100);
  BOOST_TEST(figure("mean") == 50.5);
  BOOST_TEST(figure("min") == 1);
  BOOST_TEST(figure("max") == 100);
  BOOST_TEST(figure("last") == 1);
  BOOST_TEST(figure("p50") == 50);
  BOOST_TEST(figure("p90") == 90);
  BOOST_TEST(figure("p95") == 95);
  BOOST_TEST(figure("p99") == 99);
  BOOST_TEST(figure("p999") == 100);
}

BOOST_AUTO_TEST_CASE(a_latency_belongs_to_the_fault_it_lived_through) {
  const RequestTable requests;
  Measurements m(requests, Duration{0});
  m.add(Series::commit_latency, at(9.9), 0.5);   // before
  m.add(Series::commit_latency, at(10.1), 0.5);  // begun before the fault
  m.add(Series::commit_latency, at(20.4), 0.5);  // ended after it
  m.add(Series::commit_latency, at(30), 15);     // lived through it
  m.add(Series::commit_latency, at(21), 0.5);    // after
  const Spans fault{{.from = at(10), .to = at(20)}};
  const auto outside = Selection::outside({.from = kStart, .to = at(100)}, fault);
  BOOST_TEST(*m.measure("commit_latency", {}, "count", outside).value == 2);
  BOOST_TEST(*m.measure("commit_latency", {}, "count", Selection::during(fault)).value == 3);
}

BOOST_AUTO_TEST_CASE(throughput_and_cost_per_commit) {
  const RequestTable requests;
  Measurements m(requests, Duration{0});
  NetworkCounters counters;
  for (int s = 0; s <= 10; ++s) {
    counters.kind[1].sent = static_cast<std::uint64_t>(s) * 60;
    counters.kind[1].sent_bytes = static_cast<std::uint64_t>(s) * 6000;
    counters.dropped[static_cast<std::size_t>(DropReason::loss)] = static_cast<std::uint64_t>(s);
    m.network(at(s), counters);
    if (s < 10) m.commit(at(s + 0.5), s < 5 ? 10 : 20, s < 5 ? 10 : 15);
  }
  const auto first = Selection::in({{.from = at(0), .to = at(5)}});
  const auto both = Selection::in({{.from = at(1), .to = at(2)}, {.from = at(8), .to = at(10)}});
  BOOST_TEST(*m.measure("throughput", {}, "mean", first).value == 10);
  BOOST_TEST(*m.measure("throughput", {}, "mean", both).value == 50.0 / 3);
  BOOST_TEST(*m.measure("throughput", {}, "max", kAll).value == 20);
  BOOST_TEST(*m.measure("goodput", {}, "mean", both).value == 40.0 / 3);
  BOOST_TEST(*m.measure("messages_per_commit", {}, "mean", first).value == 60);
  BOOST_TEST(*m.measure("bytes_per_commit", {}, "mean", both).value == 6000);
  BOOST_TEST(*m.measure("messages", {}, "rate", first).value == 60);
  BOOST_TEST(*m.measure("dropped_messages", {{"reason", "loss"}}, "count", kAll).value == 10);
  BOOST_TEST(*m.measure("dropped_messages", {{"reason", "partition"}}, "count", kAll).value == 0);
  BOOST_TEST(!m.measure("dropped_messages", {{"reason", "boredom"}}, "count", kAll).value);
  BOOST_TEST(!m.measure("throughput", {{"client", "c0"}}, "mean", kAll).value);
}

/// Readings at faults and marks lie close to a regular one: a block between the two is no rate.
BOOST_AUTO_TEST_CASE(the_highest_throughput_is_of_regular_steps_only) {
  const RequestTable requests;
  Measurements plain(requests, Duration{0}), marked(requests, Duration{0});
  for (int s = 0; s <= 10; ++s) {
    for (Measurements* m : {&plain, &marked}) {
      m->network(at(s), {});
      if (s < 10) m->commit(at(s + 0.5), 10, 10);
    }
    if (s == 10) break;
    marked.network(at(s + 0.499), {}, false);
    marked.network(at(s + 0.501), {}, false);
  }
  for (const auto& window : {kAll, Selection::in({{.from = at(2.499), .to = at(7.501)}})}) {
    BOOST_TEST(*plain.measure("throughput", {}, "max", window).value == 10);
    BOOST_TEST(*marked.measure("throughput", {}, "max", window).value == 10);
    BOOST_TEST(*marked.measure("throughput", {}, "min", window).value == 10);
  }
}

BOOST_AUTO_TEST_CASE(carried_is_of_the_requests_submitted_in_the_window) {
  RequestTable requests;
  for (std::uint64_t i = 0; i < 10; ++i)
    requests.add(Request{.id = RequestId(i), .client = ClientId(0)}, at(static_cast<double>(i)));
  // Those of the first five seconds are committed late, of the others only one.
  const Measurements m(requests, std::chrono::seconds{5}, [](RequestId id) {
    return id.value < 5 ? at(9) : id.value == 7 ? at(9.5) : kNever;
  });
  BOOST_TEST(*m.measure("carried", {}, "mean", kAll).value == 0.6);
  const auto after = Selection::in({m.measured_until(at(10))});
  BOOST_TEST(*m.measure("carried", {}, "mean", after).value == 0.2);
  BOOST_TEST(m.measure("carried", {}, "mean", after).samples == 5u);
  BOOST_TEST(
      m.measure("carried", {}, "mean", Selection::in({{.from = at(9.1), .to = at(9.9)}})).why_not ==
      "no requests were submitted");
}

BOOST_AUTO_TEST_CASE(client_latency_by_client) {
  const RequestTable requests;
  Measurements m(requests, Duration{0});
  m.client_latency(at(1), std::chrono::milliseconds{100}, ClientId(0));
  m.client_latency(at(2), std::chrono::milliseconds{300}, ClientId(1));
  BOOST_TEST(*m.measure("client_latency", {{"client", "c1"}}, "max", kAll).value == 0.3,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(*m.measure("client_latency", {{"client", "c0"}}, "max", kAll).value == 0.1,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(!m.measure("client_latency", {{"client", "c2"}}, "max", kAll).value);
}

BOOST_AUTO_TEST_CASE(every_metric_of_the_catalogue_can_be_measured) {
  const RequestTable requests;
  const Measurements m(requests, Duration{0});
  for (const auto& metric : metric_entries()) {
    const auto figure = m.measure(metric.name, {}, "mean", kAll);
    BOOST_TEST(figure.why_not.find("no metric") == std::string::npos, metric.name);
  }
  BOOST_TEST(m.measure("nonsense", {}, "mean", kAll).why_not == "no metric `nonsense`");
}

BOOST_AUTO_TEST_CASE(spans_against_a_naive_model) {
  Rng rng(7);
  const auto t = [](std::uint64_t i) { return kStart + Duration{static_cast<std::int64_t>(i)}; };
  for (int round = 0; round < 200; ++round) {
    Spans raw;
    std::array<bool, 64> covered{};
    for (int i = 0; i < 5; ++i) {
      const std::uint64_t from = rng.below(60), to = from + rng.below(8);
      raw.push_back({.from = t(from), .to = t(to)});
      for (std::uint64_t k = from; k < std::min<std::uint64_t>(to, 64); ++k) covered[k] = true;
    }
    const Spans spans = merged(raw);
    const Spans rest = without({.from = t(0), .to = t(64)}, spans);
    for (std::uint64_t k = 0; k < 64; ++k) {
      BOOST_REQUIRE(contains(spans, t(k)) == covered[k]);
      BOOST_REQUIRE(contains(rest, t(k)) != covered[k]);
      const std::uint64_t end = std::min<std::uint64_t>(63, k + 3);
      const bool any =
          std::any_of(covered.begin() + static_cast<int>(k),
                      covered.begin() + static_cast<int>(end) + 1, [](bool b) { return b; });
      BOOST_REQUIRE(touches(spans, t(k), t(end)) == any);
    }
    BOOST_REQUIRE(common(spans, rest).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
