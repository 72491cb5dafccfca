// recording.json: blocks with parents and fates, commits, views, notes; and the document of a page.
#include <algorithm>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "observe/page_data.h"
#include "observe/recording.h"
#include "observe/run_results.h"
#include "observe/summary.h"
#include "observe/timeseries.h"
#include "tests/observe/sample_report.h"
#include "tests/support/trial.h"

using namespace byzlab;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

BlockRef block_on(const Block* parent, std::uint64_t height, std::uint32_t proposer,
                  std::uint64_t nonce = 0) {
  BlockBody body;
  if (parent != nullptr) body.parent = parent->digest;
  body.height = Height(height);
  body.view = View(height);
  body.proposer = ReplicaId(proposer);
  body.nonce = nonce;
  return Block::make(std::move(body), HashScheme::modelled);
}

Committed commit(std::uint32_t replica, const BlockRef& block) {
  return {ProcessId(replica), ReplicaId(replica), block.get()};
}

Noted note(std::uint32_t replica, Milestone what, const BlockRef& block, std::uint64_t value) {
  return {.process = ProcessId(replica),
          .replica = ReplicaId(replica),
          .milestone = what,
          .view = block->view,
          .value = value,
          .subject = block->digest,
          .block = block.get()};
}

Recording started(std::size_t rows = 1000) {
  Recording recording(rows);
  RunInfo info;
  info.n = 4;
  info.processes = 4;
  info.byzantine = {ReplicaId(3)};
  recording.begin(info);
  return recording;
}

const json::value& cell(const json::value& document, std::string_view table,
                        std::string_view column, std::size_t row) {
  return document.at(table).at(column).as_array().at(row);
}

double number(const json::value& document, std::string_view table, std::string_view column,
              std::size_t row) {
  return cell(document, table, column, row).to_number<double>();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recording)

BOOST_AUTO_TEST_CASE(blocks_commits_and_a_reorganisation) {
  auto log = started();
  const auto a = block_on(nullptr, 1, 0), b = block_on(a.get(), 2, 1),
             rival = block_on(a.get(), 2, 3, 7), tip = block_on(rival.get(), 3, 3, 8);
  log.on(at_ms(1), note(0, Milestone::proposed, a, 1));
  log.on(at_ms(2), commit(0, a));
  log.on(at_ms(3), commit(3, a));
  log.on(at_ms(4), commit(1, a));
  log.on(at_ms(5), note(3, Milestone::withheld, rival, 2));
  log.on(at_ms(6), note(3, Milestone::withheld, tip, 3));
  log.on(at_ms(7), commit(0, b));
  log.on(at_ms(9), note(3, Milestone::published, tip, 3));
  auto reorg = note(0, Milestone::reorg, b, 1);
  reorg.subject = tip->digest;
  log.on(at_ms(10), reorg);
  log.on(at_ms(10), commit(0, rival));
  log.on(at_ms(11), commit(0, rival));  // again

  const auto document = json::parse(log.json());
  const auto& blocks = document.at("blocks");
  BOOST_TEST(json::serialize(blocks.at("parent")) == "[-1,0,1,0]");
  BOOST_TEST(json::serialize(blocks.at("height")) == "[1,2,3,2]");
  BOOST_TEST(json::serialize(blocks.at("proposer")) == "[0,3,3,1]");
  BOOST_TEST(json::serialize(blocks.at("commits")) == "[2,1,0,1]");
  BOOST_TEST(json::serialize(blocks.at("adversary")) == "[false,true,true,false]");
  BOOST_TEST(json::serialize(blocks.at("withheld")) == "[false,true,true,false]");
  BOOST_TEST(cell(document, "blocks", "published", 0).is_null());
  BOOST_TEST(number(document, "blocks", "published", 1) == 0.009);  // beneath the published tip
  BOOST_TEST(number(document, "blocks", "published", 2) == 0.009);
  BOOST_TEST(number(document, "blocks", "committed", 1) == 0.010);
  BOOST_TEST(number(document, "blocks", "reverted", 3) == 0.010);
  BOOST_TEST(cell(document, "blocks", "reverted", 1).is_null());
  BOOST_TEST(cell(document, "blocks", "id", 3).as_string() == b->digest.short_hex());
  BOOST_TEST(json::serialize(document.at("commits").at("replica")) == "[0,3,1,0,0]");
  BOOST_TEST(cell(document, "notes", "what", 4).as_string() == "reorg");
  BOOST_TEST(number(document, "notes", "block", 4) == 2);
  BOOST_TEST(document.at("truncated").as_object().empty());
}

BOOST_AUTO_TEST_CASE(blocks_without_parents_stand_on_what_was_committed_beneath) {
  auto log = started();
  const auto one = block_on(nullptr, 1, 0), two = block_on(nullptr, 2, 0);
  log.on(at_ms(1), commit(0, one));
  log.on(at_ms(2), commit(0, two));
  BOOST_TEST(json::serialize(json::parse(log.json()).at("blocks").at("parent")) == "[-1,0]");
}

BOOST_AUTO_TEST_CASE(rows_beyond_the_bound_are_counted) {
  auto log = started(4);
  for (std::uint64_t h = 1; h <= 6; ++h) {
    const auto block = block_on(nullptr, h, 0);
    log.on(at_ms(1), note(0, Milestone::proposed, block, h));
    log.on(at_ms(2), commit(0, block));
    log.on(at_ms(3), ViewEntered{ProcessId(0), ReplicaId(0), View(h), ReplicaId(1)});
    log.on(at_ms(3), Noted{.process = ProcessId(0),
                           .replica = ReplicaId(0),
                           .milestone = Milestone::timeout,
                           .view = View(h),
                           .value = 0,
                           .subject = {}});
  }
  const auto document = json::parse(log.json());
  for (const char* table : {"commits", "views"}) {
    BOOST_TEST(document.at(table).at("t").as_array().size() == 4u);
    BOOST_TEST(document.at("truncated").at(table).to_number<int>() == 2);
  }
  BOOST_TEST(document.at("blocks").at("id").as_array().size() == 4u);
  BOOST_TEST(document.at("notes").at("t").as_array().size() == 4u);
  BOOST_TEST(document.at("truncated").at("notes").to_number<int>() == 8);
  // What happens at every height leaves room for what does not.
  BOOST_TEST(json::serialize(document.at("notes").at("what")) ==
             R"(["proposed","timeout","proposed","timeout"])");
}

/// Every engine shows its blocks with their parents.
/// Requests are kept evenly over the run: their number is bounded, the first stays, and so do late
/// ones.
BOOST_AUTO_TEST_CASE(of_many_requests_every_so_many_are_kept) {
  Recording recording = started(1000);  // 50 requests
  for (std::uint32_t i = 0; i < 1000; ++i) {
    recording.on(kStart + std::chrono::seconds{i + 1},
                 RequestCompleted{
                     .id = {}, .client = ClientId(i % 3), .latency = std::chrono::milliseconds{7}});
  }
  const auto document = json::parse(recording.json());
  const auto& t = document.at("requests").at("t").as_array();
  BOOST_TEST(t.size() <= 50u);
  BOOST_TEST(t.size() >= 25u);
  BOOST_TEST(t.front().to_number<double>() == 1.0);
  BOOST_TEST(t.back().to_number<double>() > 950.0);
  const double step = t.at(1).to_number<double>() - t.at(0).to_number<double>();
  for (std::size_t i = 1; i < t.size(); ++i) {
    BOOST_TEST(t.at(i).to_number<double>() - t.at(i - 1).to_number<double>() == step);
  }
  BOOST_TEST(document.at("requests").at("latency").as_array().front().to_number<double>() == 0.007);
  BOOST_TEST(document.at("truncated").at("requests").to_number<std::size_t>() == 1000 - t.size());
}

BOOST_AUTO_TEST_CASE(regions_of_the_preset_have_a_place) {
  Recording recording;
  RunInfo info;
  info.n = info.processes = 3;
  info.regions = {"us_east", "my_office", "us_east"};
  recording.begin(info);
  const auto document = json::parse(recording.json());
  BOOST_TEST(document.at("places").as_object().size() == 1u);
  BOOST_TEST(document.at("places").at("us_east").at(0).to_number<double>() == 39.04);
}

BOOST_AUTO_TEST_CASE(chains_of_all_engines_hang_together) {
  for (const EngineInfo& engine : engines()) {
    if (!engine.attacks.empty()) continue;
    BOOST_TEST_CONTEXT(engine.name) {
      testing::Trial trial(engine, 4, 6);
      Recording log;
      RunObserver* const observers[] = {&log};
      const Report report = run(trial.scenario, trial.options, observers);
      const auto document = json::parse(log.json());
      const auto& blocks = document.at("blocks").as_object();
      const auto count = blocks.at("id").as_array().size();
      BOOST_TEST(count > 3u);
      std::uint64_t highest = 0, loose = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const auto height = blocks.at("height").as_array()[i].to_number<std::uint64_t>();
        const auto parent = blocks.at("parent").as_array()[i].to_number<std::int64_t>();
        BOOST_TEST(blocks.at("proposer").as_array()[i].to_number<int>() >= 0);
        if (!blocks.at("committed").as_array()[i].is_null()) highest = std::max(highest, height);
        if (parent < 0) {
          loose += height > 1 && !blocks.at("committed").as_array()[i].is_null() ? 1 : 0;
        } else {
          BOOST_TEST(blocks.at("height")
                             .as_array()
                             .at(static_cast<std::size_t>(parent))
                             .to_number<std::uint64_t>() +
                         1 ==
                     height);
        }
      }
      BOOST_TEST(loose == 0u);
      std::uint64_t reached = 0;
      for (const auto& replica : report.replicas) reached = std::max(reached, replica.height);
      BOOST_TEST(highest == reached);
    }
  }
}

BOOST_AUTO_TEST_CASE(watching_changes_nothing) {
  testing::Trial trial(*find_engine("pbft"), 4, 5);
  Recording log;
  RunObserver* const observers[] = {&log};
  BOOST_TEST(run(trial.scenario, trial.options, observers).trace_hash ==
             run(trial.scenario, trial.options).trace_hash);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(page_data)

BOOST_AUTO_TEST_CASE(the_page_says_what_the_files_say) {
  std::string pattern = (fs::temp_directory_path() / "byzlab-page-XXXXXX").string();
  const fs::path root = ::mkdtemp(pattern.data());
  const Report report = passing_report();
  const auto id = run_id(report, "20261122-143301");
  ResultsFolder folder(root);
  write_run(folder, report, EventLog{},
            {.scenario_yaml = "",
             .lock_yaml = "version: 1\nname: \"a\"\n",
             .console = "",
             .recording = started().json()},
            id);
  const auto place = folder.place(report.name, id);
  folder.finish(place, "{}\n");

  const auto data = json::parse(run_data_json(root / "latest"));
  BOOST_TEST(data.at("schema").to_number<int>() == 1);
  BOOST_TEST(data.at("id").as_string() == report.name + "/" + id);
  BOOST_TEST((data.at("summary") == json::parse(summary_json(report))));
  BOOST_TEST(data.at("lock_yaml").as_string() == "version: 1\nname: \"a\"\n");
  BOOST_TEST(data.at("recording").at("replicas").to_number<int>() == 4);
  BOOST_REQUIRE(data.at("story").as_array().size() == report.story.size());
  BOOST_TEST(data.at("story").at(1).at("at").to_number<double>() == 10.214);
  BOOST_TEST(data.at("story").at(0).at("label").as_string() == "split");

  const auto& series = data.at("series").as_object();
  BOOST_REQUIRE(series.at("t").as_array().size() == report.series.size());
  BOOST_TEST(series.size() == 15u);
  for (std::size_t i = 0; i < report.series.size(); ++i) {
    const auto& row = report.series[i];
    BOOST_TEST(series.at("t").at(i).to_number<double>() ==
               static_cast<double>(nanoseconds(row.at)) / 1e9);
    BOOST_TEST(series.at("height").at(i).to_number<std::uint64_t>() == row.height);
    BOOST_TEST(series.at("latency_p50").at(i).to_number<double>() == row.latency_p50);
    BOOST_TEST(series.at("replicas_up").at(i).to_number<std::uint32_t>() == row.up);
  }
  fs::remove_all(root);
}

BOOST_AUTO_TEST_CASE(parts_may_be_missing_but_not_the_summary) {
  std::string pattern = (fs::temp_directory_path() / "byzlab-page-XXXXXX").string();
  const fs::path root = ::mkdtemp(pattern.data());
  BOOST_CHECK_THROW(run_data_json(root), std::runtime_error);
  std::ofstream(root / "summary.json") << "{}";
  const auto data = json::parse(run_data_json(root));
  BOOST_TEST(!data.as_object().contains("recording"));
  BOOST_TEST(!data.as_object().contains("series"));
  fs::remove_all(root);
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_null) {
  BOOST_TEST(series_json("t,height\n0.1,3\nnan,4\n0.3\n") ==
             "{\"t\":[0.1,null,0.3],\n\"height\":[3,4,null]}");
}

BOOST_AUTO_TEST_SUITE_END()
