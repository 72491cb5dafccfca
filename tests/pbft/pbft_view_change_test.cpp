// PBFT's view change by hand (§4.4, §4.5.2): what survives, what is filled with null requests, who
// joins, and what a hostile replica cannot make anybody believe.
#include <boost/test/unit_test.hpp>

#include "consensus/pbft/pbft.h"
#include "tests/support/engine_script.h"

namespace byzlab::pbft {
namespace {

using namespace std::chrono_literals;

constexpr ReplicaId r0(0), r1(1), r2(2), r3(3);
constexpr Duration kLost = Duration::max();

Pbft& engine(EngineScript& script, ReplicaId r) { return static_cast<Pbft&>(script.engine(r)); }

std::string_view type(EngineScript& script, const Message& m) {
  return script.store().type(m.kind()).name;
}

/// What a replica of the test's own signs: the votes of others, which an attacker could only copy.
class Pen {
 public:
  explicit Pen(EngineScript& script) : script_(script) {}
  template <Wire M>
  Signature sign(ReplicaId from, const M& payload) {
    const HeldMessage m = signed_record(from, payload);
    return m->signature();
  }
  template <Wire M>
  AggregateSignature sign_all(std::initializer_list<ReplicaId> from, const M& payload) {
    AggregateSignature all;
    for (const ReplicaId r : from) script_.crypto().add(all, r, *signed_record(r, payload));
    return all;
  }
  Prepared prepared(View v, Height seq, const Digest& d, ReplicaId primary,
                    std::initializer_list<ReplicaId> backups) {
    return {.view = v,
            .seq = seq,
            .digest = d,
            .pre_prepare = sign(primary, PrePrepare{.view = v, .seq = seq, .digest = d}),
            .prepares = sign_all(backups, Prepare{.view = v, .seq = seq, .digest = d})};
  }
  SignedViewChange view_change(ReplicaId from, ViewChange vc) {
    return {.from = from, .signature = sign(from, vc), .content = vc};
  }

 private:
  template <Wire M>
  HeldMessage signed_record(ReplicaId from, const M& payload) {
    Message* m = script_.store().make(from, M(payload));
    script_.crypto().sign(script_.store(), *m);
    return HeldMessage(script_.store(), m);
  }
  EngineScript& script_;
};

Validity validity(EngineScript& script) {
  return {.committee = script.committee(), .crypto = script.crypto(), .quorum = 3, .window = 256};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pbft_view_change)

BOOST_AUTO_TEST_CASE(a_prepared_batch_survives_the_primary) {
  EngineScript script(kInfo, {.n = 4});
  script.start_all();
  // The primary's batch prepares at r1 and r2 in view 0, but no commit arrives and then it is gone.
  script.link = [&](ReplicaId, ReplicaId to, const Message& m) {
    const bool commit = type(script, m) == "Commit" && m.as<Commit>().view == View(0);
    const bool prepare = type(script, m) == "Prepare" && m.as<Prepare>().view == View(0);
    return commit || (prepare && to == r3) ? kLost : Duration(10ms);
  };
  script.submit(1);
  script.run_for(25ms);
  script.crash(r0);
  script.run_for(1s);
  check_golden("tests/pbft/golden/a_prepared_batch_survives.txt", script.text());
  for (const ReplicaId r : {r1, r2, r3}) {
    BOOST_TEST_REQUIRE(script.commits(r).size() == 1u);
    BOOST_TEST(script.commits(r)[0]->view.value == 0u);      // the same batch, and
    BOOST_TEST(script.commits(r)[0]->proposer.value == 0u);  // the first primary's
    BOOST_TEST(engine(script, r).view().value == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_gap_is_filled_with_a_null_request) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("batch_size", "1"));
  script.start_all();
  // Nobody gets the first of two batches; the second prepares everywhere.
  script.link = [&](ReplicaId, ReplicaId, const Message& m) {
    if (type(script, m) == "PrePrepare" && m.as<PrePrepare>().seq == Height(1)) return kLost;
    return type(script, m) == "Commit" ? kLost : Duration(10ms);
  };
  script.submit(2);
  script.run_for(45ms);
  script.crash(r0);
  script.link = [&](ReplicaId, ReplicaId, const Message& m) {
    const bool old = type(script, m) == "Commit" && m.as<Commit>().view == View(0);
    return old ? kLost : Duration(10ms);
  };
  script.run_for(1s);
  check_golden("tests/pbft/golden/a_gap_becomes_a_null_request.txt", script.text());
  for (const ReplicaId r : {r1, r2, r3}) {
    const auto& commits = script.commits(r);
    BOOST_TEST_REQUIRE(commits.size() == 3u);
    BOOST_TEST(commits[0]->requests.empty());
    BOOST_TEST(commits[1]->requests.at(0).id.value == 1u);
    BOOST_TEST(commits[2]->requests.at(0).id.value == 0u);  // ordered by the new primary
  }
}

BOOST_AUTO_TEST_CASE(the_timer_doubles_until_a_request_executes) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  script.start_all();
  // NEW-VIEWs are lost for a while: views 1, 2 and 3 do not begin.
  script.link = [&](ReplicaId, ReplicaId, const Message& m) {
    const bool lost = type(script, m) == "NewView" && m.as<NewView>().view < View(4);
    return lost || type(script, m) == "PrePrepare" ? kLost : Duration(10ms);
  };
  script.submit(1);
  script.run_for(10s);
  std::vector<std::int64_t> timeouts;  // of r3, which leads view 3 and so takes part in 1 and 2
  for (const auto& noted : script.notes()) {
    if (noted.replica == r3 && noted.note.milestone == Milestone::timeout) {
      timeouts.push_back(nanoseconds(noted.at.time_since_epoch()) / 1'000'000);
    }
  }
  BOOST_TEST_REQUIRE(timeouts.size() >= 3u);
  BOOST_TEST(timeouts[0] == 500);
  BOOST_TEST(timeouts[1] == 500 + 10 + 500);              // T after a quorum of VIEW-CHANGEs
  BOOST_TEST(timeouts[2] == 500 + 10 + 500 + 10 + 1000);  // 2T
}

BOOST_AUTO_TEST_CASE(f_plus_1_view_changes_take_a_replica_along) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  script.start_all();
  Pen pen(script);
  script.inject(r1, r3, ViewChange{.view = View(7)});
  BOOST_TEST(engine(script, r3).view().value == 0u);  // one of them may be lying
  script.inject(r2, r3, ViewChange{.view = View(5)});
  BOOST_TEST(engine(script, r3).view().value == 5u);  // the smallest of them
  BOOST_TEST(!engine(script, r3).active());
}

BOOST_AUTO_TEST_CASE(o_takes_the_certificate_with_the_highest_view) {
  EngineScript script(kInfo, {.n = 4});
  Pen pen(script);
  const Digest a = script.crypto().digest(Height(1));
  const Digest b = script.crypto().digest(Height(2));
  const Prepared old = pen.prepared(View(0), Height(2), a, r0, {r1, r2});
  const Prepared recent = pen.prepared(View(1), Height(2), b, r1, {r0, r3});
  std::vector<SignedViewChange> v{pen.view_change(r0, {.view = View(2), .prepared = {recent}}),
                                  pen.view_change(r1, {.view = View(2), .prepared = {old}}),
                                  pen.view_change(r3, {.view = View(2), .prepared = {old}})};
  const Reproposals o = reproposals(script.crypto(), v);
  BOOST_TEST_REQUIRE(o.digests.size() == 2u);
  BOOST_TEST((o.digests[0] == null_batch(script.crypto(), Height(1))->digest));
  BOOST_TEST((o.digests[1] == b));
  // Certificates of older views verify under their own view, and only there.
  BOOST_TEST(validity(script).prepared(old));
  Prepared moved = old;
  moved.view = View(1);
  BOOST_TEST(!validity(script).prepared(moved));
  BOOST_TEST(validity(script).new_view({.view = View(2), .view_changes = v, .digests = o.digests}));
}

BOOST_AUTO_TEST_CASE(min_s_is_the_latest_stable_checkpoint_in_v) {
  EngineScript script(kInfo, {.n = 4});
  Pen pen(script);
  const Digest state = script.crypto().digest(Height(128));
  const StableCheckpoint stable{
      .seq = Height(128),
      .state = state,
      .votes = pen.sign_all({r0, r1, r2}, Checkpoint{.seq = Height(128), .state = state})};
  const Prepared below = pen.prepared(View(0), Height(7), state, r0, {r1, r2});
  const Prepared above = pen.prepared(View(0), Height(130), state, r0, {r1, r2});
  std::vector<SignedViewChange> v{
      pen.view_change(r1, {.view = View(1), .stable = stable, .prepared = {above}}),
      pen.view_change(r2, {.view = View(1), .prepared = {below}}),
      pen.view_change(r3, {.view = View(1)})};
  const Reproposals o = reproposals(script.crypto(), v);
  BOOST_TEST(o.stable->seq.value == 128u);
  BOOST_TEST(o.digests.size() == 2u);  // 129 is a null request, 130 is prepared, 7 is executed
  BOOST_TEST(validity(script).new_view({.view = View(1), .view_changes = v, .digests = o.digests}));
}

BOOST_AUTO_TEST_CASE(hostile_certificates_prove_nothing) {
  EngineScript script(kInfo, {.n = 4});
  Pen pen(script);
  const Digest d = script.crypto().digest(Height(1));
  const Prepared good = pen.prepared(View(0), Height(1), d, r0, {r1, r2});
  const auto valid = [&](const Prepared& p) { return validity(script).prepared(p); };
  BOOST_TEST(valid(good));

  BOOST_TEST(!valid(pen.prepared(View(0), Height(1), d, r0, {r1})));      // too few
  BOOST_TEST(!valid(pen.prepared(View(0), Height(1), d, r0, {r0, r1})));  // the primary twice
  BOOST_TEST(!valid(pen.prepared(View(0), Height(1), d, r1, {r2, r3})));  // not view 0's primary
  Prepared forged = good;
  forged.prepares.signers.insert(r3);  // a signer who did not sign
  BOOST_TEST(!valid(forged));
  forged = good;
  forged.prepares.signers = ReplicaSet();
  for (const ReplicaId r : {ReplicaId(4), ReplicaId(5)}) forged.prepares.signers.insert(r);
  BOOST_TEST(!valid(forged));  // nobody of the committee
  forged = good;
  forged.digest = script.crypto().digest(Height(2));
  BOOST_TEST(!valid(forged));
  forged = good;
  forged.pre_prepare = Signature{};
  BOOST_TEST(!valid(forged));

  const auto valid_vc = [&](ViewChange vc) { return validity(script).view_change(vc); };
  BOOST_TEST(valid_vc({.view = View(1), .prepared = {good}}));
  BOOST_TEST(!valid_vc({.view = View(1), .prepared = {good, good}}));  // one proof twice
  BOOST_TEST(!valid_vc({.view = View(0), .prepared = {good}}));        // not of an earlier view
  const Prepared far = pen.prepared(View(0), Height(257), d, r0, {r1, r2});
  BOOST_TEST(!valid_vc({.view = View(1), .prepared = {far}}));  // above the high watermark
  StableCheckpoint unproven{.seq = Height(128), .state = d};
  BOOST_TEST(!valid_vc({.view = View(1), .stable = unproven}));
  unproven.votes = pen.sign_all({r1, r2}, Checkpoint{.seq = Height(128), .state = d});
  BOOST_TEST(!valid_vc({.view = View(1), .stable = unproven}));
}

BOOST_AUTO_TEST_CASE(a_new_view_with_the_wrong_o_is_refused) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  script.start_all();
  Pen pen(script);
  const Digest d = script.crypto().digest(Height(1));
  const Prepared p = pen.prepared(View(0), Height(1), d, r0, {r1, r2});
  const auto vc = [&](ReplicaId r, std::vector<Prepared> ps) {
    return pen.view_change(r, {.view = View(1), .prepared = std::move(ps)});
  };
  const NewView good{
      .view = View(1), .view_changes = {vc(r1, {p}), vc(r2, {p}), vc(r3, {})}, .digests = {d}};
  const auto refused = [&](NewView nv, ReplicaId from = r1) {
    const auto before = engine(script, r3).ignored().invalid;
    script.inject(from, r3, std::move(nv));
    return engine(script, r3).view() == View(0) && engine(script, r3).ignored().invalid > before;
  };
  NewView bad = good;
  bad.digests = {};
  BOOST_TEST(refused(bad));  // drops the prepared batch
  bad.digests = {script.crypto().digest(Height(9))};
  BOOST_TEST(refused(bad));  // replaces it
  bad.digests = {d, d};
  BOOST_TEST(refused(bad));  // adds one
  bad = good;
  bad.view_changes.pop_back();
  BOOST_TEST(refused(bad));  // V is no quorum
  bad = good;
  bad.view_changes[2] = bad.view_changes[1];
  BOOST_TEST(refused(bad));  // V has a replica twice
  bad = good;
  bad.view_changes[2].content.prepared = {p};
  BOOST_TEST(refused(bad));       // not what r3 signed
  BOOST_TEST(refused(good, r2));  // not from the primary of view 1
  script.inject(r1, r3, NewView(good));
  BOOST_TEST(engine(script, r3).view().value == 1u);
  BOOST_TEST(engine(script, r3).active());

  // In view 1 the primary must propose what O says at 1.
  const auto fresh =
      script.crypto().make_block({.height = Height(1), .view = View(1), .proposer = r1});
  script.inject(
      r1, r3,
      PrePrepare{.view = View(1), .seq = Height(1), .digest = fresh->digest, .block = {fresh}});
  BOOST_TEST(engine(script, r3).ignored().inadmissible == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::pbft
