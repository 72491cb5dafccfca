// Shards: every piece is in one of them, and they are about equal.
#include <boost/test/unit_test.hpp>
#include <vector>

#include "testbed/shard.h"

using namespace byzlab;

BOOST_AUTO_TEST_SUITE(shards)

BOOST_AUTO_TEST_CASE(every_piece_is_in_one_shard) {
  for (const std::uint64_t pieces : {0, 1, 6, 40, 399, 1000, 20'001}) {
    for (const std::uint64_t of : {1, 2, 3, 7, 64}) {
      std::vector<int> seen(pieces, 0);
      for (std::uint64_t index = 1; index <= of; ++index) {
        const ShardedPieces mine(pieces, {.index = index, .of = of});
        std::uint64_t last = 0;
        for (std::uint64_t i = 0; i < mine.count(); ++i) {
          const auto piece = mine[i];
          if (piece >= pieces || mine.owner(piece) != index || (i > 0 && piece <= last))
            BOOST_FAIL("piece " << piece << " of " << pieces << " in shard " << index << "/" << of);
          ++seen[piece];
          last = piece;
        }
        if (pieces >= 1000)
          BOOST_TEST(static_cast<double>(mine.count()) <=
                     1.07 * static_cast<double>(pieces) / static_cast<double>(of) + 1);
      }
      for (const int times : seen)
        if (times != 1)
          BOOST_FAIL("a piece of " << pieces << " is " << times << " times in 1/" << of);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
