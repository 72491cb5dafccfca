// What the attacker does, step by step. How often it works is double_spend_odds_test.cpp.
#include "consensus/nakamoto/private_miner.h"

#include <boost/test/unit_test.hpp>

#include "tests/nakamoto/race.h"

namespace byzlab::nakamoto {
namespace {

using namespace std::chrono_literals;

struct Facts {
  std::vector<std::uint64_t> withheld, published, merchant_reorgs, attacker_proposed;
  std::vector<BlockRef> merchant_commits;
};

Facts facts(const Miners& miners) {
  Facts f;
  for (const auto& happening : miners.log) {
    if (const auto* commit = std::get_if<Miners::Committed>(&happening.what)) {
      if (commit->replica == kMerchant) f.merchant_commits.push_back(commit->block);
      continue;
    }
    const auto& [replica, note] = std::get<Miners::Noted>(happening.what);
    if (replica == kMerchant) {
      if (note.milestone == Milestone::reorg) f.merchant_reorgs.push_back(note.value);
      continue;
    }
    if (note.milestone == Milestone::withheld) f.withheld.push_back(note.value);
    if (note.milestone == Milestone::published) f.published.push_back(note.value);
    if (note.milestone == Milestone::proposed) f.attacker_proposed.push_back(note.value);
  }
  return f;
}

std::vector<std::uint64_t> coins_of(const std::vector<BlockRef>& blocks) {
  std::vector<std::uint64_t> coins;
  for (const auto& block : blocks) {
    for (const Request& r : block->requests) coins.push_back(r.coin);
  }
  return coins;
}

Facts after(const RaceSetup& setup, const Options& options, std::uint64_t seed, Duration time) {
  Miners miners = race_miners(setup, options, seed);
  miners.run(kStart + time);
  return facts(miners);
}

const RaceSetup kMajority{.race = {.attacker_share = 0.7, .confirmations = 3}};

}  // namespace

BOOST_AUTO_TEST_SUITE(private_miner)

BOOST_AUTO_TEST_CASE(the_merchant_is_paid_and_then_is_not) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Facts f = after(kMajority, race_options(kMajority), seed, 72h);
    const auto coins = coins_of(f.merchant_commits);
    BOOST_REQUIRE_EQUAL(coins.size(), 2u);
    BOOST_TEST(coins[0] == coins[1]);
    BOOST_REQUIRE_EQUAL(f.merchant_reorgs.size(), 1u);
    BOOST_TEST(f.merchant_reorgs[0] >= kMajority.race.confirmations);
    BOOST_REQUIRE_EQUAL(f.published.size(), 1u);
    BOOST_TEST(f.published[0] == f.withheld.back());
    // Strictly longer than what it replaces, by no more than it had to be unless it was ahead
    // already.
    BOOST_TEST(f.withheld.size() > f.merchant_reorgs[0]);
    // Afterwards it mines for all to see.
    BOOST_TEST(!f.attacker_proposed.empty());
    BOOST_TEST(f.attacker_proposed.front() > f.published[0]);
  }
}

BOOST_AUTO_TEST_CASE(the_payment_is_sent_only_when_a_block_is_in_hand) {
  const Options options = race_options(kMajority);
  Miners miners = race_miners(kMajority, options, 3);
  miners.run(kStart + 240h, [&] { return !facts(miners).withheld.empty(); });
  BOOST_TEST(coins_of(facts(miners).merchant_commits).empty());
  const std::uint64_t fork = facts(miners).withheld.front() - 1;
  miners.run(kStart + 240h, [&] { return !coins_of(facts(miners).merchant_commits).empty(); });
  BOOST_TEST(facts(miners).merchant_commits.back()->height.value == fork + 1);
}

BOOST_AUTO_TEST_CASE(without_a_head_start_it_pays_at_once) {
  RaceSetup setup = kMajority;
  setup.race.premined = false;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Facts f = after(setup, race_options(setup), seed, 72h);
    BOOST_REQUIRE(!f.merchant_commits.empty());
    BOOST_TEST(f.merchant_commits[0]->height.value == 1u);
    BOOST_TEST(f.merchant_commits[0]->requests.size() == 1u);
    BOOST_TEST(f.withheld.front() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(it_gives_up_when_too_far_behind_and_mines_honestly) {
  const RaceSetup weak{.race = {.attacker_share = 0.05, .confirmations = 2}, .give_up_behind = 4};
  const Facts f = after(weak, race_options(weak), 5, 240h);
  BOOST_TEST(f.published.empty());
  BOOST_TEST(f.merchant_reorgs.empty());
  BOOST_TEST(coins_of(f.merchant_commits).size() == 1u);
  BOOST_REQUIRE(!f.attacker_proposed.empty());
  // Five behind when it stopped: the honest chain was that much longer than the secret one.
  BOOST_TEST(f.attacker_proposed.front() > f.withheld.back() + weak.give_up_behind);
}

BOOST_AUTO_TEST_CASE(it_tries_again_with_another_coin) {
  const RaceSetup weak{.race = {.attacker_share = 0.2, .confirmations = 2}, .give_up_behind = 1};
  for (const auto& [attempts, most] : {std::pair("1", 1u), std::pair("3", 3u)}) {
    const Options options = race_options(weak).with("attempts", attempts);
    std::size_t largest = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      auto coins = coins_of(after(weak, options, seed, 1000h).merchant_commits);
      std::ranges::sort(coins);
      coins.erase(std::unique(coins.begin(), coins.end()), coins.end());
      largest = std::max(largest, coins.size());
    }
    BOOST_TEST(largest == most);
  }
  const Options unlimited = race_options(weak).with("attempts", "0");
  const auto coins = coins_of(after(weak, unlimited, 1, 1000h).merchant_commits);
  BOOST_TEST(coins.size() > 3u);
}

BOOST_AUTO_TEST_CASE(it_keeps_its_chain_until_the_merchant_is_satisfied) {
  // The attacker is ahead from the first block on, but publishes only after the last confirmation.
  const RaceSetup setup{.race = {.attacker_share = 0.95, .confirmations = 3}};
  const Facts f = after(setup, race_options(setup), 2, 240h);
  BOOST_REQUIRE_EQUAL(f.merchant_reorgs.size(), 1u);
  BOOST_TEST(f.merchant_reorgs[0] == 3u);
  BOOST_TEST(f.withheld.size() > 10u);
}

BOOST_AUTO_TEST_CASE(nothing_is_published_before_the_merchant_has_delivered) {
  Options options = race_options(kMajority);
  options.set_replicas("merchant", {kMerchant});
  Miners miners({.power = {700, 1, 299},
                 .delay = 100ms,
                 .seed = 5,
                 .make = [&](ReplicaId r) -> std::unique_ptr<Engine> {
                   if (r == kAttacker) return std::make_unique<PrivateMiner>(options);
                   return std::make_unique<Nakamoto>(Options(kOptions).with("confirmations", "3"));
                 }});
  RaceWatch watch;
  // The merchant hears of the payment and of nothing else: others have confirmed it long since.
  bool cut = false;
  miners.reachable = [&](ReplicaId, ReplicaId to) { return !cut || to != kMerchant; };
  miners.run(kStart + 240h, [&] { return !facts(miners).withheld.empty(); });
  miners.run(miners.now() + 200ms);
  cut = true;
  miners.run(kStart + 72h, [&] { return watch.over(miners); });
  BOOST_TEST(!watch.outcome.published);
  BOOST_TEST(facts(miners).withheld.size() > 10u);
  cut = false;
  miners.run(kStart + 240h, [&] { return watch.over(miners); });
  BOOST_TEST(watch.outcome.cheated);
}

BOOST_AUTO_TEST_CASE(a_restarted_attacker_starts_over) {
  Miners miners = race_miners(kMajority, race_options(kMajority), 4);
  miners.run(kStart + 240h, [&] { return facts(miners).withheld.size() == 2; });
  miners.restart(kAttacker);
  miners.run(kStart + 240h);
  const Facts f = facts(miners);
  BOOST_REQUIRE_EQUAL(f.published.size(), 1u);
  BOOST_TEST(f.merchant_reorgs.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::nakamoto
