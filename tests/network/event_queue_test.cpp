// TimingWheel against ReferenceQueue: whatever is pushed, both pop the same sequence.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ostream>
#include <vector>

#include "base/rng.h"
#include "network/reference_queue.h"
#include "network/timing_wheel.h"

using namespace byzlab;
using namespace std::chrono_literals;

namespace byzlab {
std::ostream& operator<<(std::ostream& out, const QueuedEvent& e) {
  return out << '(' << nanoseconds(e.time) << " ns, id " << e.id << ", to " << e.destination << ')';
}
}  // namespace byzlab

namespace {

/// Both queues, fed alike and compared at every pop.
class Pair {
 public:
  Pair(Duration smallest, Duration largest) : wheel_(smallest, largest), reference_(smallest) {}

  void push(Time t, std::uint64_t id, std::uint32_t to) {
    wheel_.push(t, id, to);
    reference_.push(t, id, to);
  }
  void push_all(std::span<const Time> times, std::uint64_t id, std::span<const ProcessId> to) {
    const std::size_t pushed = wheel_.push_all(times, id, to);
    BOOST_REQUIRE_EQUAL(pushed, reference_.push_all(times, id, to));
  }
  bool pop(Time limit, QueuedEvent& out) {
    QueuedEvent expected;
    const bool any = reference_.pop(limit, expected);
    BOOST_REQUIRE_EQUAL(wheel_.pop(limit, out), any);
    if (any) BOOST_REQUIRE_EQUAL(out, expected);
    BOOST_REQUIRE_EQUAL(wheel_.size(), reference_.size());
    popped_ += any;
    return any;
  }
  void drain() {
    QueuedEvent e;
    while (pop(kNever, e)) {
    }
    BOOST_REQUIRE_EQUAL(wheel_.size(), 0u);
  }
  std::uint64_t popped() const { return popped_; }
  std::size_t size() const { return reference_.size(); }

 private:
  TimingWheel wheel_;
  ReferenceQueue reference_;
  std::uint64_t popped_ = 0;
};

/// A delay of one of many characters: none, tiny, within a bucket, near, far, very far, often
/// equal.
Duration any_delay(Rng& rng) {
  switch (rng.below(9)) {
    case 0: return 0ns;
    case 1: return Duration{static_cast<std::int64_t>(rng.below(4))};
    case 2: return Duration{static_cast<std::int64_t>(rng.below(1 << 18))};
    case 3: return rng.uniform(1ms, 50ms);
    case 4: return rng.uniform(900ms, 1200ms);  // around the horizon of the widest wheel
    case 5: return rng.uniform(1s, 100s);
    case 6: return 10ms;
    case 7: return 10ms * static_cast<std::int64_t>(rng.below(200));
    default: return rng.uniform(0ns, 5ms);
  }
}

struct Workload {
  Duration smallest = 1ms;
  Duration largest = 100ms;
  std::uint64_t first_id = 1;
  std::uint64_t most_id_step = 1;  ///< ids grow by 1 … this
  std::uint32_t processes = 20;
  std::size_t pending = 500;  ///< about so many
  std::size_t pops = 60'000;
  bool limits = false;   ///< pop up to limits that often lie between events
  bool old_ids = false;  ///< now and then an id much older than the newest
};

void run(const Workload& w, std::uint64_t seed) {
  Rng rng(seed);
  Pair queues(w.smallest, w.largest);
  std::uint64_t id = w.first_id;
  Time now = kStart;
  std::vector<Time> times;
  std::vector<ProcessId> to;
  while (queues.popped() < w.pops) {
    while (queues.size() < w.pending) {
      id += 1 + rng.below(w.most_id_step);
      if (rng.below(4) == 0) {
        times.clear();
        to.clear();
        const Duration common = any_delay(rng);
        for (std::uint32_t p = 0; p < w.processes; ++p) {
          to.emplace_back(p);
          times.push_back(rng.below(10) == 0 ? kNever : now + common + Duration(rng.below(1000)));
        }
        queues.push_all(times, id, to);
      } else {
        const std::uint64_t used =
            w.old_ids && rng.below(8) == 0 ? rng.below(id) : id - std::min(id, rng.below(4));
        queues.push(now + any_delay(rng), used, static_cast<std::uint32_t>(rng.below(w.processes)));
      }
    }
    QueuedEvent e;
    const Time limit = w.limits ? now + any_delay(rng) / 8 : kNever;
    for (std::uint64_t i = 1 + rng.below(w.pending / 2); i > 0; --i) {
      if (!queues.pop(limit, e)) {
        if (w.limits) now = std::max(now, limit);
        break;
      }
      BOOST_REQUIRE(e.time >= now);
      now = e.time;
    }
  }
  queues.drain();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_queue)

BOOST_AUTO_TEST_CASE(order_is_time_then_id_then_destination) {
  TimingWheel wheel(1ms);
  wheel.push(kStart + 5ms, 2, 1);
  wheel.push(kStart + 5ms, 1, 9);
  wheel.push(kStart + 5ms, 1, 3);
  wheel.push(kStart + 4ms, 7, 0);
  const std::vector<QueuedEvent> expected{
      {kStart + 4ms, 7, 0}, {kStart + 5ms, 1, 3}, {kStart + 5ms, 1, 9}, {kStart + 5ms, 2, 1}};
  QueuedEvent e;
  for (const auto& x : expected) {
    BOOST_REQUIRE(wheel.pop(kNever, e));
    BOOST_TEST(e == x);
  }
  BOOST_TEST(!wheel.pop(kNever, e));
}

BOOST_AUTO_TEST_CASE(nothing_after_the_limit_is_popped_and_nothing_is_lost) {
  TimingWheel wheel(1ms);
  QueuedEvent e;
  wheel.push(kStart + 10ms, 1, 0);
  BOOST_TEST(!wheel.pop(kStart + 10ms - 1ns, e));  // same bucket as the event
  wheel.push(kStart + 1ms, 2, 5);                  // before the bucket that was looked at
  BOOST_REQUIRE(wheel.pop(kStart + 10ms, e));
  BOOST_TEST(e.id == 2u);
  BOOST_REQUIRE(wheel.pop(kStart + 10ms, e));
  BOOST_TEST(e.id == 1u);
  BOOST_TEST(!wheel.pop(kNever, e));
}

BOOST_AUTO_TEST_CASE(bucket_width_follows_the_latencies) {
  BOOST_TEST((TimingWheel(40ms, 80ms).bucket_width() == Duration{1 << 18}));
  BOOST_TEST((TimingWheel(100us).bucket_width() == Duration{1 << 16}));
  BOOST_TEST((TimingWheel(0ns, 100ms).bucket_width() * 4096 > 150ms));
  BOOST_TEST((TimingWheel(0ns).bucket_width() >= 1us));
}

BOOST_AUTO_TEST_CASE(same_as_the_reference_for_any_delays) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    run({}, seed);
    run({.smallest = 10us, .largest = 0ns}, seed);
    run({.smallest = 1ns, .largest = 0ns, .pending = 40}, seed);
    run({.smallest = 10s, .processes = 2, .pending = 4, .pops = 5'000}, seed);
    run({.processes = 1000, .pending = 30'000, .pops = 200'000}, seed);
  }
}

BOOST_AUTO_TEST_CASE(same_as_the_reference_with_limits) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    run({.limits = true}, seed);
    run({.smallest = 50us, .largest = 0ns, .pending = 30, .limits = true}, seed);
  }
}

BOOST_AUTO_TEST_CASE(same_as_the_reference_when_28_bits_of_id_wrap) {
  const std::uint64_t wrap = std::uint64_t{1} << 28;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    run({.first_id = wrap - 2'000}, seed);
    run({.first_id = wrap / 2 - 2'000}, seed);
    run({.first_id = 7 * wrap - 2'000, .limits = true}, seed);
    // Steps that pass the wrap, and the sweeps, every few thousand events.
    run({.first_id = wrap - 2'000, .most_id_step = 1 << 16}, seed);
    run({.smallest = 1ns, .largest = 0ns, .most_id_step = 1 << 20, .limits = true}, seed);
  }
}

BOOST_AUTO_TEST_CASE(same_as_the_reference_with_ids_that_are_too_old_to_share_28_bits) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    run({.most_id_step = 1 << 24, .old_ids = true}, seed);
    run({.most_id_step = std::uint64_t{1} << 40, .old_ids = true}, seed);
  }
}

BOOST_AUTO_TEST_CASE(the_wrap_while_a_bucket_is_popped) {
  Pair queues(1ms, 100ms);
  const std::uint64_t wrap = std::uint64_t{1} << 28;
  QueuedEvent e;
  const Time at = kStart + 1ms;
  for (std::uint64_t k = 1; k <= 20; ++k) queues.push(at, wrap - k, 3);
  BOOST_REQUIRE(queues.pop(kNever, e));
  for (std::uint64_t k = 0; k <= 20; ++k) queues.push(at, wrap + k, 2);
  BOOST_REQUIRE(queues.pop(kNever, e));
  for (std::uint64_t k = 0; k <= 20; ++k) queues.push(at + 1ns, wrap - k, 4);
  queues.drain();
}

BOOST_AUTO_TEST_CASE(every_size_of_a_bucket_in_every_order) {
  Rng rng(5);
  for (std::size_t count : {1, 2, 6, 7, 12, 13, 38, 39, 96, 97, 400, 401, 3000, 20'000}) {
    for (int order = 0; order < 5; ++order) {
      Pair queues(1ms, 100ms);
      const Time bucket = Time{Duration{std::int64_t{100} << 18}};
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t id = order == 1 ? count - i : i;
        const auto offset = order == 0   ? rng.below(1 << 18)
                            : order == 2 ? rng.below(3)
                            : order == 3 ? (1u << 18) - 1 - i  // falling times
                                         : 0;
        queues.push(bucket + Duration(static_cast<std::int64_t>(offset)), order == 4 ? 1 : id,
                    static_cast<std::uint32_t>(order == 4 ? rng.below(count) : i % 7));
      }
      queues.drain();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_million_pending_take_16_bytes_each) {
  TimingWheel wheel(10ms, 100ms);
  Rng rng(1);
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    wheel.push(kStart + rng.uniform(10ms, 100ms), i, static_cast<std::uint32_t>(rng.below(1024)));
  }
  BOOST_TEST(wheel.size() == 1'000'000u);
  BOOST_TEST(wheel.memory_bytes() <= 16u * 1'000'000u);
  BOOST_TEST(wheel.memory_bytes() >= 8u * 1'000'000u);
}

BOOST_AUTO_TEST_CASE(ahead_tells_what_comes_if_nothing_is_pushed) {
  TimingWheel wheel(1ms);
  for (std::uint64_t i = 0; i < 5; ++i) wheel.push(kStart + 3ms, i, 0);
  QueuedEvent e;
  BOOST_REQUIRE(wheel.pop(kNever, e));
  BOOST_REQUIRE(wheel.ahead(2, e));
  BOOST_TEST(e.id == 3u);
  BOOST_TEST(!wheel.ahead(4, e));
}

BOOST_AUTO_TEST_SUITE_END()
