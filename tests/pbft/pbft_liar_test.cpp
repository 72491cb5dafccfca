// PBFT against one liar that speaks the protocol: it hears everything, keeps every signature, and
// says at random whatever these allow: two batches for a place, votes for all of them, VIEW-CHANGEs
// that hide or show what others prepared, NEW-VIEWs over a V of its choice. Honest replicas crash
// and restart meanwhile, the network loses and splits, and the liar does not stop after GST.
//
// BYZLAB_SEEDS=5000 in the environment runs that many seeds a case instead of a few.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include "consensus/pbft/pbft.h"
#include "tests/support/engine_script.h"

namespace byzlab::pbft {
namespace {

using namespace std::chrono_literals;

Pbft& engine(EngineScript& script, ReplicaId r) { return static_cast<Pbft&>(script.engine(r)); }

/// A replica of a script, played by the test.
class Liar {
 public:
  Liar(EngineScript& script, Rng& rng, ReplicaId self, std::uint32_t window)
      : script_(script),
        rng_(rng),
        self_(self),
        validity_{.committee = script.committee(),
                  .crypto = script.crypto(),
                  .quorum = script.committee().quorum(),
                  .window = window} {}

  /// Everything that anybody sends.
  void hear(const Message& m) {
    if (m.kind() == PrePrepare::kKind) {
      const auto& p = m.as<PrePrepare>();
      Heard& h = place(p.signed_part());
      h.block = p.block.ref;
      h.proof.pre_prepare = m.signature();
      h.signed_by_primary = true;
    } else if (m.kind() == Prepare::kKind) {
      const auto& p = m.as<Prepare>();
      if (m.from() == primary(p.view)) return;
      Heard& h = place({p.view, p.seq, p.digest});
      script_.crypto().add(h.proof.prepares, m.from(), m);
    } else if (m.kind() == ViewChange::kKind) {
      const auto& vc = m.as<ViewChange>();
      view_changes_[vc.view][m.from()] = {
          .from = m.from(), .signature = m.signature(), .content = vc};
      if (!stable_ || vc.stable.seq > stable_->seq) stable_ = vc.stable;
    }
  }

  /// Says something to somebody.
  void act() {
    View v;
    for (const ReplicaId r : up()) v = std::max(v, engine(script_, r).view());
    switch (rng_.below(8)) {
      case 0:
      case 1: return propose(v);
      case 2:
      case 3:
      case 4: return vote(v);
      case 5: return change_view(rng_.below(3) == 0 ? v.next() : v);
      case 6: return begin_view(rng_.below(3) == 0 ? v.next() : v);
      default: return checkpoint();
    }
  }

 private:
  struct Heard {
    Prepared proof;
    BlockRef block;
    bool signed_by_primary = false;
  };

  ReplicaId primary(View v) const {
    return ReplicaId(static_cast<std::uint32_t>(v.value % script_.committee().n()));
  }
  std::vector<ReplicaId> up() const {
    std::vector<ReplicaId> all;
    for (std::uint32_t i = 0; i < script_.committee().n(); ++i) {
      if (script_.is_up(ReplicaId(i))) all.emplace_back(i);
    }
    return all;
  }
  Heard& place(const Place& p) {
    Heard& h = heard_[{p.view, p.seq, p.digest}];
    h.proof.view = p.view;
    h.proof.seq = p.seq;
    h.proof.digest = p.digest;
    return h;
  }
  template <Wire M>
  HeldMessage sign(const M& payload) {
    Message* m = script_.store().make(self_, M(payload));
    script_.crypto().sign(script_.store(), *m);
    return HeldMessage(script_.store(), m);
  }
  template <Wire M>
  void say(ReplicaId to, const M& payload) {
    hear(*sign(payload));
    script_.inject(self_, to, M(payload));
  }
  template <Wire M>
  void say_to_some(const M& payload) {
    for (const ReplicaId r : up()) {
      if (rng_.below(2) == 0) say(r, payload);
    }
  }

  /// Another batch to each, for places that are open or that O has spoken for.
  void propose(View v) {
    if (primary(v) != self_) return;
    for (const ReplicaId r : up()) {
      if (rng_.below(3) == 0) continue;
      const Height seq = engine(script_, r).executed().plus(1 + rng_.below(3));
      std::vector<BlockRef> known;
      for (const auto& [at, h] : heard_) {
        if (h.block && h.proof.seq == seq) known.push_back(h.block);
      }
      Request request{.id = RequestId(rng_.below(30)), .client = ClientId(0), .bytes = 100};
      request.auth = script_.crypto().authenticate(request);
      known.push_back(script_.crypto().make_block({.height = seq,
                                                   .view = v,
                                                   .proposer = self_,
                                                   .nonce = rng_.below(2),
                                                   .requests = {request}}));
      known.push_back(null_batch(script_.crypto(), seq));
      const BlockRef& block = known[rng_.below(known.size())];
      say(r, PrePrepare{.view = v, .seq = seq, .digest = block->digest, .block = {block}});
    }
  }

  void vote(View v) {
    std::vector<Place> places;
    for (const auto& [at, h] : heard_) {
      if (h.proof.view == v) places.push_back({h.proof.view, h.proof.seq, h.proof.digest});
    }
    for (const Place& p : places) {
      if (rng_.below(2) == 0) {
        say_to_some(Prepare{.view = p.view, .seq = p.seq, .digest = p.digest});
      }
      if (rng_.below(2) == 0) {
        say_to_some(Commit{.view = p.view, .seq = p.seq, .digest = p.digest});
      }
    }
  }

  ViewChange lie_about(View v) {
    ViewChange vc{.view = v};
    if (stable_ && rng_.below(2) == 0) vc.stable = *stable_;
    std::map<Height, Prepared> shown;
    for (const auto& [at, h] : heard_) {
      const Prepared& p = h.proof;
      if (!h.signed_by_primary || p.view >= v || p.seq <= vc.stable.seq) continue;
      if (p.seq.value - vc.stable.seq.value > validity_.window) continue;
      if (rng_.below(3) == 0 || !validity_.prepared(p)) continue;
      if (!shown.contains(p.seq) || rng_.below(2) == 0) shown.insert_or_assign(p.seq, p);
    }
    for (const auto& [seq, p] : shown) vc.prepared.push_back(p);
    return vc;
  }
  void change_view(View v) {
    if (v.value == 0) return;
    for (const ReplicaId r : up()) {
      if (rng_.below(2) == 0) say(r, lie_about(v));
    }
  }

  void begin_view(View v) {
    if (primary(v) != self_ || v.value == 0) return;
    for (const ReplicaId r : up()) {
      auto known = view_changes_[v];
      const ViewChange own = lie_about(v);
      known[self_] = {.from = self_, .signature = sign(own)->signature(), .content = own};
      NewView nv{.view = v};
      for (const auto& [from, vc] : known) nv.view_changes.push_back(vc);
      // No larger a V than needed.
      const auto power = [&](ReplicaId who) { return script_.committee().power(who); };
      Power in_v = 0;
      for (const SignedViewChange& vc : nv.view_changes) in_v += power(vc.from);
      for (std::uint64_t tries = rng_.below(20); tries > 0 && !nv.view_changes.empty(); --tries) {
        const auto vc = nv.view_changes.begin() +
                        static_cast<std::ptrdiff_t>(rng_.below(nv.view_changes.size()));
        if (in_v - power(vc->from) < validity_.quorum || in_v < power(vc->from)) continue;
        in_v -= power(vc->from);
        nv.view_changes.erase(vc);
      }
      nv.digests = reproposals(script_.crypto(), nv.view_changes).digests;
      if (!validity_.new_view(nv)) return;
      begun_ = true;
      say(r, nv);
    }
  }

  void checkpoint() {
    for (const ReplicaId r : up()) {
      const std::uint64_t k = engine(script_, r).low_watermark().value + 1 + rng_.below(8);
      say(r, Checkpoint{.seq = Height(k), .state = Digest{{rng_.below(3), 0, 0, 0}}});
    }
  }

  EngineScript& script_;
  Rng& rng_;
  ReplicaId self_;
  Validity validity_;
  std::map<std::tuple<View, Height, Digest>, Heard> heard_;
  std::map<View, std::map<ReplicaId, SignedViewChange>> view_changes_;
  std::optional<StableCheckpoint> stable_;

 public:
  bool begun_ = false;  ///< it has led a view that was not the first
};

struct Adversity {
  std::uint32_t n = 4;
  std::vector<Power> power{};  ///< one each when empty
  bool restarts = false;
  bool partitions = false;
  std::uint32_t loss_percent = 0;
};

/// Runs one seed; the text says what went wrong, empty when nothing did.
std::string survives(const Adversity& a, std::uint64_t seed, bool& led) {
  constexpr std::uint32_t kRequests = 30;
  Rng rng(mix(seed, 0x11A7));
  EngineScript script(kInfo, {.n = a.n, .power = a.power, .seed = seed},
                      Options(kOptions)
                          .with("view_timeout", "200ms")
                          .with("checkpoint_interval", "4")
                          .with("batch_size", "3")
                          .with("pipeline", "4"));
  script.record(false);
  ReplicaId self(static_cast<std::uint32_t>(rng.below(a.n)));
  if (script.committee().power(self) > script.committee().fault_bound()) self = ReplicaId(1);
  Liar liar(script, rng, self, 8);
  const Duration slow = rng.below(2) == 0 ? 40ms : 160ms;
  bool good = false;
  std::uint32_t side = ~0u;
  script.link = [&](ReplicaId from, ReplicaId to, const Message& m) {
    liar.hear(m);
    if (!good) {
      if (((side >> from.value ^ side >> to.value) & 1) != 0) return Duration::max();
      if (rng.below(100) < a.loss_percent) return Duration::max();
      return rng.uniform(1ms, slow);
    }
    return rng.uniform(1ms, 30ms);
  };
  std::vector<ReplicaId> honest;
  for (std::uint32_t i = 0; i < a.n; ++i) {
    if (ReplicaId(i) != self) honest.emplace_back(i);
  }
  std::set<ReplicaId> down;
  std::uint32_t submitted = 0;
  for (const ReplicaId r : honest) script.start(r);
  const auto done = [&] {
    for (const ReplicaId r : honest) {
      std::size_t executed = 0;
      for (const BlockRef& b : script.commits(r)) executed += b->requests.size();
      if (executed < kRequests) return false;
    }
    return true;
  };
  while (script.now() < kStart + 90s && !(good && done())) {
    if (!good && script.now() >= kStart + 6s) {
      good = true;
      for (const ReplicaId r : std::exchange(down, {})) script.start(r);
    }
    if (!good) {
      const auto what = rng.below(40);
      if (what < 2 && submitted < kRequests) {
        script.submit(3);
        submitted += 3;
      } else if (what < 5 && a.restarts) {
        const ReplicaId r = honest[rng.below(honest.size())];
        if (down.erase(r) != 0) {
          script.start(r);
        } else if (down.size() < 2) {
          script.crash(r);
          down.insert(r);
        }
      } else if (what < 7 && a.partitions) {
        side = rng.below(3) == 0 ? ~0u : static_cast<std::uint32_t>(rng.next());
      }
    } else if (submitted < kRequests) {
      script.submit(kRequests - submitted);
      submitted = kRequests;
    }
    liar.act();
    script.run_for(rng.uniform(1ms, good ? 60ms : 30ms));
  }
  led = led || liar.begun_;

  std::string wrong;
  if (!script.agreement()) wrong += " agreement";
  if (!done()) wrong += " stalls";
  for (const ReplicaId r : honest) {
    std::set<RequestId> seen;
    std::uint64_t height = 0;
    for (const BlockRef& b : script.commits(r)) {
      if (b->height.value != ++height) wrong += " gap@r" + std::to_string(r.value);
      for (const Request& request : b->requests) {
        if (!seen.insert(request.id).second) wrong += " twice@r" + std::to_string(r.value);
      }
    }
  }
  if (wrong.empty()) return wrong;
  for (const ReplicaId r : honest) {
    const Pbft& e = engine(script, r);
    wrong += " r" + std::to_string(r.value) + "(view " + std::to_string(e.view().value) +
             (e.active() ? "" : " inactive") + ", executed " + std::to_string(e.executed().value) +
             ", h " + std::to_string(e.low_watermark().value) + ")";
  }
  return wrong;
}

void check(const Adversity& a) {
  const char* wanted = std::getenv("BYZLAB_SEEDS");
  const std::uint64_t seeds = wanted ? std::strtoull(wanted, nullptr, 10) : 100;
  bool led = false;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::string wrong = survives(a, seed, led);
    BOOST_TEST(wrong.empty(), "seed " << seed << ":" << wrong);
  }
  BOOST_TEST(led);  // or it was no liar's test
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pbft_liar)

BOOST_AUTO_TEST_CASE(among_four) { check({}); }
BOOST_AUTO_TEST_CASE(among_four_that_restart) { check({.restarts = true}); }
BOOST_AUTO_TEST_CASE(among_four_that_are_split) { check({.partitions = true, .loss_percent = 10}); }
BOOST_AUTO_TEST_CASE(among_four_with_everything) {
  check({.restarts = true, .partitions = true, .loss_percent = 10});
}
BOOST_AUTO_TEST_CASE(among_five_with_everything) {
  check({.n = 5, .restarts = true, .partitions = true, .loss_percent = 10});
}
BOOST_AUTO_TEST_CASE(among_six_with_everything) {
  check({.n = 6, .restarts = true, .partitions = true, .loss_percent = 10});
}

BOOST_AUTO_TEST_CASE(among_four_of_unequal_power) {
  // A quorum is 5 of 7: the liar, with 2, and one of 3 are one.
  check({.power = {3, 2, 1, 1}, .restarts = true, .partitions = true, .loss_percent = 10});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::pbft
