// PBFT's log structures against naive models.
#include "consensus/pbft/log.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/crypto.h"

namespace byzlab::pbft {
namespace {

BlockRef block_of(const Crypto& crypto, std::initializer_list<std::uint64_t> ids) {
  BlockBody body{.height = Height(1)};
  for (const auto id : ids) body.requests.push_back({.id = RequestId(id), .client = ClientId(0)});
  return crypto.make_block(std::move(body));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pbft_log)

BOOST_AUTO_TEST_CASE(ordered_requests_match_a_set) {
  const Crypto crypto(Crypto::Scheme::modelled, 1, 4);
  Rng rng(7);
  for (const std::uint64_t spread : {50u, 40'000u}) {
    OrderedRequests ordered;
    std::set<std::uint64_t> model;
    std::vector<BlockRef> claimed;
    std::uint64_t next = 0;
    for (int step = 0; step < 30'000; ++step) {
      // Mostly dense and ascending, as ids are; sometimes far away, as a liar's may be.
      const auto draw = [&]() -> std::uint64_t {
        if (rng.below(200) == 0) return (std::uint64_t{1} << 40) + rng.below(20);
        return rng.below(3) == 0 ? next - std::min(next, rng.below(spread)) : next++;
      };
      const BlockRef block = block_of(crypto, {draw(), draw(), draw()});
      std::set<std::uint64_t> ids;
      for (const Request& r : block->requests) ids.insert(r.id.value);
      bool fresh = ids.size() == block->requests.size();
      for (const auto id : ids) fresh = fresh && !model.contains(id);
      BOOST_TEST_REQUIRE(ordered.claim(*block) == fresh);
      if (fresh) {
        model.insert(ids.begin(), ids.end());
        claimed.push_back(block);
      }
      if (!claimed.empty() && rng.below(10) == 0) {
        const std::size_t back = rng.below(std::min<std::size_t>(claimed.size(), 200));
        const BlockRef released = claimed[claimed.size() - 1 - back];
        claimed.erase(claimed.end() - 1 - static_cast<std::ptrdiff_t>(back));
        ordered.release(*released);
        for (const Request& r : released->requests) model.erase(r.id.value);
      }
      const RequestId probe(rng.below(next + 10));
      BOOST_TEST_REQUIRE(ordered.contains(probe) == model.contains(probe.value));
    }
  }
}

BOOST_AUTO_TEST_CASE(slots_between_the_watermarks_never_meet) {
  SlotRing ring(300);
  for (std::uint64_t low = 0; low < 2000; low += 100) {
    for (std::uint64_t k = 1; k <= 300; ++k) {
      ring.at(View(0), Height(low + k), Height(low)).named = true;
    }
    for (std::uint64_t k = 1; k <= 300; ++k) {
      const Slot* s = ring.find(Height(low + k));
      BOOST_TEST_REQUIRE(s != nullptr);
      BOOST_TEST(s->named);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::pbft
