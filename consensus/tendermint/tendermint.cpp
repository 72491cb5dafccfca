#include "consensus/tendermint/tendermint.h"

#include <algorithm>

namespace byzlab::tendermint {
namespace {

constexpr Timer kPropose{.owner = 0, .id = 0};
constexpr Timer kPrevote{.owner = 0, .id = 1};
constexpr Timer kPrecommit{.owner = 0, .id = 2};
constexpr Timer kTick{.owner = 0, .id = 3};
constexpr Timer kNextHeight{.owner = 0, .id = 4};
constexpr Digest kNil{};

}  // namespace

Tendermint::Tendermint(const Options& o)
    : timeout_propose_{o.duration("timeout_propose"), o.duration("timeout_propose_delta")},
      timeout_prevote_{o.duration("timeout_prevote"), o.duration("timeout_prevote_delta")},
      timeout_precommit_{o.duration("timeout_precommit"), o.duration("timeout_precommit_delta")},
      resend_after_(o.duration("resend_after")),
      limit_(block_limit(o)),
      chain_(resend_after_, limit_.bytes) {}

// Line 10, or where a crash left us.
void Tendermint::start(Context& ctx) {
  ctx.set_timer(kTick, resend_after_);
  recover(ctx);
}

// Lines 11–21. The votes of the round that is left are remembered, because others may need them;
// a round that was skipped counts as nil, nil. What it showed to be valid is not forgotten either.
void Tendermint::start_round(Context& ctx, View round) {
  if (const Round& left = rounds_.at(p_.round); left.polka && !left.learned) {
    update_valid(ctx, left.number, left.polka, left.polka_votes);
  }
  const bool next = round == p_.round.next();
  p_.earlier_prevote = next && p_.step >= Step::prevote ? p_.prevote : kNil;
  p_.earlier_precommit = next && p_.step == Step::precommit ? p_.precommit : kNil;
  p_.round = round;
  p_.step = Step::propose;
  p_.proposed = false;
  my_proposal_ = HeldMessage();
  enter_round();
  const ReplicaId leader = in_turn(p_.height, round, ctx.committee());
  ctx.enter_view(round, leader, p_.height);
  if (leader == ctx.self()) {
    propose(ctx);
  } else {
    schedule(ctx, kPropose, timeout_propose_);
  }
  if (round > View(0)) show_polka(ctx);
  apply_rules(ctx);
}

// Lines 15–19.
void Tendermint::propose(Context& ctx) {
  BlockRef value = valid_block_;
  if (!value) {
    value = ctx.crypto().make_block({.parent = chain_.last().digest,
                                     .height = p_.height,
                                     .view = p_.round,
                                     .proposer = ctx.self(),
                                     .requests = ctx.batch(limit_, chain_.just_committed(ctx))});
  }
  p_.proposed = true;
  ctx.note(Milestone::proposed, p_.round, p_.height.value, value->digest, value);
  Proposal proposal{.height = p_.height, .round = p_.round, .value = {value}};
  if (p_.valid_round && valid_block_) {
    proposal.valid_round = p_.valid_round;
    proposal.prevotes = p_.valid_prevotes;
  }
  Message& record = *ctx.store().make(ctx.self(), std::move(proposal));
  my_proposal_ = HeldMessage(ctx.store(), record);
  ctx.relay(record);
}

void Tendermint::on(Context& ctx, ReplicaId from, const Proposal& proposal, const Message& m) {
  Round* round = round_of(ctx, from, proposal.height, proposal.round, m);
  if (round == nullptr) {
    return chain_.tally_misplaced(ctx, from, proposal.height, proposal.round, p_.round, {});
  }
  if (round->proposal) {
    const bool same = round->proposal->digest == proposal.value->digest;
    return ctx.tally(from, same ? ProposalFate::late : ProposalFate::rejected);
  }
  if (!m.checked([&] { return valid(ctx, from, proposal); })) {
    return ctx.tally(from, ProposalFate::rejected);
  }
  round->proposal = proposal.value.ref;
  round->valid_round = proposal.valid_round;
  round->valid = chain_.extends(*round->proposal);  // valid(v)
  ctx.tally(from, !round->valid               ? ProposalFate::rejected
                  : proposal.round < p_.round ? ProposalFate::late
                                              : ProposalFate::accepted);
  if (proposal.round != p_.round) {
    try_decide(ctx, *round);
  } else {
    apply_rules(ctx);
  }
}

void Tendermint::on(Context& ctx, ReplicaId from, const Prevote& vote, const Message& m) {
  Round* round = round_of(ctx, from, vote.height, vote.round, m);
  if (round == nullptr) {
    return chain_.tally_misplaced(ctx, from, vote.height, vote.round, p_.round, kPrevotes);
  }
  const auto added = round->prevotes.add(ctx.committee(), ctx.crypto(), from, vote.id, m);
  ctx.tally(from, kPrevotes, fate_of(added));
  if (added == RoundVotes::Added::conflicting) {
    ctx.note(Milestone::equivocation, vote.round, from.value, vote.id);
  }
  if (added == RoundVotes::Added::fresh && vote.round == p_.round) after_prevotes(ctx, *round);
}

void Tendermint::on(Context& ctx, ReplicaId from, const Precommit& vote, const Message& m) {
  Round* round = round_of(ctx, from, vote.height, vote.round, m);
  if (round == nullptr) {
    return chain_.tally_misplaced(ctx, from, vote.height, vote.round, p_.round, kPrecommits);
  }
  const auto added = round->precommits.add(ctx.committee(), ctx.crypto(), from, vote.id, m);
  ctx.tally(from, kPrecommits, fate_of(added));
  if (added == RoundVotes::Added::conflicting) {
    ctx.note(Milestone::equivocation, vote.round, from.value, vote.id);
  }
  if (added == RoundVotes::Added::fresh) after_precommits(ctx, *round);
}

/// What gossip would have brought: a proposal of that round and the prevotes for it. The precommits
/// may be here already (49).
void Tendermint::on(Context& ctx, ReplicaId, const Polka& polka, const Message& m) {
  if (!chain_.is_next(ctx, polka.height, m)) return;
  const BlockRef& value = polka.value.ref;
  const bool proven = m.checked([&] {
    return well_made(ctx, polka.height, *value, limit_) &&
           certifies(ctx.committee(), ctx.crypto(),
                     Prevote{.height = polka.height, .round = polka.round, .id = value->digest},
                     polka.prevotes, ctx.committee().quorum());
  });
  if (!proven || !chain_.extends(*value)) return;
  if (polka.round > p_.round) start_round(ctx, polka.round);  // line 55: 2f + 1 are there
  if (polka.height != p_.height) return;                      // votes that waited decided it
  if (polka.round < p_.round) update_valid(ctx, polka.round, value, polka.prevotes);
  if (!RoundRing<Round>::covers(p_.round, polka.round)) return;
  Round& round = rounds_.at(polka.round);
  if (round.polka) return;
  round.polka = value;
  round.polka_votes = polka.prevotes;
  if (polka.round == p_.round) after_prevotes(ctx, round);
  try_decide(ctx, round);
}

// All rules whose conditions may hold already: after a change of round or step, or a proposal.
void Tendermint::apply_rules(Context& ctx) {
  const Height height = p_.height;
  const View round = p_.round;
  Round& r = rounds_.at(round);
  try_prevote(ctx, r);
  after_prevotes(ctx, r);
  if (p_.height == height && p_.round == round) after_precommits(ctx, r);
}

// Lines 22–33. A proposal with a valid round brought the prevotes of line 28 with it.
void Tendermint::try_prevote(Context& ctx, Round& r) {
  if (p_.step != Step::propose || !r.proposal) return;
  const Digest& v = r.proposal->digest;
  const bool unlocked =
      r.valid_round ? !p_.locked_round || *p_.locked_round <= *r.valid_round : !p_.locked_round;
  const bool yes = r.valid && (unlocked || p_.locked_value == v);
  prevote(ctx, yes ? v : kNil);
}

// Lines 34–46, of the current round.
void Tendermint::after_prevotes(Context& ctx, Round& r) {
  const Power quorum = ctx.committee().quorum();
  if (r.learned || p_.step == Step::propose) return;
  if (!r.polka && r.prevotes.total() < quorum) return;
  if (!r.polka && r.proposal) {
    const CertifiedVotes* votes = r.prevotes.find(r.proposal->digest);
    if (votes != nullptr && votes->power() >= quorum && r.valid) {
      r.polka = r.proposal;
      r.polka_votes = votes->aggregate();
    }
  }
  if (r.polka) return lock_and_precommit(ctx, r);
  if (p_.step != Step::prevote) return;
  if (r.prevotes.power(kNil) >= quorum) {
    precommit(ctx, kNil);
  } else if (r.prevotes.total() >= quorum && !r.prevote_timer) {
    r.prevote_timer = true;
    schedule(ctx, kPrevote, timeout_prevote_);
  }
}

// Lines 36–43.
void Tendermint::lock_and_precommit(Context& ctx, Round& r) {
  r.learned = true;
  update_valid(ctx, r.number, r.polka, r.polka_votes);
  if (p_.step != Step::prevote) return;
  p_.locked_value = r.polka->digest;
  p_.locked_round = r.number;
  precommit(ctx, r.polka->digest);
}

// Lines 42–43.
void Tendermint::update_valid(Context& ctx, View round, const BlockRef& v,
                              const AggregateSignature& prevotes) {
  if (p_.valid_round && *p_.valid_round >= round) return;
  valid_block_ = v;
  p_.valid_value = v->digest;
  p_.valid_round = round;
  p_.valid_prevotes = prevotes;
  ctx.note(Milestone::certified, round, p_.height.value, v->digest);
}

// Lines 47–54.
void Tendermint::after_precommits(Context& ctx, Round& r) {
  if (r.precommits.total() < ctx.committee().quorum() || try_decide(ctx, r)) return;
  if (r.number != p_.round || r.precommit_timer) return;
  r.precommit_timer = true;
  schedule(ctx, kPrecommit, timeout_precommit_);
  show_polka(ctx);
}

// Lines 49–54.
bool Tendermint::try_decide(Context& ctx, const Round& r) {
  const BlockRef v = r.polka ? r.polka : r.proposal;  // held: what follows empties r
  if (!v) return false;
  const CertifiedVotes* votes = r.precommits.find(v->digest);
  if (votes == nullptr || !votes->quorum(ctx.committee()) || !chain_.extends(*v)) return false;
  const Decided proof{
      .height = p_.height, .round = r.number, .block = v->digest, .votes = votes->aggregate()};
  ctx.note(Milestone::certified, r.number, p_.height.value, v->digest);
  chain_.append(ctx, v, proof);
  new_height(ctx);
  return true;
}

void Tendermint::prevote(Context& ctx, Digest id) {
  p_.prevote = id;
  p_.step = Step::prevote;
  if (id != kNil) ctx.note(Milestone::voted, p_.round, p_.height.value, id);
  ctx.broadcast(Prevote{.height = p_.height, .round = p_.round, .id = id});
}

void Tendermint::precommit(Context& ctx, Digest id) {
  p_.precommit = id;
  p_.step = Step::precommit;
  ctx.broadcast(Precommit{.height = p_.height, .round = p_.round, .id = id});
}

void Tendermint::on_timer(Context& ctx, Timer timer) {
  if (timer.same_key(kTick)) {
    tick(ctx);
  } else if (timer.owner == BlockSync::kTimerOwner) {
    chain_.on_timer(ctx, timer);
  } else if (timer.same_key(kNextHeight)) {
    if (p_.round == View(0) && p_.step == Step::propose && !p_.proposed) start_round(ctx, View(0));
  } else if (timer.payload != here()) {
    return;  // of a round that is over
  } else if (timer.same_key(kPropose)) {
    on_timeout_propose(ctx);
  } else if (timer.same_key(kPrevote)) {
    on_timeout_prevote(ctx);
  } else {
    on_timeout_precommit(ctx);
  }
}

// Lines 57–60. The condition in 58 is step_p = propose, as in the paper's sources; some copies of
// Algorithm 1 print `prevote`.
void Tendermint::on_timeout_propose(Context& ctx) {
  if (p_.step != Step::propose) return;
  ctx.note(Milestone::timeout, p_.round, p_.height.value);
  ctx.tally_timeout(0);
  prevote(ctx, kNil);
  apply_rules(ctx);
}

// Lines 61–64.
void Tendermint::on_timeout_prevote(Context& ctx) {
  if (p_.step != Step::prevote) return;
  ctx.note(Milestone::timeout, p_.round, p_.height.value);
  ctx.tally_timeout(1);
  precommit(ctx, kNil);
}

// Lines 65–67.
void Tendermint::on_timeout_precommit(Context& ctx) {
  ctx.note(Milestone::timeout, p_.round, p_.height.value);
  ctx.tally_timeout(2);
  ctx.note(Milestone::view_change, p_.round, p_.height.value);
  start_round(ctx, p_.round.next());
}

// Lines 52–54, after one decision of our own or many that were fetched.
void Tendermint::new_height(Context& ctx) {
  p_ = State{.last = chain_.proof(), .height = chain_.next()};
  valid_block_ = nullptr;
  shown_polka_.reset();
  rounds_.clear();
  claims_.clear();
  if (ctx.committee().power(ctx.self()) < ctx.committee().quorum()) {
    start_round(ctx, View(0));
  } else {  // it would decide heights without end at one instant
    ctx.set_timer(kNextHeight, timeout_precommit_.initial);
  }
  // Handling one may begin the next height, which takes the rest.
  for (const HeldMessage& m : chain_.take_early()) on_message(ctx, m->from(), *m);
}

/// The round a message belongs to, or null when it is not of this height or too far away.
Tendermint::Round* Tendermint::round_of(Context& ctx, ReplicaId from, Height height, View round,
                                        const Message& m) {
  if (!chain_.is_next(ctx, height, m)) return nullptr;
  if (round > p_.round) [[unlikely]] {
    is_in_round(ctx, from, round);
    if (height != p_.height) return nullptr;  // votes that waited for that round decided it
  }
  if (!RoundRing<Round>::covers(p_.round, round)) return nullptr;
  return &rounds_.at(round);
}

// Lines 55–56.
void Tendermint::is_in_round(Context& ctx, ReplicaId from, View round) {
  const auto ahead = claims_.add(ctx.committee(), from, round, p_.round);
  if (!ahead) return;
  ctx.note(Milestone::view_change, p_.round, p_.height.value);
  start_round(ctx, *ahead);
}

void Tendermint::on(Context& ctx, ReplicaId from, const Status& status, const Message&) {
  if (status.height != p_.height) return chain_.on_status(ctx, from, status);
  if (status.round > p_.round) is_in_round(ctx, from, status.round);
}

void Tendermint::on(Context& ctx, ReplicaId from, const Decided& decided, const Message& m) {
  if (decided.height < p_.height) return;
  const bool proven = m.checked([&] {
    return certifies(
        ctx.committee(), ctx.crypto(),
        Precommit{.height = decided.height, .round = decided.round, .id = decided.block},
        decided.votes, ctx.committee().quorum());
  });
  if (!proven || decided.block == kNil) return;
  BlockRef candidate;
  if (decided.height == p_.height && RoundRing<Round>::covers(p_.round, decided.round)) {
    candidate = rounds_.at(decided.round).proposal;
  }
  chain_.learn(ctx, from, decided, candidate);
  if (chain_.height() >= p_.height) new_height(ctx);
}

void Tendermint::on(Context& ctx, ReplicaId from, const BlockRequest& request, const Message&) {
  chain_.on_request(ctx, from, request);
}

void Tendermint::on(Context& ctx, ReplicaId from, const BlockResponse& response, const Message&) {
  chain_.on_response(ctx, from, response);
  if (chain_.height() >= p_.height) new_height(ctx);
}

/// Once a valid round. The value is needed with it: who lacks the prevotes may lack the proposal.
void Tendermint::show_polka(Context& ctx) {
  if (!p_.valid_round || !valid_block_ || shown_polka_ == p_.valid_round) return;
  shown_polka_ = p_.valid_round;
  ctx.broadcast(Polka{.height = p_.height,
                      .round = *p_.valid_round,
                      .value = {valid_block_},
                      .prevotes = p_.valid_prevotes});
}

void Tendermint::tick(Context& ctx) {
  ctx.set_timer(kTick, resend_after_);
  const std::uint64_t now = mix(here(), static_cast<std::uint64_t>(p_.step));
  if (std::exchange(at_tick_, now) == now) say_again(ctx);
}

void Tendermint::say_again(Context& ctx) {
  ctx.broadcast(Status{.height = p_.height, .round = p_.round});
  if (my_proposal_) ctx.relay(*my_proposal_);
  const auto votes = [&](View round, Step step, Digest prevote, Digest precommit) {
    if (step == Step::propose) return;
    ctx.broadcast(Prevote{.height = p_.height, .round = round, .id = prevote});
    if (step == Step::prevote) return;
    ctx.broadcast(Precommit{.height = p_.height, .round = round, .id = precommit});
  };
  votes(p_.round, p_.step, p_.prevote, p_.precommit);
  if (p_.round > View(0)) {
    votes(View(p_.round.value - 1), Step::precommit, p_.earlier_prevote, p_.earlier_precommit);
  }
  shown_polka_.reset();
  show_polka(ctx);
}

// The valid value, too, and so a locked one: when all restart, somebody must still have it. And
// what was proposed in this round.
void Tendermint::save(DurableState& durable) const {
  Record record{.state = p_};
  durable.blocks = chain_.blocks();
  if (valid_block_) durable.blocks.push_back(valid_block_);
  if (my_proposal_) {
    const auto& p = my_proposal_->as<Proposal>();
    record.said =
        Said{.value = p.value->digest, .valid_round = p.valid_round, .prevotes = p.prevotes};
    if (p.value.ref != valid_block_) durable.blocks.push_back(p.value.ref);
  }
  durable.replace_records(record);
}

void Tendermint::recover(Context& ctx) {
  const auto [stored, said] = last_record<Record>(ctx);
  chain_.start(ctx, stored.height, stored.last);
  const bool same = stored.height == chain_.next() && !ctx.recovered().empty();
  if (!same) {
    p_ = State{.last = chain_.proof(), .height = chain_.next()};
    start_round(ctx, View(0));
  } else {
    p_ = stored;
    // A torn disk may have kept what nobody had been told yet: it is said again below, and counts.
    const auto cast = [&](View round, Digest id) {
      if (id != kNil) ctx.note(Milestone::voted, round, p_.height.value, id);
    };
    if (p_.step != Step::propose) cast(p_.round, p_.prevote);
    if (p_.round > View(0)) cast(View(p_.round.value - 1), p_.earlier_prevote);
    for (const BlockRef& block : ctx.recovered().blocks) {
      if (p_.valid_round && block->digest == p_.valid_value) valid_block_ = block;
    }
    if (p_.proposed && said) remember_proposal(ctx, *said);
    const ReplicaId leader = in_turn(p_.height, p_.round, ctx.committee());
    ctx.enter_view(p_.round, leader, p_.height);
    if (leader == ctx.self() && p_.step == Step::propose && !p_.proposed) {
      propose(ctx);
    } else {
      schedule(ctx, kPropose, timeout_propose_);
    }
  }
  if (ctx.now() > kStart) say_again(ctx);
}

void Tendermint::remember_proposal(Context& ctx, const Said& said) {
  for (const BlockRef& block : ctx.recovered().blocks) {
    if (block->digest != said.value) continue;
    my_proposal_ = HeldMessage(
        ctx.store(), *ctx.store().make(ctx.self(), Proposal{.height = p_.height,
                                                            .round = p_.round,
                                                            .value = {block},
                                                            .valid_round = said.valid_round,
                                                            .prevotes = said.prevotes}));
    return;
  }
}

/// What everybody can check, so that it is asked once a broadcast: from the proposer; a new value
/// of its own, or an old one with a quorum of prevotes in an earlier round (28).
bool Tendermint::valid(Context& ctx, ReplicaId from, const Proposal& p) const {
  const Block& v = *p.value;
  if (from != in_turn(p.height, p.round, ctx.committee()) || !well_made(ctx, p.height, v, limit_))
    return false;
  if (!p.valid_round) return v.proposer == from && v.view == p.round;
  return *p.valid_round < p.round &&
         certifies(ctx.committee(), ctx.crypto(),
                   Prevote{.height = p.height, .round = *p.valid_round, .id = v.digest}, p.prevotes,
                   ctx.committee().quorum());
}

void Tendermint::schedule(Context& ctx, Timer timer, const Timeout& timeout) {
  timer.payload = here();
  ctx.set_timer(timer, timeout.of(p_.round));
}

void Tendermint::Round::begin(View round) {
  number = round;
  proposal = nullptr;
  polka = nullptr;
  valid_round.reset();
  prevotes.clear();
  precommits.clear();
  valid = learned = prevote_timer = precommit_timer = false;
}

}  // namespace byzlab::tendermint
