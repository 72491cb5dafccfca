// Damaged messages: malformed, or decoded and not authentic; never authentic by luck, never leaked.
#include "network/corruption.h"

#include <boost/test/unit_test.hpp>

#include "base/crypto.h"
#include "tests/faults/toy.h"

namespace byzlab {
using namespace byzlab::toy;

BOOST_AUTO_TEST_SUITE(corruption)

BOOST_AUTO_TEST_CASE(flips_one_to_eight_bits) {
  std::array<int, 9> seen{};
  for (std::uint64_t key = 1; key <= 2000; ++key) {
    Bytes bytes(40);
    flip_bits(bytes, key);
    std::size_t flipped = 0;
    for (auto b : bytes)
      flipped += static_cast<std::size_t>(__builtin_popcount(std::to_integer<unsigned>(b)));
    BOOST_REQUIRE((flipped >= 1 && flipped <= 8));
    ++seen[flipped];
  }
  for (std::size_t k = 1; k <= 8; ++k) BOOST_TEST(seen[k] > 150);
  Bytes none;
  flip_bits(none, 1);
  BOOST_TEST(none.empty());
}

BOOST_AUTO_TEST_CASE(damage_is_never_authentic) {
  for (const auto scheme : {Crypto::Scheme::modelled, Crypto::Scheme::ed25519}) {
    const Crypto crypto(scheme, 1, 4);
    MessageStore store(kToyMessages);
    Message* m = store.make(ReplicaId(2), Ping{.view = View(9), .number = 77});
    store.hold(m);
    crypto.sign(store, *m);
    int decoded = 0, malformed = 0;
    for (std::uint64_t key = 1; key <= 300; ++key) {
      Message* damaged = corrupt_bytes(store, *m, key, crypto.hash_scheme());
      if (damaged == nullptr) {
        ++malformed;
        continue;
      }
      ++decoded;
      BOOST_REQUIRE(damaged->from() == m->from());
      BOOST_REQUIRE(damaged->signature() == m->signature());
      BOOST_REQUIRE(damaged->digest() != m->digest());
      BOOST_REQUIRE(!crypto.authentic(store, *damaged));
      store.discard_unheld(damaged);
    }
    BOOST_TEST(decoded > 50);
    BOOST_TEST(malformed > 5);  // the kind byte was hit
    BOOST_TEST(crypto.authentic(store, *m));
    store.release(m);
    BOOST_TEST(store.alive() == 0);
  }
}

BOOST_AUTO_TEST_CASE(the_key_decides_everything) {
  MessageStore store(kToyMessages);
  Message* m = store.make(ReplicaId(2), Blob{.body = std::vector<std::uint8_t>(64, 0xAA)});
  store.hold(m);
  for (std::uint64_t key = 1; key <= 50; ++key) {
    Message* once = corrupt_bytes(store, *m, key, HashScheme::modelled);
    Message* again = corrupt_bytes(store, *m, key, HashScheme::modelled);
    BOOST_REQUIRE_EQUAL(once == nullptr, again == nullptr);
    if (once == nullptr) continue;
    BOOST_REQUIRE(once->as<Blob>().body == again->as<Blob>().body);
    store.discard_unheld(once);
    store.discard_unheld(again);
  }
  store.release(m);
  BOOST_TEST(store.alive() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace byzlab
