// Metrics of runs: complete from the start, equal to the report, sorted, bounded.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "observe/metrics_collector.h"
#include "observe/metrics_exposer.h"
#include "observe/metrics_lint.h"
#include "observe/openmetrics.h"
#include "testbed/scenario/load.h"
#include "tests/support/actions.h"
#include "tests/support/source_dir.h"
#include "tests/support/trial.h"

using namespace byzlab;
using namespace byzlab::testing;
namespace sc = byzlab::scenario;

namespace {

using Samples = std::map<std::string, double>;

/// "name{labels}" without `run` and `protocol`, to its value; of a text without timestamps.
Samples samples_of(const std::string& text) {
  Samples samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.rfind(' ');
    auto name = line.substr(0, space);
    const auto labels = name.find('{');
    const auto protocol = name.find("protocol=\"");
    const auto end = name.find('"', protocol + 10) + 1;
    name.erase(labels + 1, end + (name[end] == ',' ? 1 : 0) - labels - 1);
    BOOST_TEST(!samples.contains(name), name << " twice");
    samples[name] = std::strtod(line.c_str() + space + 1, nullptr);
  }
  return samples;
}

Trial split(std::uint32_t n = 4) {
  Trial trial(*find_engine("pbft"), n, 8);
  trial.fault(2, 3, testing::partition({replicas(0, n / 2 - 1), replicas(n / 2, n - 1)}));
  trial.scenario.network.bandwidth = 10'000'000;
  sc::Expectation agreement;
  trial.scenario.timeline[0].label = "split";
  trial.scenario.expectations.push_back(agreement);
  return trial;
}

struct Watched {
  explicit Watched(const Trial& trial, MetricsOptions options = {.run = "test/s1"})
      : metrics(std::move(options)) {
    RunObserver* observers[] = {&metrics};
    report = byzlab::run(trial.scenario, trial.options, observers);
  }
  MetricsCollector metrics;
  Report report;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(the_reference_page_is_generated) {
  const std::string path = source_dir().string() + "/docs/metrics-reference.md";
  if (std::getenv("BYZLAB_UPDATE_GOLDENS") != nullptr) std::ofstream(path) << metrics_reference();
  std::ifstream in(path);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  BOOST_TEST(page == metrics_reference());
}

BOOST_AUTO_TEST_CASE(names_follow_the_conventions) {
  for (const auto& m : prometheus_metrics()) {
    const bool counts = m.type == PrometheusType::counter;
    if (m.exposed != Exposed::compat) BOOST_TEST(counts == m.name.ends_with("_total"), m.name);
    BOOST_TEST((m.buckets != Buckets::none) == (m.type == PrometheusType::histogram), m.name);
    for (const std::string_view never : {"height", "view", "block", "request"})
      BOOST_TEST(!has_label(m, never), m.name);
  }
  BOOST_TEST(metric_of_sample("byzlab_client_latency_seconds_bucket")->name ==
             "byzlab_client_latency_seconds");
  BOOST_TEST(metric_of_sample("byzlab_client_latency_seconds") == nullptr);
  BOOST_TEST(metric_of_sample("byzlab_consensus_height_count") == nullptr);
  BOOST_TEST(bounds_of(Buckets::latency, false).back() == 65.536);
  BOOST_TEST(bounds_of(Buckets::latency, true).back() == 131072.0);
  BOOST_TEST(bounds_of(Buckets::interval, false).size() == 35u);
}

BOOST_AUTO_TEST_CASE(they_are_what_the_report_says) {
  const Watched run(split());
  const auto at = samples_of(run.metrics.text());
  const auto& last = run.report.replicas;
  for (std::size_t r = 0; r < last.size(); ++r) {
    const std::string label = "{replica=\"r" + std::to_string(r) + "\"}";
    BOOST_TEST(at.at("byzlab_consensus_height" + label) == last[r].height);
    BOOST_TEST(at.at("byzlab_consensus_commits_total" + label) == last[r].commits);
    BOOST_TEST(at.at("byzlab_consensus_committed_transactions_total" + label) ==
               last[r].transactions);
  }
  for (const auto& kind : run.report.kinds)
    BOOST_TEST(at.at("byzlab_network_messages_sent_total{type=\"" + kind.name + "\"}") ==
               kind.sent);
  for (const auto& [reason, count] : run.report.dropped)
    BOOST_TEST(at.at("byzlab_network_messages_dropped_total{reason=\"" + reason + "\"}") == count);
  BOOST_TEST(at.at("byzlab_sim_events_total{}") == run.report.events);
  BOOST_TEST(at.at("byzlab_sim_time_seconds{}") == seconds(run.report.simulated));
  BOOST_TEST(at.at("byzlab_expectation_state{expectation=\"agreement-1\",state=\"pass\"}") == 1);
  BOOST_TEST(at.at("byzlab_expectation_state{expectation=\"agreement-1\",state=\"pending\"}") == 0);
  BOOST_TEST(at.at("byzlab_replicas{state=\"up\"}") == 4);
  BOOST_TEST(at.at("byzlab_fault_active{fault=\"split\",window=\"1\"}") == 0);
  BOOST_TEST(at.at("byzlab_fault_windows_total{fault=\"split\",action=\"partition\"}") == 1);
  const double commits = at.at("byzlab_consensus_commit_latency_seconds_count{}");
  BOOST_TEST(commits > 0);
  BOOST_TEST(commits == at.at("byzlab_consensus_phase_duration_seconds_count{phase=\"commit\"}"));
  BOOST_TEST(commits == at.at("byzlab_consensus_commit_latency_seconds_bucket{le=\"+Inf\"}"));
}

BOOST_AUTO_TEST_CASE(all_counters_are_there_from_the_start) {
  // Before the first event and after the last one: the same series.
  class Early final : public RunObserver {
   public:
    explicit Early(MetricsCollector& metrics) : metrics_(metrics) {}
    Interest interest() const override { return Interest::none(); }
    void on(Time, const Event&) override {}
    bool wants_samples() const override { return true; }
    void sampled(const RunSample&) override {
      if (text.empty()) text = metrics_.text();
    }
    std::string text;

   private:
    MetricsCollector& metrics_;
  };
  Trial trial = split();
  MetricsCollector metrics({.run = "test/s1"});
  BOOST_TEST(metrics.text().empty());
  Early early(metrics);
  RunObserver* observers[] = {&early, &metrics};
  byzlab::run(trial.scenario, trial.options, observers);
  auto first = samples_of(early.text), last = samples_of(metrics.text());
  // Gauges that nobody can know before: a ratio of nothing.
  for (const char* later : {"byzlab_chain_quality_ratio{}", "byzlab_sim_speed_ratio{}"})
    last.erase(later);
  for (std::uint32_t r = 0; r < 4; ++r) {
    const auto key =
        "byzlab_network_link_utilization_ratio{replica=\"r" + std::to_string(r) + "\"}";
    BOOST_TEST(last.contains(key));
  }
  for (const auto& [name, value] : last) BOOST_TEST(first.contains(name), name);
  for (const auto& [name, value] : first)
    if (name.find("_total{") != std::string::npos) BOOST_TEST(value == 0, name);
  for (const auto& m : prometheus_metrics()) {
    if (m.exposed != Exposed::always) continue;
    bool found = m.name == "byzlab_chain_quality_ratio" || m.name == "byzlab_sim_speed_ratio";
    for (const auto& [name, value] : first) found = found || name.starts_with(m.name);
    BOOST_TEST(found, m.name << " is nowhere");
  }
}

/// The whole table, each metric with something in it.
BOOST_AUTO_TEST_CASE(every_metric_is_filled_by_a_shipped_scenario) {
  constexpr std::pair<const char*, std::uint64_t> kScenarios[] = {
      {"faults/pbft-partition.yaml", 42},
      {"faults/clients-give-up-pbft.yaml", 11},
      {"attacks/double-spend-51.yaml", 3},
      {"attacks/equivocating-pair-breaks-pbft.yaml", 1},
      {"attacks/equivocating-primary-pbft.yaml", 1},
      {"attacks/equivocating-leader-streamlet.yaml", 1}};
  std::set<std::string_view> filled;
  for (const auto& [name, seed] : kScenarios) {
    const auto file = source_dir().string() + "/scenarios/" + name;
    const auto loaded = sc::load_file(file, catalogue(), {.sets = {}, .seed = seed});
    BOOST_REQUIRE_MESSAGE(loaded.scenario.has_value(), name);
    const bool one = std::string_view(name) == "faults/clients-give-up-pbft.yaml";
    MetricsCollector metrics({.run = "test/s1", .detail = one, .cometbft = one});
    RunObserver* observers[] = {&metrics};
    byzlab::run(*loaded.scenario, RunOptions{.seed = seed}, observers);
    for (const std::string& line : lines_of(metrics.openmetrics("test/s1"))) {
      if (line.starts_with('#')) continue;
      const auto* metric = metric_of_sample(std::string_view(line).substr(0, line.find('{')));
      BOOST_REQUIRE_MESSAGE(metric != nullptr, line);
      const auto value = line.rfind(' ', line.rfind(' ') - 1);
      if (std::strtod(line.c_str() + value, nullptr) != 0) filled.insert(metric->name);
    }
  }
  for (const auto& m : prometheus_metrics()) {
    // What CometBFT calls Byzantine is byzlab_byzantine_replicas, which is filled.
    if (m.name == "cometbft_consensus_byzantine_validators") continue;
    BOOST_TEST(filled.contains(m.name), m.name << " is 0 in all of them");
  }
}

BOOST_AUTO_TEST_CASE(delays_are_told_by_region) {
  Trial trial(*find_engine("pbft"), 4, 4);
  trial.scenario.network.regions = {{.name = "near", .replicas = 3},
                                    {.name = "far", .replicas = 1}};
  const Watched run(trial, {.run = "test/s1", .detail = true});
  const auto at = samples_of(run.metrics.text());
  const auto of = [&](const std::string& part, const std::string& from, const std::string& to,
                      const std::string& le = "") {
    return at.at("byzlab_network_delay_seconds_" + part + "{region_from=\"" + from +
                 "\",region_to=\"" + to + "\"" + (le.empty() ? "" : ",le=\"" + le + "\"") + "}");
  };
  double all = 0, took = 0, delivered = 0;
  for (const std::string from : {"near", "far"}) {
    for (const std::string to : {"near", "far"}) {
      all += of("count", from, to);
      took += of("sum", from, to);
      BOOST_TEST(of("bucket", from, to, "+Inf") == of("count", from, to));
      // Ten milliseconds each: in the bucket to 16.
      BOOST_TEST(of("bucket", from, to, "0.008") == 0);
      BOOST_TEST(of("bucket", from, to, "0.016") == of("count", from, to));
    }
  }
  for (const auto& kind : run.report.kinds) delivered += static_cast<double>(kind.delivered);
  BOOST_TEST(all == delivered);
  BOOST_TEST(std::abs(took - 0.01 * all) < 1e-6 * all);
  BOOST_TEST(of("count", "far", "far") == 0);
  BOOST_TEST(of("count", "far", "near") > 0);
  BOOST_TEST(!samples_of(Watched(trial).metrics.text())
                  .contains("byzlab_network_delay_seconds_count{region_from=\"far\",region_to="
                            "\"near\"}"));
}

BOOST_AUTO_TEST_CASE(work_is_counted_as_the_cost_model_has_it) {
  Trial trial(*find_engine("hotstuff"), 4, 4);
  trial.scenario.protocol.costs.verify = std::chrono::microseconds{100};
  trial.scenario.protocol.costs.sign = std::chrono::microseconds{50};
  const Watched run(trial);
  const auto at = samples_of(run.metrics.text());
  const auto count = [&](const std::string& op) {
    return at.at("byzlab_crypto_operations_total{op=\"" + op + "\"}");
  };
  double delivered = 0, sent = 0, cpu = 0;
  for (const auto& kind : run.report.kinds) {
    delivered += static_cast<double>(kind.delivered);
    sent += static_cast<double>(kind.sent);
  }
  for (std::uint32_t r = 0; r < 4; ++r)
    cpu += at.at("byzlab_replica_cpu_seconds_total{replica=\"r" + std::to_string(r) + "\"}");
  BOOST_TEST(count("sign") > 0);
  BOOST_TEST(count("sign") < sent);  // a broadcast is signed once
  BOOST_TEST(count("hash") == count("sign") + delivered);
  BOOST_TEST(count("verify") > delivered);  // certificates are checked, too
  BOOST_TEST(count("aggregate") > 0);
  BOOST_TEST(std::abs(cpu - (delivered * 100e-6 + count("sign") * 50e-6)) < 1e-6);
  BOOST_TEST(samples_of(Watched(split()).metrics.text())
                 .at("byzlab_replica_cpu_seconds_total{replica=\"r0\"}") == 0);
}

/// Answered by prometheus-cpp's server: what the page's says, beside that server's own metrics.
BOOST_AUTO_TEST_CASE(the_exposer_says_the_same) {
  MetricsExposer exposer(0);
  const auto get = [&] {
    const auto url = exposer.url();
    const auto colon = url.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1)));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    const std::string request =
        "GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    BOOST_REQUIRE(::write(fd, request.data(), request.size()) ==
                  static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(fd, part.data(), part.size())) > 0;)
      answer.append(part.data(), static_cast<std::size_t>(got));
    ::close(fd);
    BOOST_TEST(answer.rfind("HTTP/1.", 0) == 0u);
    BOOST_TEST(answer.find(" 200 ") != std::string::npos);
    std::string ours;
    for (const auto& line : lines_of(answer.substr(answer.find("\r\n\r\n") + 4)))
      if (line.rfind("byzlab_", 0) == 0 || line.find(" byzlab_") == 6) ours += line + "\n";
    return ours;
  };
  BOOST_TEST(get().empty());
  const auto metrics = std::make_shared<MetricsCollector>(MetricsOptions{.run = "test/s1"});
  exposer.show(metrics);
  BOOST_TEST(get().empty());
  const Trial trial = split();
  RunObserver* observers[] = {metrics.get()};
  byzlab::run(trial.scenario, trial.options, observers);
  BOOST_TEST(get() == metrics->text());
  BOOST_TEST(metrics->text().size() > 10'000u);
  const auto port = exposer.url().substr(17, 5);
  BOOST_CHECK_THROW(MetricsExposer(static_cast<std::uint16_t>(std::stoi(port))),
                    std::runtime_error);
}

BOOST_AUTO_TEST_CASE(many_replicas_are_taken_together) {
  const Watched run(split(65));
  const auto at = samples_of(run.metrics.text());
  BOOST_TEST(at.contains("byzlab_consensus_height{replica=\"min\"}"));
  BOOST_TEST(at.at("byzlab_consensus_height{replica=\"max\"}") == run.report.series.back().height);
  BOOST_TEST(at.at("byzlab_consensus_commits_total{replica=\"all\"}") > 65);
  BOOST_TEST(!at.contains("byzlab_consensus_height{replica=\"r0\"}"));
  BOOST_TEST(at.size() < 400u);
  const Watched all(split(65), {.run = "test/s1", .detail = true});
  BOOST_TEST(samples_of(all.metrics.text()).contains("byzlab_consensus_height{replica=\"r64\"}"));
}

BOOST_AUTO_TEST_CASE(names_of_cometbft) {
  const Watched run(split(), {.run = "test/s1", .cometbft = true});
  const auto at = samples_of(run.metrics.text());
  const auto of_r1 = [&](const std::string& name) {
    return at.at("cometbft_consensus_" + name + "{chain_id=\"" + run.report.name +
                 "\",replica=\"r1\"}");
  };
  BOOST_TEST(of_r1("height") == run.report.replicas[1].height);
  BOOST_TEST(of_r1("validators") == 4);
  BOOST_TEST(of_r1("missing_validators") == 0);
  BOOST_TEST(of_r1("total_txs") == run.report.replicas[1].transactions);
  BOOST_TEST(of_r1("block_interval_seconds_count") > 0);
  BOOST_TEST(Watched(split()).metrics.text().find("cometbft") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_history_is_ordered_and_bounded) {
  const Watched run(split());
  const auto lines = lines_of(run.metrics.openmetrics("test/s1"));
  BOOST_REQUIRE(lines.size() > 100);
  BOOST_TEST(lines.size() < MetricsCollector::kHistoryLimit);
  BOOST_TEST(lines.back() == "# EOF");
  std::map<std::string, double> last_at;
  bool active = false;
  for (const auto& line : lines) {
    if (line.starts_with('#')) continue;
    const auto stamp = line.rfind(' ');
    const auto value = line.rfind(' ', stamp - 1);
    const auto series = line.substr(0, value);
    const double at = std::strtod(line.c_str() + stamp, nullptr);
    const auto [place, is_new] = last_at.try_emplace(series, -1);
    BOOST_TEST(place->second < at, line);
    place->second = at;
    if (!series.starts_with("byzlab_fault_active")) continue;
    const bool now = line[value + 1] == '1';
    if (now && !active) BOOST_TEST(std::abs(at - 2) < 0.2, line);
    active = now;
  }
  for (const auto& [series, at] : last_at) BOOST_TEST(at == 8, series);
  // The last moment is what the text says.
  const auto text = samples_of(run.metrics.text());
  BOOST_TEST(last_at.size() == text.size());
}

/// Prometheus takes a fall for a restart of the process, and makes a burst of it.
BOOST_AUTO_TEST_CASE(no_counter_ever_falls) {
  for (const EngineInfo& engine : engines()) {
    Trial trial(engine, 4, 10);
    trial.fault(2, 2, testing::crash(replica(0)));
    trial.fault(5, 0, testing::on("restart", replica(1)));
    trial.fault(6, 2, testing::partition({replicas(0, 1), replicas(2, 3)}));
    const Watched run(trial);
    std::map<std::string, double> last;
    std::size_t raised = 0;
    for (const auto& line : lines_of(run.metrics.openmetrics("test/s1"))) {
      const auto name = line.substr(0, line.find('{'));
      const bool counts = name.ends_with("_total") || name.ends_with("_bucket") ||
                          name.ends_with("_count") || name.ends_with("_sum");
      if (line.starts_with('#') || !counts) continue;
      const auto value = line.rfind(' ', line.rfind(' ') - 1);
      const double now = std::strtod(line.c_str() + value, nullptr);
      const auto [place, is_new] = last.try_emplace(line.substr(0, value), now);
      BOOST_TEST(now >= place->second, engine.name << ": " << line);
      raised += now > place->second ? 1 : 0;
      place->second = now;
    }
    BOOST_TEST(raised > 100u, engine.name);
  }
}

/// Raft's leader sends what a follower lacks; everywhere else it is fetched.
BOOST_AUTO_TEST_CASE(who_comes_back_without_a_disk_has_caught_up_by_fetching) {
  for (const EngineInfo& engine : engines()) {
    if (engine.name == "raft" || engine.name.ends_with("_miner")) continue;  // an attacker
    Trial trial(engine, 4, 30);
    trial.fault(10, 2, testing::on("wipe", replica(3)));
    const Watched run(trial);
    const auto& metrics = run.report.metrics;
    const auto found = std::ranges::find(metrics, "state_transfers.count", &Metric::name);
    BOOST_REQUIRE(found != metrics.end());
    BOOST_TEST(found->value >= 1, engine.name);
    BOOST_TEST(run.report.replicas[3].height + 5 >= run.report.replicas[0].height, engine.name);
  }
}

/// A view that a replica gives up is left by timeout, every other one by rotation, however many
/// were given up in a row before the next one was entered.
BOOST_AUTO_TEST_CASE(views_are_left_by_rotation_unless_they_were_given_up) {
  Trial quiet(*find_engine("hotstuff"), 4, 8);
  const Watched undisturbed(quiet);
  for (const ReplicaResult& r : undisturbed.report.replicas) {
    BOOST_TEST(r.view_changes == 0u);
    BOOST_TEST(r.rotations + 1 >= r.view);
    BOOST_TEST(r.rotations <= r.view);
  }
  Trial trial(*find_engine("pbft"), 4, 8);
  trial.fault(2, 0, testing::crash(replica(0)));
  const Watched run(trial);
  for (std::size_t r = 1; r < 4; ++r) {
    BOOST_TEST(run.report.replicas[r].view_changes > 0u);
    BOOST_TEST(run.report.replicas[r].rotations == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_history_too_long_gets_coarser_but_keeps_faults) {
  MetricSeries series("pbft");
  const auto height = series.add("byzlab_consensus_height", {"r0"});
  const auto fault = series.add("byzlab_fault_active", {"split", "1"});
  std::vector<MetricSeries::Moment> history;
  for (int i = 0; i <= 100; ++i) {
    series.set(height, i);
    series.set(fault, i == 51);
    history.push_back({kStart + std::chrono::seconds(i), series.values()});
  }
  const auto text = series.openmetrics("x", history, 80);
  BOOST_TEST(
      text.find("byzlab_fault_active{run=\"x\",protocol=\"pbft\",fault=\"split\",window=\"1\"} "
                "1 51\n") != std::string::npos);
  BOOST_TEST(text.find("replica=\"r0\"} 100 100\n") != std::string::npos);
  BOOST_TEST(text.find("replica=\"r0\"} 51 51\n") == std::string::npos);
  BOOST_TEST(lines_of(text).size() < 90u);
}

BOOST_AUTO_TEST_CASE(labels_are_escaped) {
  MetricSeries series("pbft");
  series.set(series.add("byzlab_fault_active", {"a\"b\\c\nd", "1"}), 1);
  const auto text = series.openmetrics("x", {{kStart, series.values()}}, 10);
  BOOST_TEST(text.find("fault=\"a\\\"b\\\\c\\nd\"") != std::string::npos);
  BOOST_CHECK_THROW(series.add("byzlab_fault_active", {"one"}), std::logic_error);
  BOOST_CHECK_THROW(series.add("byzlab_no_such_metric", {}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(history_moves_to_a_wall_clock) {
  const std::string history = "# HELP x y 7\nx{a=\"b c\"} 3 0.25\nx{a=\"b c\"} 4 60\n# EOF\n";
  BOOST_TEST(last_timestamp(history) == 60);
  BOOST_TEST(at_epoch(history, 1e9) ==
             "# HELP x y 7\nx{a=\"b c\"} 3 1000000000.250\nx{a=\"b c\"} 4 1000000060.000\n# EOF\n");
}

BOOST_AUTO_TEST_CASE(names_in_expressions_are_checked) {
  const auto problems = [](std::string_view text) {
    MetricsLint lint;
    std::set<std::string> used;
    lint_text("x", text, {"run:byzlab_height:max"}, lint, used);
    return lint.problems;
  };
  for (const char* right :
       {R"(sum by (run, le) (rate(byzlab_client_latency_seconds_bucket{run=~"a,b{}"}[5m])))",
        R"(byzlab_run_info * on (run) group_left (scenario) byzlab_consensus_height)",
        R"(run:byzlab_height:max{run="a"} {{replica}} {{ $labels.expectation }})",
        R"(label_values(byzlab_run_info{protocol=~"$protocol"}, run))",
        R"(byzlab_client_requests_total{result=~"timeout|committed",run="any"})",
        R"(byzlab_client_requests_total{result=~"time.*"} byzlab_replicas{state!="$state"})",
        R"(byzlab_network_messages_sent_total{type=~"PrePrepare|Vote"})",
        R"({{ range query "byzlab_run_info" }}{{ end }} up{job="byzlab"})"})
    for (const auto& problem : problems(right)) BOOST_ERROR(std::string(right) + ": " + problem);
  const std::pair<const char*, const char*> wrongs[] = {
      {"byzlab_consensus_heigth",
       "x:1: no metric `byzlab_consensus_heigth`; did you mean "
       "`byzlab_consensus_height`?"},
      {"\n byzlab_consensus_height{hue=\"1\"}",
       "x:2: `byzlab_consensus_height` has no label `hue`"},
      {"sum by (colour) (up)", "x:1: no metric has a label `colour`"},
      {"byzlab_client_latency_seconds",
       "x:1: `byzlab_client_latency_seconds` is a histogram: use its _bucket, _sum or _count"},
      {"run:byzlab_heights:max", "x:1: no rule records `run:byzlab_heights:max`"},
      {"byzlab_client_requests_total{result=\"late\"}",
       "x:1: `result` of `byzlab_client_requests_total` is never `late`; it is: committed, "
       "rejected, timeout"},
      {"byzlab_replicas{run=\"a\",state=~\"up|sleeping\"}",
       "x:1: `state` of `byzlab_replicas` is never `sleeping`; it is: crashed, isolated, paused, "
       "syncing, up"},
      {"label_values(byzlab_run_info, hue)", "x:1: `byzlab_run_info` has no label `hue`"},
      {"{{ $labels.hue }}", "x:1: no metric has a label `hue`"},
      {"{{hue}}", "x:1: no metric has a label `hue`"}};
  for (const auto& [text, problem] : wrongs) {
    const auto found = problems(text);
    BOOST_REQUIRE_MESSAGE(found.size() == 1, text << ": " << found.size());
    BOOST_TEST(found.front() == problem);
  }
}

BOOST_AUTO_TEST_SUITE_END()
