// Histograms in documents: what a run reports, written, read again and merged.
#include "observe/histogram_json.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "observe/json_document.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"

using namespace byzlab;

namespace {

Report small_run() {
  const auto loaded = scenario::load_text(R"(
version: 1
name: small
duration: 10s
protocol: { name: pbft, replicas: 4 }
network: { latency: { model: normal, mean: 20ms, stddev: 4ms, min: 1ms } }
workload: { clients: 2, rate: 40 tx/s, warmup: 5s }
)",
                                          "small.yaml", catalogue());
  BOOST_REQUIRE(loaded.scenario);
  return run(*loaded.scenario, RunOptions{.seed = 1});
}

double metric(const Report& report, std::string_view name) {
  for (const Metric& m : report.metrics) {
    if (m.name == name) return m.value;
  }
  BOOST_FAIL("no metric " << name);
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(histogram_documents)

BOOST_AUTO_TEST_CASE(a_run_has_the_samples_that_its_figures_are_of) {
  const Report report = small_run();
  BOOST_REQUIRE_EQUAL(report.histograms.size(), 3u);
  for (const Histogram& h : report.histograms) {
    if (h.name == "block_interval") continue;
    BOOST_TEST(static_cast<double>(h.samples.count()) == metric(report, h.name + ".count"));
    for (const auto& [share, statistic] : {std::pair{0.5, ".p50"}, {0.99, ".p99"}}) {
      const double exact = metric(report, h.name + statistic);
      BOOST_TEST(std::abs(*h.samples.quantile(share) - exact) <= 0.0101 * exact);
    }
  }
  // 5 s at 40 a second: the warm-up is not in it.
  BOOST_TEST(report.histograms[1].samples.count() < 260u);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  for (const Histogram& h : small_run().histograms) {
    const auto text = pretty(histogram_json(h.samples));
    const auto again = histogram_of(boost::json::parse(text));
    BOOST_REQUIRE(again);
    BOOST_TEST((*again == h.samples));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_histogram_is_none) {
  const std::string good = compact(histogram_json(small_run().histograms.front().samples));
  BOOST_REQUIRE(histogram_of(boost::json::parse(good)));
  const auto with = [&](std::string_view what, std::string_view instead) {
    std::string text = good;
    text.replace(text.find(what), what.size(), instead);
    return histogram_of(boost::json::parse(text));
  };
  BOOST_TEST(!with("\"gamma\":1.02", "\"gamma\":1.03"));
  BOOST_TEST(!with("\"buckets\":[", "\"buckets\":[[9999999,1],"));
  BOOST_TEST(!with("\"buckets\":[", "\"buckets\":[[1],"));
  BOOST_TEST(!with("\"buckets\":[", "\"buckets\":[[1,-1],"));
  BOOST_TEST(!with("\"zero\":0", "\"zero\":\"x\""));
  BOOST_TEST(!histogram_of(boost::json::parse("[1, 2]")));
}

BOOST_AUTO_TEST_SUITE_END()
