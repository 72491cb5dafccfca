// The results store: it says what the folders say, whatever happens to it.
#include "observe/store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

#include "observe/store_query.h"
#include "tests/observe/stored_runs.h"

using namespace byzlab;
namespace fs = std::filesystem;

namespace {

/// One of each kind.
void fill(const fs::path& results) {
  finish_run(results, passing_report());
  finish_run(results, failing_report(), "20261122-143302");
  finish_seeds(results, 30);
  finish_comparison(results);
}

void remove_store(const fs::path& results) {
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(store_file(results).string() + suffix);
}

/// `work` in another process; its exit code, or minus the signal that ended it.
template <class Work>
pid_t in_a_process(const Work& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int code = 99;
  try {
    code = work();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  ::_exit(code);
}

int result_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool is_sound(const fs::path& results) {
  const Store store(results);
  auto check = store.database().prepare("PRAGMA integrity_check");
  return check.step() && check.text(0) == "ok";
}

std::vector<std::string> ids(const std::vector<RunRow>& rows) {
  std::vector<std::string> list;
  for (const auto& row : rows) list.push_back(row.id);
  return list;
}

std::string complaint(const Store& store, const std::string& where) {
  try {
    list_runs(store, {.where = where});
    return "none";
  } catch (const QueryError& e) {
    return e.what();
  }
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store)

BOOST_AUTO_TEST_CASE(what_is_finished_is_in_the_list) {
  ScratchFolder scratch;
  fill(scratch.path);
  const Store store(scratch.path);
  const auto rows = list_runs(store);
  BOOST_REQUIRE_EQUAL(rows.size(), 4u);  // newest first
  BOOST_TEST(rows[0].id == "two/20261122-160000");
  BOOST_TEST(rows[0].kind == "comparison");
  BOOST_TEST(rows[0].runs == 6u);
  BOOST_TEST(rows[1].id == "many/20261122-150000-s1..30");
  BOOST_TEST(rows[1].kind == "seeds");
  BOOST_TEST(rows[1].last_seed == 30u);
  BOOST_TEST(rows[1].failed == 3u);
  BOOST_TEST(rows[2].verdict == "fail");
  BOOST_TEST(rows[2].reason == "safety: agreement at 3.412 s");
  BOOST_TEST(rows[3].id == "pbft-partition/20261122-143301-s42-9f3c1a7e");
  BOOST_TEST(rows[3].kind == "run");
  BOOST_TEST(rows[3].protocol == "pbft");
  BOOST_TEST(rows[3].n == 7u);
  BOOST_TEST(rows[3].seed == 42u);
  BOOST_TEST(rows[3].when == "2026-11-22 14:33:01");
  BOOST_TEST(rows[3].trace_hash == "9f3c1a7e00000001");

  BOOST_TEST(count_runs(store, {.each = true}) == 2u + 30u + 6u);
  const auto each = list_runs(store, {.each = true, .name = "two", .protocol = "raft"});
  BOOST_REQUIRE_EQUAL(each.size(), 2u);
  BOOST_TEST(each[1].cell == "protocol=raft, replicas=4");
  BOOST_TEST(each[1].seed == 2u);
  BOOST_TEST(each[1].n == 4u);

  // Every number of summary.json is there, and those that people ask for are columns.
  auto metric = store.database().prepare(
      "SELECT value FROM metrics WHERE metric = 'commit_latency.p99' AND seed = 42");
  BOOST_REQUIRE(metric.step());
  BOOST_TEST(metric.real(0) == 0.611);
  const auto table =
      list_columns(store, {.name = "pbft-partition"}, {"latency_p50", "simulated_seconds"});
  BOOST_TEST(std::get<double>(table.rows.at(0).at(0)) == 0.184);
  BOOST_TEST(std::get<double>(table.rows.at(0).at(1)) == 60);
  auto recovery = store.database().prepare(
      "SELECT value, status FROM expectations WHERE expectation = 'recovery-1' AND seed = 42");
  BOOST_REQUIRE(recovery.step());
  BOOST_TEST(recovery.real(0) == 1.84);
  auto cell = store.database().prepare(
      "SELECT value, low, high, samples FROM cell_metrics WHERE cell = 'protocol=raft, "
      "replicas=4'");
  BOOST_REQUIRE(cell.step());
  BOOST_TEST(cell.real(0) == 4);
  BOOST_TEST(cell.real(2) == 3.5);
  BOOST_TEST(cell.integer(3) == 2);
}

BOOST_AUTO_TEST_CASE(a_deleted_store_comes_back_from_the_folders) {
  ScratchFolder scratch;
  fill(scratch.path);
  const auto before = Store(scratch.path).dump();
  BOOST_TEST(has(before, "commit_latency.p99"));
  BOOST_TEST(has(before, "too big"));

  remove_store(scratch.path);
  const auto sync = Store::rebuild(scratch.path);
  BOOST_TEST(sync.added == 4u);
  BOOST_TEST(sync.unreadable.empty());
  BOOST_TEST(Store(scratch.path).dump() == before);

  // And once more over itself, and without anybody asking for it.
  Store::rebuild(scratch.path);
  BOOST_TEST(Store(scratch.path).dump() == before);
  remove_store(scratch.path);
  std::string warning;
  BOOST_TEST(Store::for_reading(scratch.path, warning).dump() == before);
  BOOST_TEST(warning == "");
}

BOOST_AUTO_TEST_CASE(folders_that_come_go_and_change) {
  ScratchFolder scratch;
  fill(scratch.path);
  fs::remove_all(scratch.path / "many");
  fs::create_directories(scratch.path / "moved-here");
  fs::rename(scratch.path / "two" / "20261122-160000", scratch.path / "moved-here" / "a");
  fs::create_directories(scratch.path / "half" / "no-summary");
  fs::create_directories(scratch.path / "half" / "bad");
  std::ofstream(scratch.path / "half" / "bad" / "summary.json") << "{\"schema\": 1, \"na";
  const auto summary =
      scratch.path / "pbft-partition" / "20261122-143301-s42-9f3c1a7e" / "summary.json";
  auto text = content_of(summary);
  text.replace(text.find("\"pass\""), 6, "\"fail\"");
  std::ofstream(summary) << text;

  Store store(scratch.path);
  const auto sync = store.sync();
  BOOST_TEST(sync.removed == 2u);
  BOOST_TEST(sync.added == 2u);
  BOOST_REQUIRE_EQUAL(sync.unreadable.size(), 1u);
  BOOST_TEST(has(sync.unreadable[0], "half/bad/summary.json"));
  BOOST_TEST(list_runs(store, {.name = "two"}).at(0).id == "moved-here/a");
  BOOST_TEST(list_runs(store, {.name = "pbft-partition"}).at(0).verdict == "fail");
  BOOST_TEST(list_runs(store, {.each = true, .name = "many"}).empty());
  const auto again = store.sync();
  BOOST_TEST(again.added + again.removed == 0u);
}

BOOST_AUTO_TEST_CASE(filters) {
  ScratchFolder scratch;
  fill(scratch.path);
  const Store store(scratch.path);
  const auto count = [&](const RunFilter& filter) { return list_runs(store, filter).size(); };
  BOOST_TEST(count({.name = "t*"}) == 2u);
  BOOST_TEST(count({.verdict = "fail"}) == 2u);
  BOOST_TEST(count({.protocol = "pbft"}) == 3u);
  BOOST_TEST(count({.kind = "run"}) == 2u);
  BOOST_TEST(count({.n = 4}) == 1u);
  BOOST_TEST(count({.seed = 42}) == 1u);
  BOOST_TEST(count({.seed = 20}) == 1u);  // in "many"
  BOOST_TEST(count({.each = true, .seed = 20}) == 1u);
  BOOST_TEST(count({.limit = 3}) == 3u);
  BOOST_TEST(count({.where = "verdict = 'fail' and n >= 7"}) == 1u);
  BOOST_TEST(count({.where = "date >= '2026-11-22 15:00' -- of the afternoon"}) == 2u);
  BOOST_TEST(count({.each = true, .where = "latency_p99 > 0.6 and cell like '%raft%'"}) == 2u);
  BOOST_TEST(count({.where = "id in (select id from metrics where metric = 'faults.throughput' "
                             "and value = 0)"}) == 2u);
  BOOST_TEST(ids(list_runs(store, {.name = "it's"})).empty());
}

BOOST_AUTO_TEST_CASE(wrong_expressions_are_explained) {
  ScratchFolder scratch;
  fill(scratch.path);
  const Store store(scratch.path);
  BOOST_TEST(has(complaint(store, "verdcit = 'fail'"), "did you mean `verdict`?"));
  BOOST_TEST(has(complaint(store, "verdict = \"fail\""), "text stands in single quotes"));
  BOOST_TEST(has(complaint(store, "verdict = 'fail"), "not closed"));
  BOOST_TEST(has(complaint(store, "(n > 4"), "not closed"));
  BOOST_TEST(has(complaint(store, "n >"), "syntax error"));
  BOOST_TEST(has(complaint(store, "id in (select id from metrcs)"), "did you mean `metrics`?"));
  BOOST_TEST(has(complaint(store, "nearly(n)"), "no such function: nearly"));
  BOOST_CHECK_THROW(list_columns(store, {}, {"id", "protocl"}), QueryError);
}

BOOST_AUTO_TEST_CASE(an_expression_can_only_read) {
  ScratchFolder scratch;
  fill(scratch.path);
  const Store store(scratch.path);
  const auto before = store.dump();
  for (const char* where :
       {"1); delete from folder; select (1", "1; delete from folder",
        "1) union select * from run --", "id in (delete from folder returning path)",
        "id in (select file from pragma_database_list)", "load_extension('x')",
        "n = randomblob(900000000)",
        "n in (with recursive c(x) as (select 1 union all select x + 1 from c) select x from c)",
        "exists (select 1 from pragma_user_version)", "attach 'x' as y"})
    BOOST_TEST(complaint(store, where) != "none", where << " was accepted");
  BOOST_TEST(store.dump() == before);
  std::atomic<bool> stop{true};
  BOOST_CHECK_THROW(
      list_runs(store,
                {.where = "(select count(*) from metrics a, metrics b, metrics c, metrics d) > 0"},
                &stop),
      QueryError);
}

BOOST_AUTO_TEST_CASE(seeds_beyond_signed_integers) {
  ScratchFolder scratch;
  Report report = passing_report();
  report.seed = 18'446'744'073'709'551'615u;
  finish_run(scratch.path, report);
  const Store store(scratch.path);
  BOOST_TEST(list_runs(store).at(0).seed == report.seed);
  BOOST_TEST(list_runs(store, {.seed = report.seed}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_damaged_store_costs_no_run) {
  ScratchFolder scratch;
  fill(scratch.path);
  const auto before = Store(scratch.path).dump();
  std::ofstream(store_file(scratch.path), std::ios::binary) << std::string(40'000, 'x');
  finish_run(scratch.path, report_of("later", 7));  // warns, and goes on

  std::string warning;
  const auto store = Store::for_reading(scratch.path, warning);
  BOOST_TEST(has(warning, "byzlab runs --rebuild"));
  BOOST_TEST(list_runs(store).size() == 5u);
  BOOST_TEST(Store::rebuild(scratch.path).added == 5u);
  BOOST_TEST(list_runs(Store(scratch.path)).size() == 5u);
  fs::remove_all(scratch.path / "later");
  Store(scratch.path).sync();
  BOOST_TEST(Store(scratch.path).dump() == before);
}

BOOST_AUTO_TEST_CASE(a_store_with_a_damaged_page) {
  ScratchFolder scratch;
  fill(scratch.path);
  finish_seeds(scratch.path, 500);
  const auto before = Store(scratch.path).dump();
  {
    std::fstream file(store_file(scratch.path), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 2; page < 40; ++page) {
      file.seekp(page * 4096);
      file << std::string(4096, '\xee');
    }
  }
  finish_run(scratch.path, report_of("later", 7));
  Store::rebuild(scratch.path);
  BOOST_TEST(is_sound(scratch.path));
  BOOST_TEST(list_runs(Store(scratch.path)).size() == 6u);
  fs::remove_all(scratch.path / "later");
  Store(scratch.path).sync();
  BOOST_TEST(Store(scratch.path).dump() == before);
}

BOOST_AUTO_TEST_CASE(a_store_of_another_byzlab_or_of_somebody_else_is_left_alone) {
  ScratchFolder scratch;
  fill(scratch.path);
  Database(store_file(scratch.path)).execute("PRAGMA user_version = 99");
  try {
    Store store(scratch.path);
    BOOST_ERROR("it was opened");
  } catch (const StoreError& e) {
    BOOST_TEST(has(e.what(), "newer byzlab (schema 99"));
    BOOST_TEST(has(e.what(), "byzlab runs --rebuild"));
  }
  finish_run(scratch.path, report_of("later", 7));
  BOOST_TEST(Database(store_file(scratch.path)).number("PRAGMA user_version") == 99);
  std::string warning;
  BOOST_TEST(list_runs(Store::for_reading(scratch.path, warning)).size() == 5u);
  BOOST_TEST(has(warning, "newer byzlab"));
  Store::rebuild(scratch.path);
  BOOST_TEST(list_runs(Store(scratch.path)).size() == 5u);

  remove_store(scratch.path);
  Database(store_file(scratch.path))
      .execute("CREATE TABLE theirs(x); PRAGMA application_id = 5; PRAGMA user_version = 1");
  BOOST_CHECK_THROW(Store::rebuild(scratch.path), StoreError);
  BOOST_TEST(Database(store_file(scratch.path)).number("SELECT count(*) FROM theirs") == 0);
}

BOOST_AUTO_TEST_CASE(two_processes_write_at_once) {
  ScratchFolder scratch;
  constexpr int kEach = 25;
  const auto writer = [&](std::uint64_t first) {
    return in_a_process([&] {
      for (std::uint64_t i = 0; i < kEach; ++i)
        finish_run(scratch.path, report_of("shared", first + i));
      return 0;
    });
  };
  const auto a = writer(100), b = writer(200);
  BOOST_TEST(result_of(a) == 0);
  BOOST_TEST(result_of(b) == 0);
  BOOST_TEST(is_sound(scratch.path));
  const Store store(scratch.path);  // as it is, not brought up to date
  BOOST_TEST(list_runs(store).size() == 2u * kEach);
  BOOST_TEST(store.database().number("SELECT count(*) FROM metrics") == 2 * kEach * 11);
}

BOOST_AUTO_TEST_CASE(killed_in_the_middle) {
  ScratchFolder scratch;
  finish_run(scratch.path, passing_report());
  const auto big = finish_seeds(scratch.path, 3'000);
  int cut_short = 0;
  for (int round = 0; round < 8; ++round) {
    const auto child = in_a_process([&] {
      for (;;) Store(scratch.path).add(big);
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds{20 + 13 * round});
    ::kill(child, SIGKILL);
    BOOST_TEST(result_of(child) == -SIGKILL);
    cut_short += fs::exists(store_file(scratch.path).string() + "-wal") ? 1 : 0;
    BOOST_TEST(is_sound(scratch.path));
    // Whole, never half, never twice.
    BOOST_TEST(Store(scratch.path).database().number("SELECT count(*) FROM runs") == 3'001);
  }
  BOOST_TEST(cut_short > 0);
  const auto before = Store(scratch.path).dump();
  remove_store(scratch.path);
  Store::rebuild(scratch.path);
  BOOST_TEST(Store(scratch.path).dump() == before);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_a_store_that_can_be_read) {
  ScratchFolder scratch;
  fill(scratch.path);
  // Once the run's files are there, no file may grow beyond 33 kB: the store's log must.
  const auto child = in_a_process([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    try {
      Report report = report_of("late", 9);
      for (int i = 0; i < 250; ++i)
        report.metrics.push_back({fmt::format("extra_{:020}", i), 1, 1});
      finish_run(scratch.path, report, "20261122-143301", "version: 1\n", [] {
        const rlimit most{33'000, 33'000};
        ::setrlimit(RLIMIT_FSIZE, &most);
      });
      return 1;
    } catch (const ResultsError& e) {
      return has(e.what(), "the disk is full") ? 74 : 2;
    }
  });
  BOOST_TEST(result_of(child) == 74);
  BOOST_TEST(is_sound(scratch.path));
  BOOST_TEST(list_runs(Store(scratch.path)).size() == 4u);
  std::string warning;
  BOOST_TEST(list_runs(Store::for_reading(scratch.path, warning)).size() == 5u);  // caught up
  BOOST_TEST(warning == "");
}

BOOST_AUTO_TEST_CASE(no_results_at_all) {
  ScratchFolder scratch;
  std::string warning;
  BOOST_TEST(list_runs(Store::for_reading(scratch.path / "none", warning)).empty());
  BOOST_TEST(!fs::exists(scratch.path / "none"));
  BOOST_CHECK_THROW(Store::rebuild(scratch.path / "none"), StoreError);
}

BOOST_AUTO_TEST_SUITE_END()
