#include "consensus/ibft/ibft.h"

#include <algorithm>

namespace byzlab::ibft {
namespace {

constexpr Timer kRound{.owner = 0, .id = 0};
constexpr Timer kTick{.owner = 0, .id = 1};
constexpr Timer kNextHeight{.owner = 0, .id = 2};
constexpr Digest kNone{};

}  // namespace

Ibft::Ibft(const Options& o)
    : round_timeout_(o.duration("round_timeout")),
      round_timeout_limit_(std::max(round_timeout_, o.duration("round_timeout_limit"))),
      resend_after_(o.duration("resend_after")),
      limit_(block_limit(o)),
      chain_(resend_after_, limit_.bytes) {}

void Ibft::start(Context& ctx) {
  ctx.set_timer(kTick, resend_after_);
  recover(ctx);
}

// 1:11–19.
void Ibft::begin_height(Context& ctx) {
  enter_round(ctx, View(0));
  start_timer(ctx);
  if (in_turn(i_.height, View(0), ctx.committee()) == ctx.self()) {
    send_proposal(ctx, PrePrepare{.value = {new_block(ctx)}});
  }
}

void Ibft::enter_round(Context& ctx, View round) {
  i_.round = round;
  i_.proposed = false;
  i_.prepared = i_.committed = kNone;
  my_proposal_ = HeldMessage();
  my_round_change_ = HeldMessage();
  ctx.enter_view(round, in_turn(i_.height, round, ctx.committee()), i_.height);
}

// 2:1, and 3:5 by the ROUND-CHANGEs inside. One of an earlier round can only tell which block its
// COMMITs are for (2:8). The round that is entered is durable at once: even if the proposal is of
// no use, a ROUND-CHANGE may leave before anything else is.
void Ibft::on(Context& ctx, ReplicaId from, const PrePrepare& p, const Message& m) {
  const bool placed = chain_.is_next(ctx, p.height, m) &&
                      (p.round >= i_.round || RoundRing<Round>::covers(i_.round, p.round));
  if (!placed) return chain_.tally_misplaced(ctx, from, p.height, p.round, i_.round, {});
  if (!m.checked([&] { return valid(ctx, from, p); })) {
    return ctx.tally(from, ProposalFate::rejected);
  }
  if (p.round > i_.round) {
    if (p.round_changes.empty()) {  // IBFT 1.0 proves nothing
      return ctx.tally(from, ProposalFate::early);
    }
    ctx.note(Milestone::view_change, i_.round, i_.height.value);
    enter_round(ctx, p.round);
    start_timer(ctx);
  }
  Round& round = rounds_.at(p.round);
  if (round.proposal && round.proposal->digest == p.value->digest) {
    return ctx.tally(from, ProposalFate::late);
  }
  if (round.proposal || !chain_.extends(*p.value)) return ctx.tally(from, ProposalFate::rejected);
  ctx.tally(from, p.round < i_.round ? ProposalFate::late : ProposalFate::accepted);
  round.proposal = p.value.ref;
  if (p.round == i_.round) {
    try_prepare(ctx, round);
  } else {
    try_decide(ctx, round);
  }
}

// 2:1–3. Once a round, also after a restart.
void Ibft::try_prepare(Context& ctx, Round& round) {
  const Digest& value = round.proposal->digest;
  if (!may_prepare(*round.proposal)) return change_round(ctx, i_.round.next());
  if (i_.prepared == kNone) {
    start_timer(ctx);
    i_.prepared = value;
    ctx.note(Milestone::voted, i_.round, i_.height.value, value);
    ctx.broadcast(Prepare{.height = i_.height, .round = i_.round, .value = value});
  }
  try_commit(ctx, round);
  try_decide(ctx, round);
}

void Ibft::on(Context& ctx, ReplicaId from, const Prepare& vote, const Message& m) {
  Round* round = round_of(ctx, from, vote.height, vote.round, m);
  if (round == nullptr) {
    return chain_.tally_misplaced(ctx, from, vote.height, vote.round, i_.round, kPrepares);
  }
  ctx.tally(from, kPrepares, count(ctx, round->prepares, from, vote.round, vote.value, m));
  if (vote.round == i_.round) try_commit(ctx, *round);
}

// 2:4–7.
void Ibft::try_commit(Context& ctx, Round& round) {
  if (i_.committed != kNone || !round.proposal) return;
  const BlockRef& value = round.proposal;
  const CertifiedVotes* votes = round.prepares.find(value->digest);
  if (votes == nullptr || !votes->quorum(ctx.committee())) return;
  prepared_block_ = value;
  i_.prepared_round = i_.round;
  i_.prepared_value = i_.committed = value->digest;
  i_.prepares = votes->aggregate();
  ctx.note(Milestone::certified, i_.round, i_.height.value, value->digest);
  ctx.broadcast(Commit{.height = i_.height, .round = i_.round, .value = value->digest});
}

void Ibft::on(Context& ctx, ReplicaId from, const Commit& vote, const Message& m) {
  Round* round = round_of(ctx, from, vote.height, vote.round, m);
  if (round == nullptr) {
    return chain_.tally_misplaced(ctx, from, vote.height, vote.round, i_.round, kCommits);
  }
  ctx.tally(from, kCommits, count(ctx, round->commits, from, vote.round, vote.value, m));
  try_decide(ctx, *round);
}

// 2:8–10. After a restart proposals are forgotten, but not what was prepared.
bool Ibft::try_decide(Context& ctx, const Round& round) {
  // Held: what follows empties the round.
  const BlockRef value = round.proposal ? round.proposal : prepared_block_;
  if (!value) return false;
  const CertifiedVotes* votes = round.commits.find(value->digest);
  if (votes == nullptr || !votes->quorum(ctx.committee())) return false;
  const Decided proof{.height = i_.height,
                      .round = round.number,
                      .block = value->digest,
                      .votes = votes->aggregate()};
  ctx.note(Milestone::certified, round.number, i_.height.value, value->digest);
  chain_.append(ctx, value, proof);
  new_height(ctx);
  return true;
}

void Ibft::on_timer(Context& ctx, Timer timer) {
  if (timer.same_key(kTick)) {
    tick(ctx);
  } else if (timer.owner == BlockSync::kTimerOwner) {
    chain_.on_timer(ctx, timer);
  } else if (timer.same_key(kNextHeight)) {
    if (i_.round == View(0) && !i_.proposed && i_.prepared == kNone) begin_height(ctx);
  } else if (timer.payload == here()) {
    expire(ctx);
  }
}

// 3:1–4.
void Ibft::expire(Context& ctx) {
  if (at_limit() && !quorum_came(ctx)) return start_timer(ctx);
  ctx.note(Milestone::timeout, i_.round, i_.height.value);
  ctx.tally_timeout(0);
  change_round(ctx, i_.round.next());
}

// 3:2–4 and 3:8–10.
void Ibft::change_round(Context& ctx, View round) {
  ctx.note(Milestone::view_change, i_.round, i_.height.value);
  enter_round(ctx, round);
  start_timer(ctx);
  say_round_change(ctx);
  try_propose(ctx);
}

/// One message a round, whatever is prepared in it: a prepared round must be before the round that
/// is asked for (4:1–3).
void Ibft::say_round_change(Context& ctx) {
  if (!my_round_change_) {
    if (i_.prepared_round == i_.round) return;  // what was said is forgotten after a restart
    my_round_change_ = HeldMessage(ctx.store(), *ctx.store().make(ctx.self(), round_change()));
  }
  ctx.relay(*my_round_change_);
}

void Ibft::on(Context& ctx, ReplicaId from, const RoundChange& rc, const Message& m) {
  const Height height = rc.content.height;
  if (height < i_.height) return chain_.on_status(ctx, from, Status{.height = height});  // 3:17–18
  if (!chain_.is_next(ctx, height, m)) return;
  if (!m.checked([&] { return valid(ctx, rc); })) return;
  if (rc.round > i_.round) is_in_round(ctx, from, rc.round);
  if (rc.round < i_.round || !RoundRing<Round>::covers(i_.round, rc.round)) return;
  Round& round = rounds_.at(rc.round);
  if (!round.asking.add(ctx.committee(), from)) return;
  round.round_changes.emplace_back(ctx.store(), m);
  if (rc.round != i_.round) return;
  if (at_limit() && !round.proposal && quorum_came(ctx)) start_timer(ctx);
  try_propose(ctx);
}

bool Ibft::at_limit() const { return i_.round > View(0) && timeout() == round_timeout_limit_; }

/// Whether a quorum is in this round, has been, or has seen that one was.
bool Ibft::quorum_came(Context& ctx) {
  const Round& round = rounds_.at(i_.round);
  if (round.proposal) return true;
  Power power = 0;
  for (std::uint32_t i = 0; i < ctx.n(); ++i) {
    const ReplicaId r(i);
    if (r == ctx.self() || round.asking.contains(r) || claims_.reached(r, i_.round)) {
      power += ctx.committee().power(r);
    }
  }
  return power >= ctx.committee().quorum();
}

// 3:11–16. Every ROUND-CHANGE that counts is justified by itself, so any quorum of them is (4:1–3).
void Ibft::try_propose(Context& ctx) {
  const Round& round = rounds_.at(i_.round);
  if (i_.proposed || i_.round == View(0) || i_.prepared != kNone) return;
  if (in_turn(i_.height, i_.round, ctx.committee()) != ctx.self() ||
      !round.asking.quorum(ctx.committee())) {
    return;
  }
  send_proposal(ctx, proposal(ctx, round.round_changes));
}

void Ibft::send_proposal(Context& ctx, PrePrepare p) {
  p.height = i_.height;
  p.round = i_.round;
  i_.proposed = true;
  ctx.note(Milestone::proposed, i_.round, i_.height.value, p.value->digest, p.value.ref);
  Message& record = *ctx.store().make(ctx.self(), std::move(p));
  my_proposal_ = HeldMessage(ctx.store(), record);
  ctx.relay(record);
}

// 3:12–16: the value of HighestPrepared(Qrc), or one of its own; with what justifies it.
PrePrepare Ibft::proposal(Context& ctx, const std::vector<HeldMessage>& round_changes) {
  PrePrepare p;
  const RoundChange* highest = nullptr;
  for (const HeldMessage& m : round_changes) {
    const auto& rc = m->as<RoundChange>();
    p.round_changes.push_back(
        {.from = m->from(), .content = rc.content, .signature = m->signature()});
    if (!rc.content.prepared_round) continue;
    if (highest == nullptr || *rc.content.prepared_round > *highest->content.prepared_round) {
      highest = &rc;
    }
  }
  std::ranges::sort(p.round_changes, {}, &SignedRoundChange::from);
  if (highest != nullptr) {
    p.value = *highest->block;
    p.prepares = highest->prepares;
  } else {
    p.value.ref = new_block(ctx);
  }
  return p;
}

BlockRef Ibft::new_block(Context& ctx) {
  return ctx.crypto().make_block({.parent = chain_.last().digest,
                                  .height = i_.height,
                                  .view = i_.round,
                                  .proposer = ctx.self(),
                                  .requests = ctx.batch(limit_, chain_.just_committed(ctx))});
}

RoundChange Ibft::round_change() const {
  RoundChange rc{.round = i_.round, .content = {.height = i_.height, .round = i_.round}};
  if (i_.prepared_round && prepared_block_) {
    rc.content.prepared_round = i_.prepared_round;
    rc.content.prepared_value = i_.prepared_value;
    rc.block = BlockPayload{prepared_block_};
    rc.prepares = i_.prepares;
  }
  return rc;
}

// 2:1: from the leader of its round. What everybody can check, so that it is asked once a
// broadcast.
bool Ibft::valid(Context& ctx, ReplicaId from, const PrePrepare& p) const {
  if (from != in_turn(p.height, p.round, ctx.committee()) ||
      !well_made(ctx, p.height, *p.value, limit_))
    return false;
  if (p.round == View(0)) return p.value->view == View(0);  // 4:5
  return justified(ctx, p);
}

// JustifyPrePrepare, 4:6–8: a quorum of ROUND-CHANGEs of this round, and the value of the highest
// prepared round among them, with its PREPAREs; any value of the leader when nobody prepared.
bool Ibft::justified(Context& ctx, const PrePrepare& p) const {
  Power power = 0;
  std::optional<View> highest;
  for (std::size_t k = 0; k < p.round_changes.size(); ++k) {
    const SignedRoundChange& rc = p.round_changes[k];
    if (k > 0 && rc.from <= p.round_changes[k - 1].from) return false;
    if (rc.content.height != p.height || rc.content.round != p.round) return false;
    if (rc.content.prepared_round && *rc.content.prepared_round >= p.round) return false;
    if (!ctx.committee().contains(rc.from) ||
        !ctx.crypto().verify(rc.from, RoundChange{.content = rc.content}, rc.signature)) {
      return false;
    }
    power += ctx.committee().power(rc.from);
    highest = std::max(highest, rc.content.prepared_round);
  }
  if (power < ctx.committee().quorum()) return false;
  if (!highest) return p.value->view == p.round;
  const bool named = std::ranges::any_of(p.round_changes, [&](const SignedRoundChange& rc) {
    return rc.content.prepared_round == highest && rc.content.prepared_value == p.value->digest;
  });
  return named &&
         certifies(ctx.committee(), ctx.crypto(),
                   Prepare{.height = p.height, .round = *highest, .value = p.value->digest},
                   p.prepares, ctx.committee().quorum());
}

bool Ibft::valid(Context& ctx, const RoundChange& rc) const {
  return rc.round == rc.content.round && rc.round > View(0) && justified(ctx, rc);
}

// 4:1–3, of one ROUND-CHANGE: what it says it prepared was prepared by a quorum, before its round.
bool Ibft::justified(Context& ctx, const RoundChange& rc) const {
  const RoundChangeContent& c = rc.content;
  if (!c.prepared_round) return c.prepared_value == kNone && !rc.block;
  return *c.prepared_round < c.round && rc.block && (*rc.block)->digest == c.prepared_value &&
         well_made(ctx, c.height, **rc.block, limit_) &&
         certifies(
             ctx.committee(), ctx.crypto(),
             Prepare{.height = c.height, .round = *c.prepared_round, .value = c.prepared_value},
             rc.prepares, ctx.committee().quorum());
}

/// After one decision of our own or many that were fetched.
void Ibft::new_height(Context& ctx) {
  i_ = State{.last = chain_.proof(), .height = chain_.next()};
  prepared_block_ = nullptr;
  rounds_.clear();
  claims_.clear();
  if (ctx.committee().power(ctx.self()) < ctx.committee().quorum()) {
    begin_height(ctx);
  } else {  // it would decide heights without end at one instant
    ctx.set_timer(kNextHeight, round_timeout_);
  }
  // Handling one may begin the next height, which takes the rest.
  for (const HeldMessage& m : chain_.take_early()) on_message(ctx, m->from(), *m);
}

/// The round a vote belongs to, or null when it is not of this height or too far away.
Ibft::Round* Ibft::round_of(Context& ctx, ReplicaId, Height height, View round, const Message& m) {
  if (!chain_.is_next(ctx, height, m)) return nullptr;
  if (!RoundRing<Round>::covers(i_.round, round)) return nullptr;
  return &rounds_.at(round);
}

VoteFate Ibft::count(Context& ctx, RoundVotes& votes, ReplicaId from, View round,
                     const Digest& value, const Message& m) {
  const auto added = votes.add(ctx.committee(), ctx.crypto(), from, value, m);
  if (added == RoundVotes::Added::conflicting) {
    ctx.note(Milestone::equivocation, round, from.value, value);
  }
  return fate_of(added);
}

// 3:5–10.
void Ibft::is_in_round(Context& ctx, ReplicaId from, View round) {
  if (const auto ahead = claims_.add(ctx.committee(), from, round, i_.round)) {
    change_round(ctx, *ahead);
  }
}

void Ibft::on(Context& ctx, ReplicaId from, const Status& status, const Message&) {
  if (status.height != i_.height) chain_.on_status(ctx, from, status);
}

void Ibft::on(Context& ctx, ReplicaId from, const Decided& decided, const Message& m) {
  if (decided.height < i_.height) return;
  const bool proven = m.checked([&] {
    return certifies(
        ctx.committee(), ctx.crypto(),
        Commit{.height = decided.height, .round = decided.round, .value = decided.block},
        decided.votes, ctx.committee().quorum());
  });
  if (!proven) return;
  BlockRef candidate = prepared_block_;
  if (decided.height == i_.height && RoundRing<Round>::covers(i_.round, decided.round) &&
      rounds_.at(decided.round).proposal) {
    candidate = rounds_.at(decided.round).proposal;
  }
  chain_.learn(ctx, from, decided, candidate);
  if (chain_.height() >= i_.height) new_height(ctx);
}

void Ibft::on(Context& ctx, ReplicaId from, const BlockRequest& request, const Message&) {
  chain_.on_request(ctx, from, request);
}

void Ibft::on(Context& ctx, ReplicaId from, const BlockResponse& response, const Message&) {
  chain_.on_response(ctx, from, response);
  if (chain_.height() >= i_.height) new_height(ctx);
}

void Ibft::tick(Context& ctx) {
  ctx.set_timer(kTick, resend_after_);
  const std::uint64_t step = (i_.prepared == kNone ? 0 : 1) + (i_.committed == kNone ? 0 : 2);
  const std::uint64_t now = mix(here(), step);
  if (std::exchange(at_tick_, now) == now) say_again(ctx);
}

void Ibft::say_again(Context& ctx) {
  ctx.broadcast(Status{.height = i_.height, .round = i_.round});
  if (i_.round > View(0)) say_round_change(ctx);
  if (my_proposal_) ctx.relay(*my_proposal_);
  if (i_.prepared != kNone) {
    ctx.broadcast(Prepare{.height = i_.height, .round = i_.round, .value = i_.prepared});
  }
  if (i_.committed != kNone) {
    ctx.broadcast(Commit{.height = i_.height, .round = i_.round, .value = i_.committed});
  }
}

// The prepared block, too, with what proves it: when all restart, somebody must still have it. And
// what was proposed: nothing else may be in this round, and its time may be long.
void Ibft::save(DurableState& durable) const {
  Record record{.state = i_};
  durable.blocks = chain_.blocks();
  if (prepared_block_) durable.blocks.push_back(prepared_block_);
  if (my_proposal_) {
    const auto& p = my_proposal_->as<PrePrepare>();
    record.said =
        Said{.value = p.value->digest, .round_changes = p.round_changes, .prepares = p.prepares};
    if (p.value.ref != prepared_block_) durable.blocks.push_back(p.value.ref);
  }
  durable.replace_records(record);
}

void Ibft::recover(Context& ctx) {
  const auto [stored, said] = last_record<Record>(ctx);
  chain_.start(ctx, stored.height, stored.last);
  if (ctx.recovered().empty() || stored.height != chain_.next()) {
    i_ = State{.last = chain_.proof(), .height = chain_.next()};
    begin_height(ctx);
  } else {
    i_ = stored;
    // A torn disk may have kept what nobody had been told yet: it is said again below, and counts.
    if (i_.prepared != kNone) {
      ctx.note(Milestone::voted, i_.round, i_.height.value, i_.prepared);
    }
    for (const BlockRef& block : ctx.recovered().blocks) {
      if (i_.prepared_round && block->digest == i_.prepared_value) prepared_block_ = block;
    }
    if (i_.proposed && said) remember_proposal(ctx, *said);
    ctx.enter_view(i_.round, in_turn(i_.height, i_.round, ctx.committee()), i_.height);
    start_timer(ctx);
    if (i_.round == View(0) && !i_.proposed && i_.prepared == kNone &&
        in_turn(i_.height, i_.round, ctx.committee()) == ctx.self()) {
      send_proposal(ctx, PrePrepare{.value = {new_block(ctx)}});
    }
  }
  if (ctx.now() > kStart) say_again(ctx);
}

void Ibft::remember_proposal(Context& ctx, const Said& said) {
  for (const BlockRef& block : ctx.recovered().blocks) {
    if (block->digest != said.value) continue;
    my_proposal_ = HeldMessage(
        ctx.store(), *ctx.store().make(ctx.self(), PrePrepare{.height = i_.height,
                                                              .round = i_.round,
                                                              .value = {block},
                                                              .round_changes = said.round_changes,
                                                              .prepares = said.prepares}));
    return;
  }
}

/// Restarts when a proposal is accepted (2:2).
void Ibft::start_timer(Context& ctx) {
  Timer timer = kRound;
  timer.payload = here();
  ctx.set_timer(timer, timeout());
}

/// t(r).
Duration Ibft::timeout() const {
  Duration t = round_timeout_;
  for (std::uint64_t r = 0; r < i_.round.value && t < round_timeout_limit_; ++r) t *= 2;
  return std::min(t, round_timeout_limit_);
}

void Ibft::Round::begin(View round) {
  number = round;
  proposal = nullptr;
  prepares.clear();
  commits.clear();
  asking.clear();
  round_changes.clear();
}

}  // namespace byzlab::ibft
