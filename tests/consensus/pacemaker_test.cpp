// Who leads a view: a function of the view alone, whatever was asked before.
#include "consensus/pacemaker.h"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "consensus/registry.h"

namespace byzlab {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

/// Every order of asking about some views comes upon each way to answer: from memory, as the one
/// after, and by the definition.
void check_leaders(const char* pacemaker, std::uint64_t (*draw)(std::uint64_t view)) {
  const EngineInfo& info = *find_engine("hotstuff");
  const Options options = Options(info.options).with("pacemaker", pacemaker);
  const std::uint64_t views[] = {1, 0, kLast, 2, 3, kLast - 1, 5, 6, 7, 8, 15, 4};
  for (const std::uint32_t n : {1u, 4u, 7u}) {
    const Committee committee(n);
    const Context::Environment environment{.self = ReplicaId(0),
                                           .committee = &committee,
                                           .crypto = nullptr,
                                           .store = nullptr,
                                           .mempool = nullptr,
                                           .recovered = nullptr,
                                           .rng = nullptr};
    Outbox outbox;
    const Context ctx(environment, kStart, outbox);
    for (const std::uint64_t first : views) {
      const Pacemaker asked(options, 4, 3);
      for (const std::uint64_t second : views) {
        for (const std::uint64_t view : {first, second}) {
          BOOST_TEST(asked.leader(ctx, View(view)).value == draw(view) % n,
                     pacemaker << ", n = " << n << ", view " << view << " among " << first
                               << " and " << second);
        }
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pacemaker)

BOOST_AUTO_TEST_CASE(in_turn_each_replica_leads) {
  check_leaders("round_robin", [](std::uint64_t view) { return view - 1; });
}

BOOST_AUTO_TEST_CASE(by_hash_the_view_names_the_leader) {
  check_leaders("hash", [](std::uint64_t view) { return mix(view); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
