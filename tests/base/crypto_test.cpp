// Forging fails, under the modelled crypto as under Ed25519.
#include "base/crypto.h"

#include <boost/test/unit_test.hpp>

namespace byzlab {
namespace {

struct Vow {
  static constexpr MessageKind kKind{1};
  View view;
  Digest block;
};
BOOST_DESCRIBE_STRUCT(Vow, (), (view, block))

struct Letter {
  static constexpr MessageKind kKind{2};
  View view;
  std::vector<std::uint64_t> body;
  struct Head {
    View view;
  };
  Head signed_part() const { return {view}; }
};
BOOST_DESCRIBE_STRUCT(Letter::Head, (), (view))
BOOST_DESCRIBE_STRUCT(Letter, (), (view, body))

constexpr MessageTable table() {
  MessageTable t{};
  t[1] = &message_type<Vow>;
  t[2] = &message_type<Letter>;
  return t;
}
constexpr MessageTable kTable = table();

struct Fixture {
  explicit Fixture(Crypto::Scheme scheme) : crypto(scheme, 42, 4), store(kTable) {}
  HeldMessage said(std::uint32_t by, View view) {
    HeldMessage m(store, store.make(ReplicaId(by), Vow{.view = view, .block = {}}));
    crypto.sign(store, *m.get());
    return m;
  }
  Crypto crypto;
  MessageStore store;
};

template <class Test>
void under_both(Test test) {
  for (const auto scheme : {Crypto::Scheme::modelled, Crypto::Scheme::ed25519}) {
    BOOST_TEST_CONTEXT("scheme " << static_cast<int>(scheme)) {
      Fixture fixture(scheme);
      test(fixture);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crypto)

BOOST_AUTO_TEST_CASE(what_was_signed_is_authentic) {
  under_both([](Fixture& f) {
    const auto m = f.said(1, View(7));
    BOOST_TEST(f.crypto.authentic(f.store, *m));
    BOOST_TEST(f.crypto.verify(ReplicaId(1), m->as<Vow>(), m->signature()));
  });
}

BOOST_AUTO_TEST_CASE(an_unsigned_record_is_not) {
  under_both([](Fixture& f) {
    const HeldMessage m(f.store, f.store.make(ReplicaId(1), Vow{.view = View(7), .block = {}}));
    BOOST_TEST(!f.crypto.authentic(f.store, *m));
  });
}

BOOST_AUTO_TEST_CASE(another_signature_does_not_fit) {
  under_both([](Fixture& f) {
    const auto m = f.said(1, View(7));
    // Another's content, another signer, nobody's signature.
    BOOST_TEST(!f.crypto.verify(ReplicaId(1), Vow{.view = View(8), .block = {}}, m->signature()));
    BOOST_TEST(!f.crypto.verify(ReplicaId(2), m->as<Vow>(), m->signature()));
    BOOST_TEST(!f.crypto.verify(ReplicaId(1), m->as<Vow>(), Signature{}));
    BOOST_TEST(!f.crypto.verify(ReplicaId(99), m->as<Vow>(), m->signature()));

    Message* stolen = f.store.make(ReplicaId(2), Vow{.view = View(7), .block = {}});
    const HeldMessage held(f.store, stolen);
    f.store.copy_signature(*m, *stolen);
    BOOST_TEST(!f.crypto.authentic(f.store, *held));
  });
}

BOOST_AUTO_TEST_CASE(a_signed_part_stands_for_the_whole) {
  under_both([](Fixture& f) {
    Message* letter = f.store.make(ReplicaId(1), Letter{.view = View(3), .body = {1, 2}});
    const HeldMessage held(f.store, letter);
    f.crypto.sign(f.store, *letter);
    BOOST_TEST(
        f.crypto.verify(ReplicaId(1), Letter{.view = View(3), .body = {9}}, letter->signature()));
    BOOST_TEST(!f.crypto.verify(ReplicaId(1), Letter{.view = View(4), .body = {1, 2}},
                                letter->signature()));
  });
}

BOOST_AUTO_TEST_CASE(aggregates_prove_each_signer_and_no_other) {
  under_both([](Fixture& f) {
    AggregateSignature aggregate;
    for (const std::uint32_t r : {3u, 0u, 2u}) {
      const auto m = f.said(r, View(7));
      f.crypto.add(aggregate, ReplicaId(r), *m);
    }
    const Vow vow{.view = View(7), .block = {}};
    BOOST_TEST(aggregate.signers.size() == 3u);
    BOOST_TEST(f.crypto.verify(vow, aggregate));
    BOOST_TEST(!f.crypto.verify(Vow{.view = View(8), .block = {}}, aggregate));

    AggregateSignature inflated = aggregate;
    inflated.signers.insert(ReplicaId(1));
    BOOST_TEST(!f.crypto.verify(vow, inflated));
    AggregateSignature foreign = aggregate;
    foreign.signers.insert(ReplicaId(77));
    BOOST_TEST(!f.crypto.verify(vow, foreign));
    AggregateSignature claimed;
    claimed.signers.insert(ReplicaId(1));
    BOOST_TEST(!f.crypto.verify(vow, claimed));
  });
}

BOOST_AUTO_TEST_CASE(clients_authenticate_their_requests) {
  const Crypto crypto(Crypto::Scheme::modelled, 42, 4);
  Request request{.id = RequestId(5), .client = ClientId(1), .bytes = 100};
  request.auth = crypto.authenticate(request);
  BOOST_TEST(crypto.authentic(request));
  request.coin = 9;
  BOOST_TEST(!crypto.authentic(request));
}

BOOST_AUTO_TEST_CASE(same_seed_same_keys) {
  const Crypto a(Crypto::Scheme::modelled, 42, 4);
  const Crypto b(Crypto::Scheme::modelled, 42, 4);
  const Crypto c(Crypto::Scheme::modelled, 43, 4);
  const Request request{.id = RequestId(5), .client = ClientId(1), .bytes = 100};
  BOOST_TEST(a.authenticate(request) == b.authenticate(request));
  BOOST_TEST(a.authenticate(request) != c.authenticate(request));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
