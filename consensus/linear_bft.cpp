#include "consensus/linear_bft.h"

#include <algorithm>

namespace byzlab {

LinearBft::LinearBft(const Options& options, Phase first_phase)
    // In a chain three blocks in a row, and who collects the votes for the last, have one leader.
    : pacemaker_(options, first_phase == Phase::generic ? 4 : 1,
                 first_phase == Phase::generic ? 3 : 8),
      first_phase_(first_phase),
      sync_(options.duration("view_timeout") / 2),
      limit_(block_limit(options)),
      idle_beat_(std::min(options.duration("idle_beat"), options.duration("view_timeout") / 4)) {}

void LinearBft::start(Context& ctx) {
  tree_ = Tree(ctx.crypto().genesis());
  high_ = locked_ = executed_ = settled_ = newest_ = ordered_to_ = tree_.root();
  rising_block_ = kNoBlock;
  voted_ = proposed_ = View(0);
  voted_phase_ = Phase::generic;
  qc_high_ = Qc(QuorumCert{.phase = first_phase_, .block = tree_[high_].digest});
  recover(ctx);
}

// onReceiveProposal (Algorithm 4 lines 16-21; Algorithm 2 lines 7-10, Algorithm 3 lines 12-22).
[[gnu::flatten]] void LinearBft::on(Context& ctx, ReplicaId from, const Proposal& proposal,
                                    const Message& m) {
  if (!m.checked([&] { return valid(ctx, from, proposal); })) {
    return ctx.tally(from, ProposalFate::rejected);
  }
  const bool in_time = proposals_seen_.first_of(proposal.view);
  ctx.tally(from, in_time && proposal.view >= pacemaker_.view() ? ProposalFate::accepted
                                                                : ProposalFate::late);
  if (!in_time) return;
  const BlockRef& block = proposal.block.ref;
  tree_.expect_insert();
  const auto place = place_of(*block);
  const bool orphan = place.kind == Tree::Place::Kind::orphan;
  if (orphan) sync_.hold(ctx, block, from, tree_.height(high_));
  if (place.kind == Tree::Place::Kind::child) {
    learn_of(ctx, from, place.id, proposal.justify);  // valid() has compared: of the parent
  } else {
    learn(ctx, from, proposal.justify);
  }
  learn(ctx, from, proposal.entry);
  if (place.kind == Tree::Place::Kind::child) {
    newest_ = add(block, place.id);
    consider(ctx, newest_, *block, *proposal.justify);
    resolve(ctx, *block);
  } else if (place.kind == Tree::Place::Kind::known) {
    consider(ctx, place.id, *block, *proposal.justify);  // its certificate overtook it
  } else if (orphan && proposal.view == pacemaker_.view()) {
    pending_ = {.view = proposal.view, .block = block->digest, .justify = proposal.justify};
  }
  connect(ctx);
}

inline BlockId LinearBft::add(const BlockRef& block, BlockId parent) {
  const BlockId id = tree_.insert(block, parent);
  rising_block_ = rising_.note(*block) ? id : kNoBlock;
  return id;
}

/// Votes for a proposal of the present view, if that is safe, once.
inline void LinearBft::consider(Context& ctx, BlockId id, const Block& block,
                                const QuorumCert& justify) {
  const BlockId parent = tree_.parent(id);
  if (block.view != pacemaker_.view() || voted_ >= block.view) return;
  if (!safe(parent, justify)) return;
  if (!fresh(id)) return;
  promise(parent);
  cast(ctx, first_phase_, id, block);
}

// onReceiveVote (Algorithm 4 lines 22-27).
void LinearBft::on(Context& ctx, ReplicaId from, const Vote& vote, const Message& m) {
  const Qc qc = votes_.add(ctx, from, vote, m, pacemaker_.view());
  if (!qc) return;
  collected(ctx, qc);
  learn(ctx, from, qc);
  connect(ctx);
}

void LinearBft::learn(Context& ctx, ReplicaId from, const Qc& qc, const Entry& entry) {
  learn(ctx, from, qc);
  learn(ctx, from, entry);
}

void LinearBft::learn(Context& ctx, ReplicaId from, const Entry& entry) {
  if (entry.qc) learn(ctx, from, entry.qc);
  if (entry.tc) enter(ctx, from, entry.tc->view.next(), {.tc = entry.tc});
}

/// First what the certificate says, then the view it lets us into: a leader proposes on entering.
void LinearBft::learn(Context& ctx, ReplicaId from, const Qc& qc) {
  const BlockId id = tree_[newest_].digest == qc->block ? newest_ : tree_.find(qc->block);
  if (id != kNoBlock) return learn_of(ctx, from, id, qc);
  await(qc);
  sync_.want(ctx, qc->block, qc->height, from, tree_.height(high_));
  enter(ctx, from, next_view(*qc), {.qc = qc});
  try_propose(ctx);
}

inline void LinearBft::learn_of(Context& ctx, ReplicaId from, BlockId id, const Qc& qc) {
  update(ctx, id, qc);
  enter(ctx, from, next_view(*qc), {.qc = qc});
  try_propose(ctx);
}

/// Keeps a certificate until its block is here; of too many, the oldest goes.
void LinearBft::await(const Qc& qc) {
  if (std::ranges::find(awaited_, qc) != awaited_.end()) return;
  if (awaited_.size() == kAwaited) {
    awaited_.erase(std::ranges::min_element(awaited_, {}, [](const Qc& a) { return a->view; }));
  }
  awaited_.push_back(qc);
}

// Within the fault bound what is final is an ancestor or a descendant. Beyond it this replica may
// contradict itself, and says so.
void LinearBft::commit_chain(Context& ctx, BlockId b) {
  const BlockId common = tree_.common_ancestor(executed_, b);
  if (common == b) return;
  note_ordered();
  for (const BlockRef& block : tree_.chain(common, b)) ctx.commit(block);
  executed_ = b;
  ordered_to_ = common;
  pacemaker_.decided();
}

inline void LinearBft::enter(Context& ctx, ReplicaId from, View next, Entry entry) {
  if (!pacemaker_.enter(ctx, next, std::move(entry))) return;
  pacemaker_.tell_leader(ctx, qc_high_);
  entered(ctx, from);
  try_propose(ctx);
}

void LinearBft::try_to_lead(Context& ctx) {
  const View view = pacemaker_.view();
  if (!ready(ctx)) return;
  // A certificate higher than our block waits for its own: correct replicas may be locked on it.
  for (const Qc& qc : awaited_) {
    if (qc->phase != first_phase_ || qc->view <= qc_high_->view) continue;
    return sync_.want(ctx, qc->block, qc->height, ctx.self(), tree_.height(high_));
  }
  if (beat_ < view && idle(ctx)) {
    if (beat_set_ == view) return;
    beat_set_ = view;
    return ctx.set_timer({.owner = 0, .id = kBeatTimer, .payload = view.value}, idle_beat_);
  }
  propose(ctx);
}

// onPropose (Algorithm 4 lines 28-32; Algorithm 2 lines 4-6, Algorithm 3 lines 8-11).
void LinearBft::propose(Context& ctx) {
  const Block& parent = tree_[high_];
  proposed_ = pacemaker_.view();
  // What this very call committed is not out of the mempool yet.
  const std::vector<BlockRef> in_flight =
      tree_.chain(tree_.common_ancestor(settled_, high_), high_);
  const BlockRef block = ctx.crypto().make_block({.parent = parent.digest,
                                                  .height = parent.height.next(),
                                                  .view = proposed_,
                                                  .proposer = ctx.self(),
                                                  .requests = ctx.batch(limit_, in_flight)});
  ctx.note(Milestone::proposed, block->view, block->height.value, block->digest, block);
  ctx.broadcast(Proposal{.view = block->view,
                         .block = {block},
                         .justify = qc_high_,
                         .entry = pacemaker_.entry(qc_high_)});
}

void LinearBft::on_message(Context& ctx, ReplicaId from, const Message& m) {
  begin_call();
  Protocol::on_message(ctx, from, m);
}

void LinearBft::on_request(Context& ctx) {
  begin_call();
  try_propose(ctx);
}

void LinearBft::on_timer(Context& ctx, Timer timer) {
  begin_call();
  if (timer.owner != 0) return sync_.on_timer(ctx, timer);
  if (timer.id == Pacemaker::kTimer) {
    if (!pacemaker_.expired(ctx)) return;
    ctx.note(Milestone::timeout, pacemaker_.view());
    ctx.tally_timeout(0);
    give_up(ctx);
  } else if (timer.id == kBeatTimer) {
    beat_ = std::max(beat_, View(timer.payload));
    try_propose(ctx);
  } else {
    on_other_timer(ctx, timer);
  }
}

/// nextView(): no more votes in this view, so that what the timeout tells of `high` stays the last
/// word; and the last vote again, to everybody (see Liveness above).
void LinearBft::give_up(Context& ctx) {
  voted_ = std::max(voted_, pacemaker_.view());
  voted_phase_ = Phase::commit;
  if (last_vote_.block != kNoBlock && view_of(last_vote_.block) > qc_high_->view) {
    ctx.broadcast(vote_for(last_vote_.phase, tree_[last_vote_.block]));
  }
  pacemaker_.give_up(ctx, qc_high_);
}

void LinearBft::on(Context& ctx, ReplicaId from, const Timeout& timeout, const Message& m) {
  if (!m.checked([&] { return proves(ctx, timeout.view, timeout.high, timeout.entry); })) return;
  learn(ctx, from, timeout.high, timeout.entry);
  switch (pacemaker_.on(ctx, from, timeout, m)) {
    case Pacemaker::Heard::nothing: break;
    case Pacemaker::Heard::join: give_up(ctx); break;
    case Pacemaker::Heard::quorum:
      enter(ctx, ctx.self(), pacemaker_.view().next(), {.tc = pacemaker_.certificate()});
      break;
    case Pacemaker::Heard::enough: try_propose(ctx); break;
    case Pacemaker::Heard::lost:
      if (from != ctx.self()) send_new_view(ctx, from);
      break;
  }
  connect(ctx);
}

// onReceiveNewView (Algorithm 5).
void LinearBft::on(Context& ctx, ReplicaId from, const NewView& news, const Message& m) {
  if (!m.checked([&] { return proves(ctx, news.view, news.high, news.entry); })) return;
  learn(ctx, from, news.high, news.entry);
  pacemaker_.told(ctx, from, news.view);
  try_propose(ctx);
  connect(ctx);
}

// onNextSyncView (Algorithm 5), and for whoever lags behind.
void LinearBft::send_new_view(Context& ctx, ReplicaId to) {
  ctx.send(
      to,
      NewView{.view = pacemaker_.view(), .high = qc_high_, .entry = pacemaker_.entry(qc_high_)});
}

void LinearBft::on(Context& ctx, ReplicaId from, const BlockRequest& request, const Message&) {
  sync_.serve(ctx, from, request, tree_);
}

void LinearBft::on(Context& ctx, ReplicaId from, const BlockResponse& response, const Message&) {
  const Height before = tree_.height(high_);
  sync_.receive(ctx, from, response, tree_);
  connect(ctx);
  if (const Height now = tree_.height(high_); now > before) {
    ctx.note(Milestone::state_transfer, pacemaker_.view(), now.value, tree_[high_].digest);
  }
}

/// Takes in the fetched chains that have met the tree.
void LinearBft::connect_fetched(Context& ctx) {
  sync_.release(ctx, tree_, [&](const BlockRef& block) { return insert(ctx, block); });
}

bool LinearBft::insert(Context& ctx, const BlockRef& block) {
  const auto place = tree_.place_of(*block);
  if (place.kind != Tree::Place::Kind::child) return place.kind == Tree::Place::Kind::known;
  const BlockId id = add(block, place.id);
  resolve(ctx, *block);
  if (pending_.block == block->digest && pending_.view == pacemaker_.view()) {
    consider(ctx, id, *block, *pending_.justify);
  }
  return true;
}

/// The certificates that waited for a block.
void LinearBft::resolve_awaited(Context& ctx, const Block& block) {
  for (std::size_t i = 0; i < awaited_.size();) {
    if (awaited_[i]->block != block.digest) {
      ++i;
      continue;
    }
    const Qc qc = awaited_[i];
    awaited_.erase(awaited_.begin() + static_cast<std::ptrdiff_t>(i));
    learn(ctx, ctx.self(), qc);
    i = 0;
  }
}

/// A function of the record alone, so that it is asked once a broadcast.
bool LinearBft::valid(Context& ctx, ReplicaId from, const Proposal& proposal) const {
  const BlockRef& block = proposal.block.ref;
  const QuorumCert& justify = *proposal.justify;
  if (from != pacemaker_.leader(ctx, proposal.view) || block->proposer != from) return false;
  if (block->view != proposal.view || block->view <= justify.view) return false;
  if (block->parent != justify.block || block->height != justify.height.next()) return false;
  if (block->requests.size() > limit_.requests) return false;
  if (!proves(ctx, proposal.view, proposal.justify, proposal.entry)) return false;
  std::uint64_t bytes = 0;
  for (const Request& request : block->requests) {
    bytes += request.wire_size();
    if (!ctx.crypto().authentic(request)) return false;
  }
  return bytes <= limit_.bytes;
}

/// True when `high` and `entry` are what they say and let one into `view`.
bool LinearBft::proves(Context& ctx, View view, const Qc& high, const Entry& entry) const {
  if (high->phase != first_phase_ || !byzlab::valid(ctx, high)) return false;
  if (entry.qc && !byzlab::valid(ctx, entry.qc)) return false;
  if (entry.tc && !byzlab::valid(ctx, entry.tc)) return false;
  if (view == View(0)) return false;
  return view == View(1) || next_view(*high) >= view ||
         (entry.qc && next_view(*entry.qc) >= view) || (entry.tc && entry.tc->view.next() >= view);
}

/// Nothing to order, and nothing ordered that waits to be committed.
bool LinearBft::idle(Context& ctx) const {
  for (BlockId b = high_; b != executed_ && b != kNoBlock; b = tree_.parent(b)) {
    if (!tree_[b].requests.empty()) return false;
  }
  return !ctx.has_requests();
}

/// True when a block orders nothing twice.
bool LinearBft::fresh_by_search(BlockId id) {
  const Block& block = tree_[id];
  if (block.requests.empty()) return true;
  const BlockId parent = tree_.parent(id);
  note_ordered();
  return ordered_.fresh(block, tree_.descent(tree_.common_ancestor(executed_, parent), parent));
}

/// Writes down which requests are committed: only a search wants to know.
void LinearBft::note_ordered() {
  for (const Block* block : tree_.descent(ordered_to_, executed_)) ordered_.commit(*block);
  ordered_to_ = executed_;
}

/// Most blocks are the first child of the newest one: no need to search.
inline LinearBft::Tree::Place LinearBft::place_of(const Block& block) const {
  bool first_child = block.parent == tree_[newest_].digest;
  if (first_child) tree_.for_each_child(newest_, [&](BlockId) { first_child = false; });
  if (!first_child || block.height != tree_.height(newest_).next()) return tree_.place_of(block);
  return {.kind = Tree::Place::Kind::child, .id = newest_};
}

/// A block is durable before anything is said about it, and all blocks below a certified one are
/// certified.
void LinearBft::save(DurableState& durable) const {
  durable.blocks = tree_.after_root();
  durable.replace_records(LinearDurable{.voted = voted_,
                                        .proposed = proposed_,
                                        .phase = voted_phase_,
                                        .locked = tree_[locked_].digest,
                                        .executed = tree_[executed_].digest,
                                        .high = qc_high_,
                                        .entry = pacemaker_.entry(qc_high_).tc});
}

/// What was durable before a crash. What is final is committed again: the application starts from
/// nothing, too.
void LinearBft::recover(Context& ctx) {
  for (const BlockRef& block : ctx.recovered().blocks) {
    const auto place = tree_.place_of(*block);
    if (place.kind != Tree::Place::Kind::child) continue;
    tree_.insert(block, place.id);
    rising_.note(*block);
  }
  const auto durable = last_record(ctx, LinearDurable{.high = qc_high_});
  const auto find = [&](const Digest& block) {
    const BlockId id = tree_.find(block);
    return id == kNoBlock ? tree_.root() : id;
  };
  voted_ = durable.voted;
  proposed_ = durable.proposed;
  voted_phase_ = durable.phase;
  locked_ = find(durable.locked);
  high_ = find(durable.high->block);
  if (high_ != tree_.root()) qc_high_ = durable.high;
  // Said again: a torn disk may have kept a certificate that nobody had been told of.
  for (const BlockRef& b : tree_.chain(tree_.root(), high_)) {
    ctx.note(Milestone::certified, b->view, b->height.value, b->digest);
  }
  commit(ctx, find(durable.executed));
  const Tc& tc = durable.entry;
  if (tc) enter(ctx, ctx.self(), tc->view.next(), {.tc = tc});
  enter(ctx, ctx.self(), std::max(View(1), next_view(*qc_high_)), {.qc = qc_high_});
}

}  // namespace byzlab
