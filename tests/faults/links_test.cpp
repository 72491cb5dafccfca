// Link rules: what they promise, as statistics with fixed seeds and as exact fates.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include "faults/links/corrupt.h"
#include "faults/links/cut.h"
#include "faults/links/delay.h"
#include "faults/links/duplicate.h"
#include "faults/links/isolate.h"
#include "faults/links/loss.h"
#include "faults/links/partition.h"
#include "faults/links/reorder.h"
#include "faults/links/synchrony.h"
#include "faults/links/throttle.h"
#include "tests/faults/toy.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;
using namespace byzlab::toy;

constexpr Time kSent{Duration{1s}};
constexpr Duration kLatency = 10ms;

ProcessSet set_of(std::initializer_list<std::uint32_t> members) {
  ProcessSet set;
  for (auto m : members) set.insert(ProcessId(m));
  return set;
}

/// What one broadcast of process `from` to `to` comes to under some rules.
struct Shaped {
  std::map<std::uint32_t, Time> arrival;
  std::vector<Fates::Copy> copies;
  std::array<std::uint64_t, kDropReasons> dropped{};

  std::uint64_t lost() const {
    return static_cast<std::uint64_t>(std::count_if(
        arrival.begin(), arrival.end(), [](const auto& a) { return a.second == kNever; }));
  }
  bool reaches(std::uint32_t p) const { return arrival.at(p) != kNever; }
};

class World {
 public:
  explicit World(std::uint32_t payload_bytes = 0) {
    record_ = store_.make(ReplicaId(0), Blob{.body = std::vector<std::uint8_t>(payload_bytes)});
    store_.hold(record_);
  }
  ~World() { store_.release(record_); }

  FaultInjector injector{kToyMessages, 7};

  Shaped broadcast(std::uint32_t from, const std::vector<std::uint32_t>& to, std::uint64_t id,
                   Time sent = kSent) {
    Shaped result;
    std::vector<ProcessId> processes;
    for (auto p : to) processes.emplace_back(p);
    std::vector<Time> arrival(to.size(), sent + kLatency);
    Fates fates{.from = ProcessId(from),
                .sent = sent,
                .to = processes,
                .arrival = arrival,
                .copies = result.copies,
                .dropped = result.dropped};
    injector.shape(*record_, id, fates);
    for (std::size_t i = 0; i < to.size(); ++i) result.arrival[to[i]] = arrival[i];
    return result;
  }
  std::uint32_t bytes() const { return record_->bytes(); }

 private:
  MessageStore store_{kToyMessages};
  Message* record_;
};

std::vector<std::uint32_t> others(std::uint32_t n) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t p = 1; p < n; ++p) all.push_back(p);
  return all;
}

/// Hits of `count(shaped)` over many broadcasts lie within four standard deviations of the binomial
/// mean.
template <class Count>
void check_share(World& world, double p, Count count) {
  constexpr int kBroadcasts = 2000;
  const auto to = others(101);
  double hits = 0;
  for (int id = 0; id < kBroadcasts; ++id) {
    hits += static_cast<double>(count(world.broadcast(0, to, static_cast<std::uint64_t>(id))));
  }
  const double trials = kBroadcasts * 100.0;
  BOOST_TEST(std::abs(hits - trials * p) <= 4 * std::sqrt(trials * p * (1 - p)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(link_rules)

BOOST_AUTO_TEST_CASE(loss_takes_its_share_and_counts_it) {
  for (const double p : {0.01, 0.3}) {
    World world;
    links::Loss loss(Where{}, Probability::of(p));
    world.injector.add(loss);
    std::uint64_t dropped = 0;
    check_share(world, p, [&](const Shaped& s) {
      BOOST_REQUIRE_EQUAL(s.dropped[static_cast<std::size_t>(DropReason::loss)], s.lost());
      dropped += s.lost();
      return s.lost();
    });
    BOOST_TEST(loss.affected() == dropped);
  }
}

BOOST_AUTO_TEST_CASE(loss_is_exact_at_its_ends) {
  for (const double p : {0.0, 1.0}) {
    World world;
    links::Loss loss(Where{}, Probability::of(p));
    world.injector.add(loss);
    BOOST_TEST(world.broadcast(0, others(1001), 1).lost() == (p == 0.0 ? 0u : 1000u));
  }
}

BOOST_AUTO_TEST_CASE(a_draw_depends_on_no_other_destination) {
  World world;
  links::Loss loss(Where{}, Probability::of(0.3));
  links::Delay delay(Where{}, 1ms, 5ms);
  links::Duplicate duplicate(Where{}, Probability::of(0.3), 9ms);
  links::Reorder reorder(Where{}, Probability::of(0.3), 30ms);
  links::Corrupt corrupt(Where{}, Probability::of(0.3));
  for (LinkRule* rule : {static_cast<LinkRule*>(&loss), static_cast<LinkRule*>(&delay),
                         static_cast<LinkRule*>(&duplicate), static_cast<LinkRule*>(&reorder),
                         static_cast<LinkRule*>(&corrupt)})
    world.injector.add(*rule);
  for (std::uint64_t id = 0; id < 200; ++id) {
    const Shaped all = world.broadcast(0, others(20), id);
    for (const std::uint32_t one : {1u, 7u, 19u}) {
      const Shaped alone = world.broadcast(0, {one}, id);
      BOOST_REQUIRE(alone.arrival.at(one) == all.arrival.at(one));
      std::vector<Fates::Copy> same;
      for (const auto& c : all.copies)
        if (c.to.value == one) same.push_back(c);
      BOOST_REQUIRE_EQUAL(same.size(), alone.copies.size());
      for (std::size_t i = 0; i < same.size(); ++i) {
        BOOST_REQUIRE(same[i].arrival == alone.copies[i].arrival);
        BOOST_REQUIRE_EQUAL(same[i].corruption, alone.copies[i].corruption);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(two_rules_of_a_kind_draw_apart) {
  World world;
  links::Loss first(Where{}, Probability::of(0.5)), second(Where{}, Probability::of(0.5));
  world.injector.add(first);
  world.injector.add(second);
  check_share(world, 0.75, [](const Shaped& s) { return s.lost(); });
}

BOOST_AUTO_TEST_CASE(a_partition_cuts_between_sides_and_isolates_the_rest) {
  World world;
  const auto p = [](std::uint32_t v) { return ProcessId(v); };
  links::Partition partition(Where{}, 6, {{p(0), p(1)}, {p(2), p(3)}});
  world.injector.add(partition);
  const std::vector<std::string> expected{"01", "01", "23", "23", "4", "5"};
  for (std::uint32_t from = 0; from < 6; ++from) {
    std::vector<std::uint32_t> to;
    for (std::uint32_t q = 0; q < 6; ++q)
      if (q != from) to.push_back(q);
    const Shaped s = world.broadcast(from, to, from);
    std::string heard;
    for (std::uint32_t q = 0; q < 6; ++q)
      if (q == from || s.reaches(q)) heard += std::to_string(q);
    BOOST_TEST(heard == expected[from]);
    BOOST_TEST(s.dropped[static_cast<std::size_t>(DropReason::partition)] == s.lost());
  }
  BOOST_TEST(partition.affected() == 4 * 4 + 2 * 5u);
}

BOOST_AUTO_TEST_CASE(a_cut_is_one_way) {
  World world;
  links::Cut cut(Where{.from = set_of({0}), .to = set_of({1, 2})});
  world.injector.add(cut);
  BOOST_TEST(world.broadcast(0, {1, 2, 3}, 1).lost() == 2);
  BOOST_TEST(world.broadcast(1, {0, 2, 3}, 2).lost() == 0);
  BOOST_TEST(world.broadcast(2, {0, 1, 3}, 3).lost() == 0);
}

BOOST_AUTO_TEST_CASE(isolated_processes_are_alone) {
  World world;
  links::Isolate isolate(set_of({1, 2}));
  world.injector.add(isolate);
  const Shaped from_healthy = world.broadcast(0, {1, 2, 3}, 1);
  BOOST_TEST(from_healthy.lost() == 2);
  BOOST_TEST(from_healthy.reaches(3));
  BOOST_TEST(world.broadcast(1, {0, 2, 3}, 2).lost() == 3);
}

BOOST_AUTO_TEST_CASE(a_partition_stops_duplicates_too) {
  World world;
  links::Duplicate duplicate(Where{}, Probability::of(1), 5ms);
  links::Partition partition(Where{}, 3, {{ProcessId(0), ProcessId(1)}, {ProcessId(2)}});
  world.injector.add(duplicate);
  world.injector.add(partition);
  const Shaped s = world.broadcast(0, {1, 2}, 1);
  BOOST_TEST(s.copies.size() == 1);
  BOOST_TEST(s.copies[0].to.value == 1);
  BOOST_TEST(s.dropped[static_cast<std::size_t>(DropReason::partition)] == 1);
}

BOOST_AUTO_TEST_CASE(delay_adds_a_fixed_part_and_a_uniform_one) {
  World world;
  links::Delay delay(Where{}, 3ms, 4ms);
  world.injector.add(delay);
  double sum = 0;
  Duration least = 1h, most = 0s;
  for (std::uint64_t id = 0; id < 1000; ++id) {
    for (const auto& [to, arrival] : world.broadcast(0, others(11), id).arrival) {
      const Duration added = arrival - kSent - kLatency;
      least = std::min(least, added);
      most = std::max(most, added);
      sum += seconds(added);
    }
  }
  BOOST_TEST((least >= 3ms && least < 3ms + 10us));
  BOOST_TEST((most <= 7ms && most > 7ms - 10us));
  // Mean of 10,000 uniform draws: standard deviation 4 ms / sqrt(12) / 100.
  BOOST_TEST(std::abs(sum / 10000 - 0.005) < 4 * 0.004 / std::sqrt(12.0) / 100);
  BOOST_TEST(delay.affected() == 10000);
}

BOOST_AUTO_TEST_CASE(delay_raises_no_lost_packet_from_the_dead) {
  World world;
  links::Loss loss(Where{}, Probability::of(1));
  links::Delay delay(Where{}, 3ms, 4ms);
  links::Duplicate duplicate(Where{}, Probability::of(1), 1ms);
  links::Reorder reorder(Where{}, Probability::of(1), 1ms);
  links::Corrupt corrupt(Where{}, Probability::of(1));
  for (LinkRule* rule : {static_cast<LinkRule*>(&loss), static_cast<LinkRule*>(&delay),
                         static_cast<LinkRule*>(&duplicate), static_cast<LinkRule*>(&reorder),
                         static_cast<LinkRule*>(&corrupt)})
    world.injector.add(*rule);
  const Shaped s = world.broadcast(0, others(10), 1);
  BOOST_TEST(s.lost() == 9);
  BOOST_TEST(s.copies.empty());
  BOOST_TEST(delay.affected() + duplicate.affected() + reorder.affected() + corrupt.affected() ==
             0);
}

BOOST_AUTO_TEST_CASE(duplicates_follow_their_packets) {
  World world;
  links::Duplicate duplicate(Where{}, Probability::of(0.2), 5ms);
  world.injector.add(duplicate);
  check_share(world, 0.2, [](const Shaped& s) {
    for (const auto& copy : s.copies) {
      BOOST_REQUIRE(copy.corruption == 0);
      BOOST_REQUIRE(copy.arrival >= s.arrival.at(copy.to.value));
      BOOST_REQUIRE(copy.arrival <= s.arrival.at(copy.to.value) + 5ms);
    }
    BOOST_REQUIRE(s.lost() == 0);
    return s.copies.size();
  });
}

BOOST_AUTO_TEST_CASE(reordered_packets_are_overtaken) {
  World world;
  links::Reorder reorder(Where{}, Probability::of(0.25), 40ms);
  world.injector.add(reorder);
  check_share(world, 0.25, [](const Shaped& s) {
    return std::count_if(s.arrival.begin(), s.arrival.end(), [](const auto& a) {
      BOOST_REQUIRE(a.second <= kSent + kLatency + 40ms);
      return a.second > kSent + kLatency;
    });
  });
  std::uint64_t overtaken = 0;
  for (std::uint64_t id = 0; id < 100; ++id) {
    const Time early = world.broadcast(0, {1}, 2 * id).arrival.at(1);
    const Time late = world.broadcast(0, {1}, 2 * id + 1, kSent + 1ms).arrival.at(1);
    overtaken += late < early ? 1 : 0;
  }
  BOOST_TEST(overtaken > 5);
}

BOOST_AUTO_TEST_CASE(corruption_replaces_the_packet) {
  World world;
  links::Corrupt corrupt(Where{}, Probability::of(0.1));
  world.injector.add(corrupt);
  check_share(world, 0.1, [](const Shaped& s) {
    BOOST_REQUIRE_EQUAL(s.copies.size(), s.lost());
    for (const auto& copy : s.copies) {
      BOOST_REQUIRE(copy.corruption != 0);
      BOOST_REQUIRE(!s.reaches(copy.to.value));
      BOOST_REQUIRE(copy.arrival == kSent + kLatency);
    }
    for (auto dropped : s.dropped) BOOST_REQUIRE_EQUAL(dropped, 0);
    return s.copies.size();
  });
}

BOOST_AUTO_TEST_CASE(a_throttled_link_is_a_queue) {
  World world(1000);
  const std::uint64_t bits = 8 * std::uint64_t{world.bytes()};
  // So that one message takes exactly 1 ms.
  links::Throttle throttle(Where{}, links::Throttle::Scope::link, bits * 1000, 4);
  world.injector.add(throttle);
  for (int k = 1; k <= 5; ++k) {
    const Shaped s = world.broadcast(0, {1, 2}, static_cast<std::uint64_t>(k));
    BOOST_TEST((s.arrival.at(1) == kSent + kLatency + k * 1ms));
    BOOST_TEST((s.arrival.at(2) == kSent + kLatency + k * 1ms));
  }
  // Another sender has a queue of its own, and an idle link is free again.
  BOOST_TEST((world.broadcast(3, {1}, 9).arrival.at(1) == kSent + kLatency + 1ms));
  const Time later = kSent + 1s;
  BOOST_TEST((world.broadcast(0, {1}, 10, later).arrival.at(1) == later + kLatency + 1ms));
}

BOOST_AUTO_TEST_CASE(a_throttled_sender_serves_one_destination_after_the_other) {
  World world(1000);
  links::Throttle throttle(Where{}, links::Throttle::Scope::sender,
                           8000 * std::uint64_t{world.bytes()}, 4);
  world.injector.add(throttle);
  const Shaped s = world.broadcast(0, {1, 2, 3}, 1);
  for (std::uint32_t to = 1; to <= 3; ++to)
    BOOST_TEST((s.arrival.at(to) == kSent + kLatency + to * 1ms));
}

BOOST_AUTO_TEST_CASE(nothing_arrives_later_than_the_promise) {
  const Time gst{Duration{3s}};
  const Duration delta = 200ms;
  World world(100);
  links::Loss loss(Where{}, Probability::of(0.3));
  links::Delay delay(Where{}, 0s, 10s);
  links::Duplicate duplicate(Where{}, Probability::of(0.3), 10s);
  links::Corrupt corrupt(Where{}, Probability::of(0.2));
  links::Throttle throttle(Where{}, links::Throttle::Scope::sender, 10000, 40);
  links::Synchrony promise(gst, delta);
  for (LinkRule* rule : {static_cast<LinkRule*>(&loss), static_cast<LinkRule*>(&delay),
                         static_cast<LinkRule*>(&duplicate), static_cast<LinkRule*>(&corrupt),
                         static_cast<LinkRule*>(&throttle)})
    world.injector.add(*rule);
  world.injector.set_promise(&promise);
  std::uint64_t early = 0;
  for (std::uint64_t id = 0; id < 600; ++id) {
    const Time sent = kSent + 10ms * static_cast<int>(id);
    const Time bound = std::max(sent, gst) + delta;
    const Shaped s = world.broadcast(0, others(40), id, sent);
    for (const auto& [to, arrival] : s.arrival) {
      BOOST_REQUIRE(arrival <= bound);
      BOOST_REQUIRE(arrival >= sent + kLatency);
      early += arrival < bound ? 1 : 0;
    }
    for (const auto& copy : s.copies) BOOST_REQUIRE(copy.arrival <= bound);
    for (auto dropped : s.dropped) BOOST_REQUIRE_EQUAL(dropped, 0);
  }
  BOOST_TEST(early > 0);
  BOOST_TEST(loss.affected() > 0);
  BOOST_TEST(promise.affected() > loss.affected());
}

BOOST_AUTO_TEST_CASE(no_promise_restores_a_link_that_does_not_exist) {
  World world;
  links::Cut absent(Where{.from = set_of({0}), .to = set_of({1})});
  links::Synchrony promise(kStart, 1s);
  world.injector.set_promise(&promise);
  world.injector.set_topology(&absent);
  const Shaped s = world.broadcast(0, {1, 2}, 1);
  BOOST_TEST(!s.reaches(1));
  BOOST_TEST(s.reaches(2));
}

BOOST_AUTO_TEST_CASE(rules_look_only_where_they_are_told) {
  World world;
  links::Loss loss(Where{.from = set_of({0}), .to = set_of({2}), .kinds = 1u << Blob::kKind.value},
                   Probability::of(1));
  links::Loss elsewhere(Where{.kinds = 1u << Ping::kKind.value}, Probability::of(1));
  world.injector.add(loss);
  world.injector.add(elsewhere);
  const Shaped s = world.broadcast(0, {1, 2, 3}, 1);
  BOOST_TEST((s.reaches(1) && !s.reaches(2) && s.reaches(3)));
  BOOST_TEST(world.broadcast(1, {0, 2, 3}, 2).lost() == 0);
  BOOST_TEST(elsewhere.affected() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace byzlab
