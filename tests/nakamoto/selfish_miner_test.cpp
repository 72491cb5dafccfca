// Algorithm 1 of Eyal & Sirer, move by move; and what it earns, against their formula. Fixed seeds:
// deterministic.
#include "consensus/nakamoto/selfish_miner.h"

#include <boost/math/distributions/students_t.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/nakamoto/selfish.h"
#include "tests/support/engine_script.h"

namespace byzlab::nakamoto {
namespace {

using namespace std::chrono_literals;

constexpr ReplicaId kHonest{1}, kOther{2};

/// The pool, r0, and two honest miners; what the pool's moves are is read from its notes.
struct Duel : EngineScript {
  static EngineInfo table() {
    EngineInfo info = kInfo;
    info.make = [](const Options& o) -> std::unique_ptr<Engine> {
      // Engines are made in the order of replicas.
      return made()++ % 3 == 0 ? std::unique_ptr<Engine>(std::make_unique<SelfishMiner>(o))
                               : std::make_unique<Open>(o);
    };
    return info;
  }
  static int& made() {
    static int count = 0;
    return count;
  }
  explicit Duel(std::string_view gamma = "0")
      : EngineScript((made() = 0, kTable), {.n = 3},
                     Options(kOptions).with("tie_break", "gamma").with("gamma", gamma)) {
    record(false);
    start_all();
  }
  static const EngineInfo kTable;

  void pool() { mine(kPool); }
  void others() { mine(kHonest); }
  /// Finds a block and lets everybody hear of what follows.
  void mine(ReplicaId r) {
    BOOST_TEST(fire(r, 0, 1));
    run_for(50ms);
  }
  std::size_t published() const { return noted(Milestone::published); }
  std::size_t withheld() const { return noted(Milestone::withheld); }
  const BestChain& honest_chain(ReplicaId r = kHonest) {
    return static_cast<const Open&>(engine(r)).best();
  }
  std::uint64_t height(ReplicaId r = kHonest) { return honest_chain(r).height(); }
  /// "PHP": whose the blocks of the honest chain are, from height 1 on.
  std::string blocks_by(ReplicaId r = kHonest) {
    std::string by;
    for (std::uint64_t h = 1; h <= height(r); ++h) {
      by += honest_chain(r).tree()[honest_chain(r).at(h)].proposer == kPool ? 'P' : 'H';
    }
    return by;
  }
};
const EngineInfo Duel::kTable = Duel::table();

}  // namespace

BOOST_AUTO_TEST_SUITE(selfish_miner)

BOOST_AUTO_TEST_CASE(it_keeps_what_it_finds) {
  Duel d;
  for (std::size_t k = 1; k <= 5; ++k) {
    d.pool();
    BOOST_TEST(d.withheld() == k);
    BOOST_TEST(d.published() == 0u);
    BOOST_TEST(d.height() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(one_ahead_it_ties_and_its_next_block_wins) {
  Duel d;
  d.pool();
  d.others();  // Δ was 1
  BOOST_TEST(d.published() == 1u);
  BOOST_TEST(d.blocks_by() == "H");  // γ = 0: nobody changes over
  d.pool();                          // a branch of 2 that was tied
  BOOST_TEST(d.published() == 2u);
  BOOST_TEST(d.blocks_by() == "PP");
  d.pool();  // from there on it is secret again
  BOOST_TEST(d.withheld() == 3u);
  BOOST_TEST(d.published() == 2u);
}

BOOST_AUTO_TEST_CASE(a_tie_the_others_win_is_given_in) {
  Duel d;
  d.pool();
  d.others();
  d.others();  // Δ was 0
  BOOST_TEST(d.blocks_by() == "HH");
  BOOST_TEST(d.published() == 1u);
  d.pool();
  d.others();
  d.pool();  // on the public chain: a new tie, won
  BOOST_TEST(d.blocks_by() == "HHPP");
}

BOOST_AUTO_TEST_CASE(in_a_tie_others_may_mine_for_the_pool) {
  Duel d("1");
  d.pool();
  d.others();
  BOOST_TEST(d.blocks_by() == "P");  // γ = 1: everybody changes over, the finder too
  d.others();
  BOOST_TEST(d.blocks_by() == "PH");  // the paper's case (g): one each
  BOOST_TEST(d.published() == 1u);
}

BOOST_AUTO_TEST_CASE(two_ahead_it_publishes_all_and_is_still_one_ahead) {
  Duel d;
  d.pool();
  d.pool();
  BOOST_TEST(d.published() == 0u);  // the lead of 2 was no tie before
  d.others();                       // Δ was 2
  BOOST_TEST(d.published() == 2u);
  BOOST_TEST(d.blocks_by() == "PP");
  BOOST_TEST(d.height(kOther) == 2u);
}

BOOST_AUTO_TEST_CASE(far_ahead_it_publishes_one_for_each_of_theirs) {
  Duel d;
  for (int k = 0; k < 5; ++k) d.pool();
  for (std::size_t k = 1; k <= 3; ++k) {  // Δ was 5, 4, 3
    d.others();
    BOOST_TEST(d.published() == k);
    BOOST_TEST(d.height() == k);
  }
  d.others();  // Δ was 2
  BOOST_TEST(d.published() == 5u);
  BOOST_TEST(d.blocks_by() == "PPPPP");
}

BOOST_AUTO_TEST_CASE(without_a_branch_it_follows_the_public_chain) {
  Duel d;
  for (int k = 0; k < 4; ++k) d.others();
  BOOST_TEST(d.withheld() == 0u);
  d.pool();
  d.others();
  d.pool();
  BOOST_TEST(d.blocks_by() == "HHHHPP");
}

BOOST_AUTO_TEST_CASE(blocks_that_come_in_a_bunch_are_met_one_by_one) {
  // The pool hears nothing for three blocks, then of the third, and fetches the others below it.
  Duel d;
  for (int k = 0; k < 4; ++k) d.pool();
  d.link = [](ReplicaId, ReplicaId to, const Message&) {
    return to == kPool ? Duration::max() : Duration(10ms);
  };
  d.others();
  d.others();
  d.link = nullptr;
  d.others();  // Δ was 4, then 3, then 2
  d.run_for(100ms);
  BOOST_TEST(d.published() == 4u);
  BOOST_TEST(d.blocks_by() == "PPPP");
}

BOOST_AUTO_TEST_CASE(a_restarted_pool_starts_over) {
  Duel d;
  for (int k = 0; k < 3; ++k) d.pool();
  d.crash(kPool);
  Duel::made() = 0;
  d.start(kPool);
  d.others();
  BOOST_TEST(d.published() == 0u);
  d.pool();
  d.others();
  d.pool();
  BOOST_TEST(d.blocks_by() == "HPP");
}

// Equation 8 from the state machine of the paper's Figure 1 and the revenues of §4.3, by iterating
// its stationary distribution: shares nothing with the closed form.
BOOST_AUTO_TEST_CASE(the_closed_form_is_the_state_machines) {
  for (const double a : {0.05, 0.2, 0.3, 0.4, 0.45}) {
    for (const double g : {0.0, 0.5, 1.0}) {
      constexpr std::size_t kStates = 400;  // leads; far less likely than one in 10^12 beyond
      const double b = 1 - a;
      std::vector<double> lead(kStates, 0);
      double tie = 0;
      lead[0] = 1;
      double pool = 0, others = 0;
      for (int step = 0; step < 20'000; ++step) {
        std::vector<double> next(kStates, 0);
        pool = others = 0;
        next[1] += lead[0] * a;  // the pool keeps its block
        next[0] += lead[0] * b;
        others += lead[0] * b;
        next[2] += lead[1] * a;
        const double next_tie = lead[1] * b;
        next[0] += tie;  // whoever finds the next block ends the tie: two blocks are decided
        pool += tie * (a * 2 + b * g);
        others += tie * (b * g + b * (1 - g) * 2);
        next[3] += lead[2] * a;
        next[0] += lead[2] * b;
        pool += lead[2] * b * 2;
        for (std::size_t k = 3; k + 1 < kStates; ++k) {
          next[k + 1] += lead[k] * a;
          next[k - 1] += lead[k] * b;
          pool += lead[k] * b;
        }
        lead = next;
        tie = next_tie;
      }
      BOOST_TEST(std::abs(selfish_relative_revenue({.share = a, .gamma = g}) -
                          pool / (pool + others)) < 1e-9);
    }
  }
}

BOOST_AUTO_TEST_CASE(at_the_threshold_it_earns_its_share) {
  for (const double g : {0.0, 0.25, 0.5, 0.75}) {
    const double a = selfish_threshold(g);
    BOOST_TEST(std::abs(selfish_relative_revenue({.share = a, .gamma = g}) - a) < 1e-12);
  }
  BOOST_TEST(std::abs(selfish_threshold(0) - 1.0 / 3) < 1e-12);
  BOOST_TEST(std::abs(selfish_threshold(0.5) - 0.25) < 1e-12);
}

// The chain is cut into batches so long that they hardly know of each other; their spread says how
// far the mean of all may be from the truth: Student's t at 99.9 %.
BOOST_AUTO_TEST_CASE(it_earns_what_the_formula_says) {
  constexpr std::uint64_t kBatches = 40, kBatch = 500;
  for (const double a : {0.2, 0.3, 0.4, 0.45}) {
    for (const double g : {0.0, 0.5, 1.0}) {
      const auto chain = selfish_chain({.pool = {.share = a, .gamma = g}}, kBatches * kBatch);
      double sum = 0, squares = 0;
      for (std::uint64_t k = 0; k < kBatches; ++k) {
        const auto begin = chain.begin() + static_cast<std::ptrdiff_t>(k * kBatch);
        const double share =
            static_cast<double>(std::count(begin, begin + kBatch, true)) / double{kBatch};
        sum += share;
        squares += share * share;
      }
      const double mean = sum / kBatches;
      const double deviation = std::sqrt((squares / kBatches - mean * mean) / (kBatches - 1));
      const boost::math::students_t t(kBatches - 1);
      const double bound = quantile(t, 0.9995) * deviation;
      const double expected = selfish_relative_revenue({.share = a, .gamma = g});
      BOOST_TEST(std::abs(mean - expected) < bound, "alpha " << a << " gamma " << g << ": " << mean
                                                             << ", expected " << expected << " ± "
                                                             << bound);
      BOOST_TEST(bound < 0.05);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::nakamoto
