// Votes by round and choice: equivocation, windows of rounds, who is how far ahead.
#include "consensus/round_votes.h"

#include <boost/test/unit_test.hpp>

namespace byzlab {
namespace {

struct Ballot {
  static constexpr MessageKind kKind{1};
  Digest choice{};
};
BOOST_DESCRIBE_STRUCT(Ballot, (), (choice))

constexpr MessageTable kTable = [] {
  MessageTable table{};
  table[1] = &message_type<Ballot>;
  return table;
}();

constexpr Digest kA{{1, 0, 0, 0}}, kB{{2, 0, 0, 0}};
using Added = RoundVotes::Added;

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

struct Booth {
  Committee committee;
  Crypto crypto{Crypto::Scheme::modelled, 1, 4};
  MessageStore store{kTable};
  RoundVotes votes{};

  Added vote(std::uint32_t voter, const Digest& choice) {
    Message* m = store.make(r(voter), Ballot{.choice = choice});
    const HeldMessage held(store, m);
    crypto.sign(store, *m);
    return votes.add(committee, crypto, r(voter), choice, *m);
  }
};

struct Note {
  View round;
  int votes = 0;
  void begin(View v) { *this = {.round = v, .votes = 0}; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(round_votes)

BOOST_AUTO_TEST_CASE(a_replica_counts_once_and_its_first_choice_stands) {
  Booth booth{.committee = Committee(4)};
  BOOST_TEST((booth.vote(0, kA) == Added::fresh));
  BOOST_TEST((booth.vote(0, kA) == Added::repeated));
  BOOST_TEST((booth.vote(0, kB) == Added::conflicting));
  BOOST_TEST((booth.vote(1, kB) == Added::fresh));
  BOOST_TEST((booth.vote(9, kB) == Added::repeated));  // nobody
  BOOST_TEST(booth.votes.total() == 2u);
  BOOST_TEST(booth.votes.power(kA) == 1u);
  BOOST_TEST(booth.votes.power(kB) == 1u);
  BOOST_TEST(booth.votes.power(Digest{}) == 0u);
}

BOOST_AUTO_TEST_CASE(power_counts_and_a_quorum_is_a_certificate) {
  Booth booth{.committee = Committee({1, 1, 1, 7})};
  booth.vote(3, kA);
  booth.vote(1, kB);
  BOOST_TEST(booth.votes.power(kA) == 7u);
  const CertifiedVotes* votes = booth.votes.find(kA);
  BOOST_REQUIRE(votes != nullptr);
  BOOST_TEST(votes->quorum(booth.committee));
  BOOST_TEST(certifies(booth.committee, booth.crypto, Ballot{.choice = kA}, votes->aggregate(), 7));
  BOOST_TEST(
      !certifies(booth.committee, booth.crypto, Ballot{.choice = kB}, votes->aggregate(), 7));
}

BOOST_AUTO_TEST_CASE(cleared_votes_leave_nothing_behind) {
  Booth booth{.committee = Committee(4)};
  booth.vote(0, kA);
  booth.vote(1, kB);
  booth.votes.clear();
  BOOST_TEST(booth.votes.total() == 0u);
  BOOST_TEST(booth.votes.find(kA) == nullptr);
  BOOST_TEST((booth.vote(0, kB) == Added::fresh));
  BOOST_TEST(booth.votes.power(kB) == 1u);
}

BOOST_AUTO_TEST_CASE(rounds_near_the_current_one_are_kept_apart) {
  RoundRing<Note> ring;
  for (std::uint64_t current = 0; current < 40; ++current) {
    for (std::uint64_t k = 0; k < 60; ++k) {
      const bool near = k + 3 >= current && k <= current + 4;
      BOOST_TEST(RoundRing<Note>::covers(View(current), View(k)) == near);
      if (near) ++ring.at(View(k)).votes;
    }
  }
  // Round 20 was in reach from 16 to 23.
  ring.clear();
  for (std::uint64_t current = 10; current < 24; ++current) {
    if (RoundRing<Note>::covers(View(current), View(20))) ++ring.at(View(20)).votes;
  }
  BOOST_TEST(ring.at(View(20)).votes == 8);
  BOOST_TEST(ring.at(View(28)).votes == 0);  // the same slot
  BOOST_TEST(ring.at(View(28)).round.value == 28u);
  ring.clear();
  BOOST_TEST(ring.at(View(28)).votes == 0);
  BOOST_TEST(!RoundRing<Note>::covers(View(0), View(~std::uint64_t{0})));
  BOOST_TEST(!RoundRing<Note>::covers(View(1), View(~std::uint64_t{0} - 1)));
}

BOOST_AUTO_TEST_CASE(more_than_the_faulty_power_ahead_is_believed) {
  const Committee committee(7);  // f = 2
  RoundClaims claims;
  BOOST_TEST(!claims.add(committee, r(0), View(~std::uint64_t{0}), View(3)));
  BOOST_TEST(!claims.add(committee, r(1), View(9), View(3)));
  BOOST_TEST(!claims.add(committee, r(1), View(8), View(3)));  // it is further already
  BOOST_TEST(!claims.add(committee, r(77), View(9), View(3)));
  BOOST_TEST((claims.add(committee, r(2), View(5), View(3)) == View(5)));
  BOOST_TEST(!claims.add(committee, r(3), View(7), View(7)));
  BOOST_TEST((claims.add(committee, r(4), View(8), View(7)) == View(8)));
  claims.clear();
  BOOST_TEST(!claims.add(committee, r(2), View(9), View(3)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
