// Twins: who hears whom.
#include "faults/twins.h"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

#include "tests/faults/toy.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;

ReplicaSet members_of(std::initializer_list<std::uint32_t> members) {
  ReplicaSet set(16);
  for (auto r : members) set.insert(ReplicaId(r));
  return set;
}

std::vector<ReplicaId> ids(std::initializer_list<std::uint32_t> replicas) {
  std::vector<ReplicaId> list;
  for (auto r : replicas) list.emplace_back(r);
  return list;
}

Request request(std::uint64_t id) {
  Request r;
  r.id = RequestId(id);
  return r;
}

/// One line a process: whose copy it is, and the processes that hear it by the rule and the
/// promise.
std::string who_hears_whom(const TwinsPlan& plan) {
  MessageStore store(toy::kToyMessages);
  Message* m = store.make(ReplicaId(0), toy::Ping{});
  const HeldMessage held(store, m);
  AudienceRule audiences(plan);
  FaultInjector injector(toy::kToyMessages, 1);
  injector.set_topology(&audiences);
  std::string text;
  for (std::uint32_t p = 0; p < plan.processes(); ++p) {
    std::vector<ProcessId> to;
    for (std::uint32_t q = 0; q < plan.processes(); ++q)
      if (q != p) to.emplace_back(q);
    std::vector<Time> arrival(to.size(), Time{1ms});
    std::vector<Fates::Copy> copies;
    std::array<std::uint64_t, kDropReasons> dropped{};
    Fates fates{.from = ProcessId(p),
                .sent = kStart,
                .to = to,
                .arrival = arrival,
                .copies = copies,
                .dropped = dropped};
    injector.shape(*m, p, fates);
    text += "r" + std::to_string(plan.replica_of[p].value) + " at " + std::to_string(p) + ":";
    for (std::size_t i = 0; i < to.size(); ++i) {
      BOOST_TEST(plan.linked(ProcessId(p), to[i]) == (arrival[i] != kNever));
      if (arrival[i] != kNever) text += " " + std::to_string(to[i].value);
    }
    for (auto d : dropped) BOOST_TEST(d == 0);
    text += "\n";
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(twins)

BOOST_AUTO_TEST_CASE(one_equivocator_of_four) {
  const auto plan = plan_twins(4, ids({1}), members_of({1}), Options(kTwinsOptions), Rng(1));
  BOOST_TEST(who_hears_whom(plan) ==
             "r0 at 0: 1 2 3\n"
             "r1 at 1: 0 2\n"
             "r2 at 2: 0 1 3\n"
             "r3 at 3: 0 2 4\n"
             "r1 at 4: 3\n");
}

BOOST_AUTO_TEST_CASE(twins_of_two_members_and_a_colluder) {
  // r4 and r5 are twinned (9 and 10), r6 colludes; honest: r0 r1 | r2 r3, r7 and r8 the second half
  // too.
  const auto plan =
      plan_twins(7, ids({4, 5}), members_of({4, 5, 6}), Options(kTwinsOptions), Rng(1));
  BOOST_TEST(who_hears_whom(plan) ==
             "r0 at 0: 1 2 3 4 5 6\n"
             "r1 at 1: 0 2 3 4 5 6\n"
             "r2 at 2: 0 1 3 6 7 8\n"
             "r3 at 3: 0 1 2 6 7 8\n"
             "r4 at 4: 0 1 5 6\n"
             "r5 at 5: 0 1 4 6\n"
             "r6 at 6: 0 1 2 3 4 5 7 8\n"
             "r4 at 7: 2 3 6 8\n"
             "r5 at 8: 2 3 6 7\n");
}

BOOST_AUTO_TEST_CASE(each_honest_replica_hears_each_member_exactly_once) {
  for (std::uint32_t n = 4; n <= 16; ++n) {
    const auto plan = plan_twins(n, ids({1, 2}), members_of({1, 2}),
                                 Options(kTwinsOptions).with("split", "random"), Rng(n));
    std::array<int, 2> sizes{};
    for (std::uint32_t r = 0; r < n; ++r) {
      if (r == 1 || r == 2) continue;
      ++sizes[plan.audience_of[r] == TwinsPlan::a ? 0 : 1];
      for (std::uint32_t member : {1u, 2u}) {
        int copies = 0;
        for (std::uint32_t p = 0; p < plan.processes(); ++p)
          if (plan.replica_of[p].value == member && plan.linked(ProcessId(p), ProcessId(r)))
            ++copies;
        BOOST_TEST(copies == 1);
      }
    }
    BOOST_TEST((sizes[0] - sizes[1] == 0 || sizes[0] - sizes[1] == 1));
  }
}

BOOST_AUTO_TEST_CASE(a_random_split_is_drawn_from_the_seed) {
  const Options random = Options(kTwinsOptions).with("split", "random");
  int differ = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto plan = plan_twins(10, ids({3}), members_of({3}), random, Rng(seed));
    const auto again = plan_twins(10, ids({3}), members_of({3}), random, Rng(seed));
    const auto other = plan_twins(10, ids({3}), members_of({3}), random, Rng(seed + 1));
    BOOST_TEST((plan.audience_of == again.audience_of));
    differ += plan.audience_of != other.audience_of ? 1 : 0;
  }
  BOOST_TEST(differ > 10);
}

BOOST_AUTO_TEST_CASE(an_audience_by_name) {
  Options options(kTwinsOptions);
  options.set_replicas("audience", ids({3}));
  const auto plan = plan_twins(4, ids({1}), members_of({1}), options, Rng(1));
  BOOST_TEST(plan.audience_of[3] == TwinsPlan::a);
  BOOST_TEST(plan.audience_of[0] == TwinsPlan::b);
  BOOST_TEST(plan.audience_of[2] == TwinsPlan::b);
  options.set_replicas("audience", ids({0, 2, 3}));
  BOOST_CHECK_THROW(plan_twins(4, ids({1}), members_of({1}), options, Rng(1)),
                    std::invalid_argument);
  options.set_replicas("audience", ids({1}));
  BOOST_CHECK_THROW(plan_twins(4, ids({1}), members_of({1}), options, Rng(1)),
                    std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_twin_orders_other_requests) {
  struct Fixed final : Mempool {
    std::vector<Request> requests;
    bool pending() override { return !requests.empty(); }
    std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override { return requests; }
  } mempool;
  TwinMempool twin(mempool);
  BOOST_TEST(!twin.pending());
  mempool.requests = {request(1)};
  BOOST_TEST(twin.batch({}, {}).empty());
  mempool.requests.push_back(request(2));
  BOOST_TEST(twin.pending());
  BOOST_TEST((twin.batch({}, {}) == std::vector<Request>{request(2), request(1)}));
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace byzlab
