// Work in processes: results in order whatever happens, and whoever crashes, hangs or eats the
// memory is named and takes nothing with it.
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <thread>

#include "base/sanitized.h"
#include "testbed/run.h"
#include "testbed/worker_pool.h"
#include "tests/support/trial.h"

namespace byzlab::testing {
namespace {

constexpr auto kNothing = [] {};

PiecePlan plan_of(std::uint64_t count, std::function<std::string(std::uint64_t)> make) {
  PiecePlan plan;
  plan.count = count;
  plan.next = [next = std::uint64_t{0}]() mutable { return next++; };
  plan.workers = 2;
  plan.make = std::move(make);
  return plan;
}

std::vector<PieceResult> all_of(PiecePlan plan) {
  WorkerPool pool(std::move(plan));
  std::vector<PieceResult> results;
  while (auto result = pool.take(kNothing)) results.push_back(std::move(*result));
  return results;
}

/// All pieces, in order, done but for one.
void check_all_but(const std::vector<PieceResult>& results, std::size_t count, std::size_t broken,
                   PieceEnd end) {
  BOOST_REQUIRE(results.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    BOOST_TEST_CONTEXT("piece " << i << ": " << results[i].text) {
      BOOST_TEST(results[i].piece == i);
      BOOST_TEST((results[i].end == (i == broken ? end : PieceEnd::done)));
      if (i != broken) BOOST_TEST(results[i].text == "piece " + std::to_string(i));
    }
  }
}

std::string name_of(std::uint64_t piece) { return "piece " + std::to_string(piece); }

/// An engine that sets its timer again after a nanosecond, for ever.
class Endless final : public Engine {
 public:
  void start(Context& ctx) override {
    ctx.set_timer(Timer{.owner = 0, .id = 1, .payload = 0}, Duration{1});
  }
  void on_message(Context&, ReplicaId, const Message&) override {}
  void on_timer(Context& ctx, Timer timer) override { ctx.set_timer(timer, Duration{1}); }
  void on_request(Context&) override {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(worker_pool)

BOOST_AUTO_TEST_CASE(results_come_in_order) {
  const auto results = all_of(plan_of(5000, [](std::uint64_t piece) {
    if (piece % 700 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{20});
    return name_of(piece);
  }));
  check_all_but(results, 5000, 5000, PieceEnd::done);
}

BOOST_AUTO_TEST_CASE(long_results_come_whole) {
  const auto results = all_of(plan_of(20, [](std::uint64_t piece) {
    return std::string(3'000'000, static_cast<char>('a' + piece));
  }));
  BOOST_REQUIRE(results.size() == 20u);
  for (const auto& r : results)
    BOOST_TEST((r.text == std::string(3'000'000, static_cast<char>('a' + r.piece))));
}

BOOST_AUTO_TEST_CASE(a_crash_takes_only_its_piece) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGKILL}) {
    const auto results = all_of(plan_of(500, [signal](std::uint64_t piece) {
      if (piece == 123) ::raise(signal);
      return name_of(piece);
    }));
    check_all_but(results, 500, 123, PieceEnd::crashed);
  }
}

BOOST_AUTO_TEST_CASE(std_terminate_takes_only_its_piece) {
  const auto results = all_of(plan_of(50, [](std::uint64_t piece) {
    if (piece == 7) std::terminate();
    return name_of(piece);
  }));
  check_all_but(results, 50, 7, PieceEnd::crashed);
  BOOST_TEST(results[7].text == "abort (a broken invariant)");
}

BOOST_AUTO_TEST_CASE(an_exception_is_told) {
  const auto results = all_of(plan_of(50, [](std::uint64_t piece) {
    if (piece == 0) throw std::runtime_error("no such file");
    return name_of(piece);
  }));
  check_all_but(results, 50, 0, PieceEnd::threw);
  BOOST_TEST(results[0].text == "no such file");
}

BOOST_AUTO_TEST_CASE(what_hangs_is_stopped) {
  auto plan = plan_of(200, [](std::uint64_t piece) {
    if (piece == 66)
      while (true) std::this_thread::sleep_for(std::chrono::seconds{1});
    return name_of(piece);
  });
  plan.limits.wall = std::chrono::milliseconds{300};
  const auto results = all_of(std::move(plan));
  check_all_but(results, 200, 66, PieceEnd::too_long);
  BOOST_TEST(results[66].text == "it took more than 300 ms of real time");
}

BOOST_AUTO_TEST_CASE(what_eats_the_memory_is_stopped) {
  if (kSanitized) return;  // there is no limit then: their shadow memory is terabytes
  auto plan = plan_of(60, [](std::uint64_t piece) {
    std::vector<std::string> eaten;
    while (piece == 33) eaten.emplace_back(1'000'000, 'x');
    return name_of(piece);
  });
  plan.limits.memory_bytes = 600'000'000;
  const auto results = all_of(std::move(plan));
  check_all_but(results, 60, 33, PieceEnd::too_large);
  BOOST_TEST(results[33].text == "it needed more than 600 MB of memory");
}

BOOST_AUTO_TEST_CASE(every_piece_may_crash) {
  const auto results = all_of(plan_of(40, [](std::uint64_t) -> std::string { std::abort(); }));
  BOOST_REQUIRE(results.size() == 40u);
  for (const auto& r : results) BOOST_TEST((r.end == PieceEnd::crashed));
}

BOOST_AUTO_TEST_CASE(an_interrupt_drops_what_is_under_way) {
  std::atomic<bool> interrupt{false};
  auto plan = plan_of(1000, [](std::uint64_t piece) {
    std::this_thread::sleep_for(std::chrono::milliseconds{piece == 20 ? 60'000 : 1});
    return name_of(piece);
  });
  plan.interrupt = &interrupt;
  WorkerPool pool(std::move(plan));
  std::uint64_t taken = 0;
  while (auto result = pool.take([&] { interrupt = taken >= 20; })) {
    BOOST_TEST(result->piece == taken);
    ++taken;
  }
  BOOST_TEST(taken == 20u);
}

BOOST_AUTO_TEST_CASE(no_worker_is_left) {
  all_of(plan_of(10, name_of));
  BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
  BOOST_TEST(errno == ECHILD);
}

BOOST_AUTO_TEST_CASE(a_run_ends_at_its_limit_of_events) {
  EngineInfo endless = *find_engine("pbft");
  endless.make = [](const Options&) -> std::unique_ptr<Engine> {
    return std::make_unique<Endless>();
  };
  Trial t(endless, 4, 30);
  t.options.max_events = 100'000;
  const Report report = byzlab::run(t.scenario, t.options);
  BOOST_TEST(report.events == 100'000u);
  BOOST_TEST((report.verdict == RunVerdict::inconclusive));
  BOOST_TEST(report.reason == "stopped after 100000 events, its limit");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
