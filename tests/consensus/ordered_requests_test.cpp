#include "consensus/ordered_requests.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/rng.h"

namespace byzlab {
namespace {

BlockRef block_of(std::vector<std::uint64_t> ids) {
  BlockBody body;
  for (const std::uint64_t id : ids)
    body.requests.push_back(Request{.id = RequestId(id), .client = ClientId(0)});
  return Block::make(std::move(body), HashScheme::modelled);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ordered_requests)

BOOST_AUTO_TEST_CASE(agrees_with_a_set) {
  Rng rng(3);
  OrderedRequests ordered;
  std::set<std::uint64_t> committed;
  for (int round = 0; round < 500; ++round) {
    std::vector<BlockRef> ancestors;
    std::set<std::uint64_t> taken = committed;
    const auto draw = [&] { return rng.below(3000); };
    for (std::uint64_t i = rng.below(3); i > 0; --i) {
      const std::uint64_t id = draw();
      ancestors.push_back(block_of({id}));
      taken.insert(id);
    }
    std::vector<std::uint64_t> ids;
    bool fresh = true;
    // few are compared with each other, more are marked
    for (std::uint64_t i = rng.below(8); i > 0; --i) {
      ids.push_back(draw());
      fresh = taken.insert(ids.back()).second && fresh;
    }
    const auto block = block_of(ids);
    BOOST_REQUIRE(ordered.fresh(*block, ancestors) == fresh);
    BOOST_REQUIRE(ordered.fresh(*block, ancestors) == fresh);  // a check leaves nothing behind
    if (!fresh) continue;
    ordered.commit(*block);
    committed.insert(ids.begin(), ids.end());
  }
  BOOST_TEST(committed.size() > 100u);
  for (std::uint64_t id = 0; id < 3000; ++id) {
    BOOST_REQUIRE(ordered.contains(RequestId(id)) == committed.contains(id));
  }
}

BOOST_AUTO_TEST_CASE(ids_out_of_reach_are_refused) {
  OrderedRequests ordered;
  BOOST_TEST(!ordered.fresh(*block_of({Request::kFirstOwnId.value}), {}));
  BOOST_TEST(!ordered.fresh(*block_of({~std::uint64_t{0}}), {}));
  ordered.commit(*block_of({~std::uint64_t{0}}));
  BOOST_TEST(!ordered.contains(RequestId(~std::uint64_t{0})));
}

BOOST_AUTO_TEST_CASE(what_rises_above_all_noted_repeats_nothing) {
  RisingRequests rising;
  BOOST_TEST(rising.note(*block_of({0, 1})));
  BOOST_TEST(rising.note(*block_of({})));
  BOOST_TEST(rising.note(*block_of({5, 9})));
  BOOST_TEST(!rising.note(*block_of({9})));
  BOOST_TEST(!rising.note(*block_of({7})));
  BOOST_TEST(!rising.note(*block_of({10, 10})));
  BOOST_TEST(!rising.note(*block_of({12, 11})));
  BOOST_TEST(!rising.note(*block_of({Request::kFirstOwnId.value})));  // no workload reaches it
  BOOST_TEST(rising.note(*block_of({13})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
