// What the good case costs a protocol that decides one height after the other by a proposal and two
// rounds of votes: (n-1)(2n+1) messages and three message delays a decision.
#pragma once

#include <boost/test/unit_test.hpp>

#include "tests/support/engine_script.h"

namespace byzlab::testing {

inline void check_messages_and_delays(const EngineInfo& info) {
  using namespace std::chrono_literals;
  for (const std::uint32_t n : {4u, 6u, 7u, 10u, 16u}) {
    constexpr std::uint64_t kHeights = 20;
    constexpr Duration kDelay = 10ms;
    EngineScript script(info, {.n = n, .latency = kDelay});
    script.record(false);
    std::uint64_t messages = 0;
    script.link = [&](ReplicaId from, ReplicaId to, const Message&) {
      BOOST_TEST(from.value != to.value);  // copies to self count nowhere
      ++messages;
      return kDelay;
    };
    script.submit(50);
    script.start_all();
    for (std::uint64_t height = 1; height <= kHeights; ++height) {
      script.run_for(3 * kDelay - 1ns);
      for (std::uint32_t i = 0; i < n; ++i) {
        BOOST_TEST(script.committed_height(ReplicaId(i)).value == height - 1);
      }
      // All but the next height's proposal is sent; that leaves at the instant of the decision.
      BOOST_TEST(messages == height * (n - 1) * (2 * n + 1));
      script.run_for(1ns);
      for (std::uint32_t i = 0; i < n; ++i) {
        BOOST_TEST(script.committed_height(ReplicaId(i)).value == height);
      }
    }
  }
}

}  // namespace byzlab::testing
