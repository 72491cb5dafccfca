// Bandwidth: with 25 Mbit/s uplinks and blocks of 50 kB at n = 128, a leader's uplink is what
// saturates.
#include <boost/test/unit_test.hpp>

#include "tests/support/steady_state.h"

namespace byzlab::testing {
namespace {

constexpr std::uint32_t kReplicas = 128;
constexpr std::uint64_t kUplink = 25'000'000;  // bit/s
constexpr std::uint32_t kRequest = 50'000;     // bytes; one a block

/// Share of `length` in which an uplink was busy with `bytes`.
double busy(std::uint64_t bytes, Duration length) {
  return static_cast<double>(bytes) * 8 / kUplink / (static_cast<double>(length.count()) * 1e-9);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(uplinks)

BOOST_AUTO_TEST_CASE(the_uplink_of_a_steady_leader_saturates_and_no_other) {
  for (const std::string_view name : {"pbft", "raft"}) {
    BOOST_TEST_CONTEXT(name) {
      const EngineInfo& info = *find_engine(name);
      Options options = Options(info.options).with("batch_size", "1");
      options = name == "pbft" ? options.with("view_timeout", "1h")
                               : options.with("election_timeout", "10s");
      SteadyState run(
          info, options,
          {.n = kReplicas, .uplink_bits_per_second = kUplink, .request_bytes = kRequest});
      run.run_to(4);
      const auto first = run.decisions();
      BOOST_REQUIRE(!first.empty());
      const ReplicaId leader = first.back().proposer;
      const Time start = run.now();
      std::vector<std::uint64_t> before;
      for (std::uint32_t i = 0; i < kReplicas; ++i) {
        before.push_back(run.arrived_bytes(ReplicaId(i)));
      }
      run.run_to(16);
      for (std::uint32_t i = 0; i < kReplicas; ++i) {
        const double share = busy(run.arrived_bytes(ReplicaId(i)) - before[i], run.now() - start);
        if (ReplicaId(i) == leader) {
          BOOST_TEST(share > 0.97);
          BOOST_TEST(share < 1.03);  // what was under way at the start counts at the end
        } else {
          BOOST_TEST(share < 0.05);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
