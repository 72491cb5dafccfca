#include "consensus/streamlet/streamlet.h"

#include <algorithm>

namespace byzlab::streamlet {
namespace {

constexpr Timer kNextEpoch{.owner = 0, .id = 0};
/// A nanosecond later, when what arrives as the epoch begins has been handled.
constexpr Timer kArrivalsDone{.owner = 0, .id = 1};

}  // namespace

Streamlet::Streamlet(const Options& options)
    : epoch_length_(2 * options.duration("delta")),
      round_robin_(options.choice("leader") == "round_robin"),
      limit_(block_limit(options)),
      sync_(epoch_length_) {}

void Streamlet::start(Context& ctx) {
  tree_ = Tree(ctx.crypto().genesis(), Mark{.notarized = true});
  longest_ = final_ = tree_.root();
  longest_votes_ = Notarization{.block = tree_[longest_].digest};
  recover(ctx);
  enter_epoch(ctx);
}

void Streamlet::on_timer(Context& ctx, Timer timer) {
  if (timer.same_key(kNextEpoch)) {
    // A proposal and a vote that take Δ each are in time. They arrive a nanosecond after the next
    // epoch begins, too, and before this timer, which is set after they were sent.
    ctx.set_timer(kArrivalsDone, Duration{1});
  } else if (timer.same_key(kArrivalsDone)) {
    enter_epoch(ctx);
  } else {
    sync_.on_timer(ctx, timer);
  }
}

void Streamlet::enter_epoch(Context& ctx) {
  const Epoch now = epoch(ctx);
  ctx.set_timer(kNextEpoch, kStart + epoch_length_ * now.value - ctx.now());
  ctx.enter_view(now, leader(ctx, now));
  std::erase_if(ballots_, [&](const Ballot& b) { return b.vote.epoch.plus(kOpenEpochs) <= now; });
  if (leader(ctx, now) == ctx.self() && durable_.proposed < now) propose(ctx);
}

// Propose (§3): "epoch e's leader proposes a block extending the longest notarized chain it has
// seen; ties are broken arbitrarily". Here the first one seen stays.
void Streamlet::propose(Context& ctx) {
  const Block& parent = tree_[longest_];
  durable_.proposed = epoch(ctx);
  ctx.persist(durable_);
  const BlockRef block =
      ctx.crypto().make_block({.parent = parent.digest,
                               .height = parent.height.next(),
                               .view = durable_.proposed,
                               .proposer = ctx.self(),
                               .requests = ctx.batch(limit_, uncommitted(longest_))});
  ctx.note(Milestone::proposed, block->view, block->height.value, block->digest, block);
  ctx.broadcast(Proposal{.epoch = block->view, .block = {block}, .parent = longest_votes_});
}

void Streamlet::on(Context& ctx, ReplicaId from, const Proposal& proposal, const Message& m) {
  if (proposal.epoch > epoch(ctx)) return ctx.tally(from, ProposalFate::early);
  if (!m.checked([&] { return valid(ctx, from, proposal); })) {
    return ctx.tally(from, ProposalFate::rejected);
  }
  const bool first = first_of_its_epoch(proposal.epoch);
  ctx.tally(from,
            first && proposal.epoch == epoch(ctx) ? ProposalFate::accepted : ProposalFate::late);
  if (!first) return;
  learn(ctx, from, proposal.parent);
  const BlockRef& block = proposal.block.ref;
  if (tree_.place_of(*block).kind == Tree::Place::Kind::orphan) {
    sync_.hold(ctx, block, from, tree_.height(longest_));
  } else {
    insert(ctx, block);
  }
  connect(ctx);
}

// Vote (§3): for the first proposal from the epoch's leader, "iff it extends from (one of) the
// longest notarized chain(s) seen so far". A block of another epoch than the present one comes too
// late.
void Streamlet::vote(Context& ctx, BlockId id) {
  const Block& block = tree_[id];
  const BlockId parent = tree_.parent(id);
  if (block.view != epoch(ctx) || durable_.voted >= block.view) return;
  if (tree_.height(parent) < tree_.height(longest_) && longest_ != id) {
    ctx.broadcast(longest_votes_);  // in place of the echo: the leader did not know
    return;
  }
  if (!tree_.mark(parent).notarized || !ordered_.fresh(block, uncommitted(parent))) return;
  durable_.voted = block.view;
  ctx.persist(durable_);
  ctx.note(Milestone::voted, block.view, block.height.value, block.digest);
  ctx.broadcast(Vote{.epoch = block.view, .height = block.height, .block = block.digest});
}

void Streamlet::on(Context& ctx, ReplicaId from, const Vote& vote, const Message& m) {
  const Epoch now = epoch(ctx);
  const auto refused = [&](VoteFate fate) { ctx.tally(from, 0, fate); };
  if (vote.epoch > now) return refused(VoteFate::early);
  if (vote.epoch.plus(kOpenEpochs) <= now) return refused(VoteFate::late);
  bool conflicts = false;
  Ballot* ballot = ballot_for(ctx, from, vote, conflicts);
  if (ballot == nullptr) return refused(VoteFate::invalid);
  if (ballot->votes.quorum(ctx.committee())) {
    return refused(ballot->votes.contains(from) ? VoteFate::duplicate : VoteFate::late);
  }
  if (!ballot->votes.add(ctx.committee(), ctx.crypto(), from, m)) {
    return refused(VoteFate::duplicate);
  }
  ctx.tally(from, 0, conflicts ? VoteFate::invalid : VoteFate::accepted);
  if (!ballot->votes.quorum(ctx.committee())) return;
  learn(ctx, from,
        Notarization{.epoch = vote.epoch,
                     .height = vote.height,
                     .block = vote.block,
                     .votes = ballot->votes.aggregate()});
  connect(ctx);
}

void Streamlet::on(Context& ctx, ReplicaId from, const Notarization& notarization,
                   const Message& m) {
  if (!m.checked([&] { return valid(ctx, notarization); })) return;
  learn(ctx, from, notarization);
  connect(ctx);
}

/// A block is notarized: proven, by votes that came or were shown.
void Streamlet::learn(Context& ctx, ReplicaId from, const Notarization& notarization) {
  const BlockId id = tree_.find(notarization.block);
  if (id == kNoBlock) {
    await(notarization);
    return sync_.want(ctx, notarization.block, notarization.height, from, tree_.height(longest_));
  }
  const std::vector<BlockId> fresh = notarize(ctx, id, notarization);
  if (fresh.empty()) return;
  for (const BlockId block : fresh) ctx.persist_block(tree_.ref(block));
  durable_.notarized = notarization;
  ctx.persist(durable_);
  durable_.notarized.reset();
  ctx.note(Milestone::certified, notarization.epoch, notarization.height.value, notarization.block);
}

/// Keeps a notarization until its block is here; of too many, the oldest goes.
void Streamlet::await(const Notarization& notarization) {
  if (std::ranges::find(awaited_, notarization.block, &Notarization::block) != awaited_.end()) {
    return;
  }
  if (awaited_.size() == kAwaited) {
    awaited_.erase(std::ranges::min_element(awaited_, {}, &Notarization::epoch));
  }
  awaited_.push_back(notarization);
}

/// Marks a block and its ancestors. Returns those that were not marked before, oldest first.
std::vector<BlockId> Streamlet::notarize(Context& ctx, BlockId id, const Notarization& votes) {
  std::vector<BlockId> fresh;
  for (BlockId at = id; !tree_.mark(at).notarized; at = tree_.parent(at)) fresh.push_back(at);
  std::ranges::reverse(fresh);
  if (!fresh.empty() && tree_.height(id) > tree_.height(longest_)) {
    longest_ = id;
    longest_votes_ = votes;
  }
  for (const BlockId block : fresh) {
    tree_.mark(block).notarized = true;
    finalize(ctx, block);
  }
  return fresh;
}

// Finalize (§3): "on seeing three adjacent blocks in a notarized chain with consecutive epoch
// numbers, finalize the second of the three and its entire prefix". Ancestors are marked first, so
// the three are complete when the last one is.
void Streamlet::finalize(Context& ctx, BlockId last) {
  const BlockId second = tree_.parent(last);
  const BlockId first = tree_.parent(second);
  if (first == kNoBlock) return;
  if (tree_[first].view.next() != tree_[second].view) return;
  if (tree_[second].view.next() != tree_[last].view) return;
  // Within the fault bound what is final is an ancestor or a descendant. Beyond it this replica may
  // contradict itself, and says so.
  const BlockId common = tree_.common_ancestor(final_, second);
  if (common == second) return;
  for (const BlockRef& block : tree_.chain(common, second)) {
    ordered_.commit(*block);
    ctx.commit(block);
  }
  final_ = second;
}

/// Puts a block into the tree; false if it does not belong there.
bool Streamlet::insert(Context& ctx, const BlockRef& block) {
  const auto place = tree_.place_of(*block);
  if (place.kind != Tree::Place::Kind::child) return place.kind == Tree::Place::Kind::known;
  const BlockId id = tree_.insert(block, place.id);
  const auto votes = std::ranges::find(awaited_, block->digest, &Notarization::block);
  if (votes != awaited_.end()) {
    const Notarization notarization = *votes;
    awaited_.erase(votes);
    learn(ctx, ctx.self(), notarization);
  }
  vote(ctx, id);
  return true;
}

/// Takes in the fetched chains that have met the tree. Each ends in a notarized block, or in a
/// proposal that extends one.
void Streamlet::connect(Context& ctx) {
  sync_.release(ctx, tree_, [&](const BlockRef& block) { return insert(ctx, block); });
}

void Streamlet::on(Context& ctx, ReplicaId from, const BlockRequest& request, const Message&) {
  sync_.serve(ctx, from, request, tree_);
}

void Streamlet::on(Context& ctx, ReplicaId from, const BlockResponse& response, const Message&) {
  const Height before = tree_.height(longest_);
  sync_.receive(ctx, from, response, tree_);
  connect(ctx);
  if (const Height now = tree_.height(longest_); now > before) {
    ctx.note(Milestone::state_transfer, epoch(ctx), now.value, tree_[longest_].digest);
  }
}

/// A function of the record alone, so that it is asked once a broadcast.
bool Streamlet::valid(Context& ctx, ReplicaId from, const Proposal& proposal) const {
  const BlockRef& block = proposal.block.ref;
  const Notarization& parent = proposal.parent;
  if (from != leader(ctx, proposal.epoch) || block->proposer != from) return false;
  if (block->view != proposal.epoch || block->parent != parent.block) return false;
  if (block->view <= parent.epoch || block->height != parent.height.next()) return false;
  if (block->requests.size() > limit_.requests || !valid(ctx, parent)) return false;
  std::uint64_t bytes = 0;
  for (const Request& request : block->requests) {
    bytes += request.wire_size();
    if (!ctx.crypto().authentic(request)) return false;
  }
  return bytes <= limit_.bytes;
}

bool Streamlet::valid(Context& ctx, const Notarization& notarization) const {
  const Block& genesis = tree_[tree_.root()];
  if (notarization.block == genesis.digest) {
    return notarization.epoch == genesis.view && notarization.height == genesis.height;
  }
  return certifies(ctx.committee(), ctx.crypto(), notarization.vote(), notarization.votes,
                   ctx.committee().quorum());
}

/// True once for each of the open epochs.
bool Streamlet::first_of_its_epoch(Epoch epoch) {
  Epoch& newest = proposals_seen_[epoch.value % kOpenEpochs];
  if (epoch <= newest) return false;
  newest = epoch;
  return true;
}

/// Where a vote counts. Honest replicas vote once an epoch; of one that says more, two blocks
/// count, so that its votes do not fill the memory.
Streamlet::Ballot* Streamlet::ballot_for(Context& ctx, ReplicaId voter, const Vote& vote,
                                         bool& conflicts) {
  Ballot* found = nullptr;
  int others = 0;
  for (Ballot& ballot : ballots_) {
    if (ballot.vote == vote) {
      found = &ballot;
    } else if (ballot.vote.epoch == vote.epoch &&
               ballot.votes.aggregate().signers.contains(voter)) {
      ++others;
    }
  }
  if (others > 0) ctx.note(Milestone::equivocation, vote.epoch, voter.value, vote.block);
  conflicts = others > 0;
  if (others > 1) return nullptr;
  if (found == nullptr) found = &ballots_.emplace_back(Ballot{.vote = vote, .votes = {}});
  return found;
}

/// What was durable before a crash. Blocks were written when they were notarized, parents first.
/// What is final is committed again, and said to be certified: the application starts from nothing,
/// too, and a torn disk may have kept what nobody had been told.
void Streamlet::recover(Context& ctx) {
  for (const BlockRef& block : ctx.recovered().blocks) {
    const auto place = tree_.place_of(*block);
    if (place.kind == Tree::Place::Kind::child) tree_.insert(block, place.id);
  }
  for (const auto record : ctx.recovered().records) {
    ByteReader reader(record, ctx.crypto().hash_scheme());
    if (!decode(reader, durable_) || !durable_.notarized) continue;
    const BlockId id = tree_.find(durable_.notarized->block);
    if (id == kNoBlock) continue;
    ctx.note(Milestone::certified, durable_.notarized->epoch, tree_.height(id).value,
             tree_[id].digest);
    notarize(ctx, id, *durable_.notarized);
  }
  durable_.notarized.reset();
}

/// The blocks of a chain that are not final yet, oldest first.
std::vector<BlockRef> Streamlet::uncommitted(BlockId tip) const {
  return tree_.chain(tree_.common_ancestor(final_, tip), tip);
}

/// Epoch 1 begins at the start of time; a clock that is behind may not have got there.
Epoch Streamlet::epoch(const Context& ctx) const {
  if (ctx.now() < kStart) return Epoch(0);
  return Epoch(static_cast<std::uint64_t>((ctx.now() - kStart) / epoch_length_) + 1);
}

ReplicaId Streamlet::leader(const Context& ctx, Epoch epoch) const {
  const Committee& all = ctx.committee();
  if (!round_robin_) return all.draw(mix(epoch.value));
  // Three epochs in a row need correct leaders: where the powers of all are equal 2f+1 of 3f+1 in
  // turn have them somewhere, else whoever has a turn has three.
  return all.turn(all.equal_power() ? epoch.value - 1 : (epoch.value - 1) / 3);
}

}  // namespace byzlab::streamlet
