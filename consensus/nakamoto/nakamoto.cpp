#include "consensus/nakamoto/nakamoto.h"

#include <algorithm>
#include <tuple>

namespace byzlab::nakamoto {
namespace {

constexpr Timer kMining{.id = 1};

// Payments a miner remembers; the oldest makes room, so that a flood costs bounded memory.
constexpr std::size_t kMaxPayments = 4096;

/// Peers that a node asks for their tip when it starts again.
constexpr std::uint32_t kTips = 8;
/// Blocks beside the chain are asked of so many at once, where as many blocks of the chain were
/// missing.
constexpr std::size_t kSides = 4;

/// Requests in a block ascend strictly in this order (a canonical order, as Bitcoin Cash has had
/// since 2018). It makes "twice in one block" and "also in that block" linear checks, and puts what
/// spends a coin last, where one look at the back finds it.
constexpr auto canonical = [](const Request& r) { return std::tuple(r.coin, r.id); };
bool before(const Request& a, const Request& b) { return canonical(a) < canonical(b); }

/// In the canonical order, without a request or a coin twice.
bool well_ordered(const std::vector<Request>& requests) {
  return std::ranges::adjacent_find(requests, [](const Request& a, const Request& b) {
           return !before(a, b) || (a.coin != 0 && a.coin == b.coin);
         }) == requests.end();
}

/// True when the two have a request in common. Cheap when their ranges hardly overlap, as the
/// ranges of blocks that each took the oldest requests do.
bool overlap(std::span<const Request> a, std::span<const Request> b) {
  while (!a.empty() && !b.empty()) {
    if (before(b.front(), a.front())) std::swap(a, b);
    a = {std::lower_bound(a.begin(), a.end(), b.front(), before), a.end()};
    if (!a.empty() && !before(b.front(), a.front())) return true;
  }
  return false;
}

/// Mean time between two blocks of a miner, ns: T / share of the power. Of many miners each may
/// take longer than a Duration holds; what is drawn from it is then mostly later than any run's
/// end.
unsigned __int128 own_interval(Duration interval, Power own, Power total) {
  constexpr auto kMost = static_cast<unsigned __int128>(1) << 99;  // as much as Rng takes
  return std::min(static_cast<unsigned __int128>(interval.count()) * total / own, kMost);
}

}  // namespace

Nakamoto::Nakamoto(const Options& options)
    : block_interval_(options.duration("block_interval")),
      fetch_retry_(options.duration("fetch_retry")),
      confirmations_(options.count("confirmations")),
      tie_break_(options.choice("tie_break") == "random"  ? TieBreak::random
                 : options.choice("tie_break") == "gamma" ? TieBreak::gamma
                                                          : TieBreak::first_seen),
      gamma_(Probability::of(options.probability("gamma"))),
      max_block_size_(options.bytes("max_block_size")),
      max_block_requests_(options.count("max_block_requests")),
      sync_(options.duration("fetch_retry")) {
  if (options.choice("fork_choice") == "ghost") weights_.emplace();
}

void Nakamoto::start(Context& ctx) {
  chain_.emplace(ctx.crypto().genesis());
  recover(ctx);
  // What is confirmed is committed again: the application starts from nothing, too, and a torn disk
  // may have kept blocks whose commit nobody saw.
  commit_confirmed(ctx, 0);
  set_mining_timer(ctx);
  if (ctx.now() > kStart) ask_for_tips(ctx);
}

/// §5: a node that was away accepts the longest chain "as proof of what happened while they were
/// gone". It asks at once, and does not wait for the next block that somebody mines.
void Nakamoto::ask_for_tips(Context& ctx) {
  const std::uint32_t others = ctx.n() - 1;
  const std::uint32_t peers = std::min(others, kTips);
  tips_until_ = ctx.now() + 2 * fetch_retry_;
  catch_up_until_ = ctx.now() + block_interval_;
  // A walk around the committee from a drawn start, all alike far apart.
  const auto start = static_cast<std::uint32_t>(ctx.rng().below(std::max(others, 1u)));
  for (std::uint32_t k = 0; k < peers; ++k) {
    const std::uint32_t step = 1 + (start + k * std::max(others / kTips, 1u)) % others;
    const ReplicaId peer((ctx.self().value + step) % ctx.n());
    tips_.push_back(peer);
    ctx.send(peer, TipRequest{Height(chain_->height())});
  }
}

/// Since it started again: a block that it mined now would be beside the chain, and it knows.
bool Nakamoto::catches_up(Context& ctx) const {
  if (!tips_.empty() && ctx.now() < tips_until_) return true;
  return sync_.outstanding() > 0 && ctx.now() < catch_up_until_;
}

void Nakamoto::on(Context& ctx, ReplicaId from, const TipRequest&, const Message&) {
  const BlockRef& tip = chain_->tree().ref(chain_->tip());
  if (sync_.may_serve(from, ctx.now(), tip->digest, tip->bytes)) ctx.send(from, Tip{{tip}});
}

void Nakamoto::on(Context& ctx, ReplicaId from, const Tip& tip, const Message&) {
  if (std::erase(tips_, from) == 0) return;
  const BlockRef& block = tip.block.ref;
  if (chain_->tree().place_of(*block).kind == BlockTree<>::Place::Kind::orphan) {
    return sync_.hold(ctx, block, from, Height(chain_->height()));
  }
  take_in(ctx, block);
  accept_waiting(ctx, from);
}

/// GHOST counts the blocks beside the chain, so that who was away needs them as well: without them
/// each side of a split that healed would count its own in full and the other's as a line.
void Nakamoto::on(Context& ctx, ReplicaId from, const SidesRequest& request, const Message&) {
  const auto& tree = chain_->tree();
  const BlockId fork = tree.find(request.fork);
  if (fork == kNoBlock) return;
  Sides sides;
  std::uint64_t bytes = 0, skip = request.skip;
  for (std::uint32_t i = fork.value + 1; i < tree.size(); ++i) {
    const BlockId id(i);
    if (chain_->contains(id) || !chain_->extends(id, fork)) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    bytes += tree[id].bytes;
    const bool full = sides.blocks.size() == BlockSync::kResponseBlocks ||
                      (!sides.blocks.empty() && bytes > BlockSync::kResponseBytes);
    if (full) break;
    sides.blocks.push_back(BlockPayload{tree.ref(id)});
  }
  const Digest what = sides.blocks.empty() ? request.fork : sides.blocks.front()->digest;
  if (sync_.may_serve(from, ctx.now(), what, bytes)) ctx.send(from, std::move(sides));
}

void Nakamoto::on(Context& ctx, ReplicaId from, const Sides& sides, const Message&) {
  const auto asked = std::ranges::find(sides_, from, &SidesAsked::from);
  if (asked == sides_.end()) return;
  if (sides.blocks.empty()) {
    sides_.erase(asked);
    return;
  }
  asked->taken += static_cast<std::uint32_t>(sides.blocks.size());
  const SidesRequest more{.fork = asked->fork, .skip = asked->taken};
  for (const BlockPayload& block : sides.blocks) {
    if (!take_in(ctx, block.ref)) break;
  }
  ctx.send(from, more);
}

/// Blocks were persisted parents first: with the longest chain when that took them, so that the
/// last one is its tip; with GHOST, where all of them count, when they came.
void Nakamoto::recover(Context& ctx) {
  for (const BlockRef& block : ctx.recovered().blocks) {
    const auto place = chain_->tree().place_of(*block);
    if (place.kind != BlockTree<>::Place::Kind::child) continue;
    const BlockId id = chain_->insert(block, place.id);
    remember_spends(id);
    if (!weights_) {
      chain_->adopt(id);
    } else if (const auto fork = weights_->add(*chain_, id); fork.against == 0) {
      chain_->adopt(id);
    } else if (fork.weight > fork.against) {
      chain_->adopt(weights_->prefer(*chain_, fork));
    }
  }
}

// §4. The time to the next block is exponential, so it has no memory: a timer that was drawn before
// the tip moved has the same distribution as one drawn after. It is therefore never re-drawn, and
// the block's parent is looked up when it fires.
void Nakamoto::set_mining_timer(Context& ctx) {
  const Power own = ctx.committee().power(ctx.self());
  if (own == 0) return;
  ctx.set_timer(kMining, ctx.rng().exponential(
                             own_interval(block_interval_, own, ctx.committee().total_power())));
}

void Nakamoto::on_timer(Context& ctx, Timer timer) {
  if (timer.same_key(kMining)) {
    if (!catches_up(ctx)) found_block(ctx);
    set_mining_timer(ctx);
  } else {
    sync_.on_timer(ctx, timer);
  }
}

void Nakamoto::found_block(Context& ctx) {
  BlockRef block = make_block(ctx, chain_->tip_block(), requests_for_tip(ctx));
  ctx.note(Milestone::proposed, View{}, block->height.value, block->digest, block);
  ctx.broadcast(NewBlock{{std::move(block)}});  // the own copy enters the tree like any other
}

// §5 steps 3 to 5: a node accepts a valid block and extends the longest chain.
void Nakamoto::on(Context& ctx, ReplicaId from, const NewBlock& message, const Message& m) {
  using Kind = BlockTree<>::Place::Kind;
  const BlockRef& block = message.block.ref;
  if (block->proposer != from) return ctx.tally(from, ProposalFate::rejected);
  // What extends the tip is new: a known child would be the tip. No other look-up is needed.
  const bool extends_tip =
      block->parent == chain_->tip_block().digest && block->height.value == chain_->height() + 1;
  const auto place = extends_tip ? BlockTree<>::Place{Kind::child, chain_->tip()}
                                 : chain_->tree().place_of(*block);
  switch (place.kind) {
    case Kind::known: return ctx.tally(from, ProposalFate::late);
    case Kind::refused: return ctx.tally(from, ProposalFate::rejected);
    case Kind::orphan:
      ctx.tally(from, ProposalFate::early);
      return sync_.hold(ctx, block, from, Height(chain_->height()));
    case Kind::child: break;
  }
  // The parent's digest fixes the whole chain below the block, so validity depends on nothing but
  // the record, and one of its receivers decides for all.
  if (!m.checked([&] { return valid(ctx, *block, place.id); })) {
    return ctx.tally(from, ProposalFate::rejected);
  }
  ctx.tally(from,
            block->height.value > chain_->height() ? ProposalFate::accepted : ProposalFate::late);
  accept(ctx, block, place.id);
  accept_waiting(ctx, from);
}

void Nakamoto::on(Context& ctx, ReplicaId from, const BlockRequest& request, const Message&) {
  sync_.serve(ctx, from, request, chain_->tree());
}

void Nakamoto::on(Context& ctx, ReplicaId from, const BlockResponse& response, const Message&) {
  const std::uint64_t before = chain_->height();
  sync_.receive(ctx, from, response, chain_->tree());
  accept_waiting(ctx, from);
  if (chain_->height() > before) {
    ctx.note(Milestone::state_transfer, View{}, chain_->height(), chain_->tip_block().digest);
  }
}

void Nakamoto::accept_waiting(Context& ctx, ReplicaId from) {
  if (sync_.outstanding() == 0) return;
  std::size_t taken = 0;
  Digest fork;
  sync_.release(ctx, chain_->tree(), [&](const BlockRef& block) {
    if (taken++ == 0) fork = block->parent;
    return take_in(ctx, block);
  });
  if (!weights_ || taken < kSides) return;
  if (sides_.size() == kSides) sides_.erase(sides_.begin());
  std::erase_if(sides_, [&](const SidesAsked& asked) { return asked.from == from; });
  sides_.push_back({from, fork});
  ctx.send(from, SidesRequest{fork});
}

/// A block that was asked for; false if it does not belong into the tree.
bool Nakamoto::take_in(Context& ctx, const BlockRef& block) {
  const auto place = chain_->tree().place_of(*block);
  if (place.kind == BlockTree<>::Place::Kind::known) return true;
  if (place.kind != BlockTree<>::Place::Kind::child || !valid(ctx, *block, place.id)) return false;
  accept(ctx, block, place.id);
  return true;
}

void Nakamoto::accept(Context& ctx, BlockRef block, BlockId parent) {
  if (weights_) ctx.persist_block(block);
  const BlockId fresh = chain_->insert(std::move(block), parent);
  remember_spends(fresh);
  if (const BlockId tip = choose(ctx, fresh); tip != kNoBlock) adopt(ctx, tip);
}

/// The tip to mine on because of a new block; kNoBlock when the present one stays.
BlockId Nakamoto::choose(Context& ctx, BlockId fresh) {
  if (weights_) {
    const auto fork = weights_->add(*chain_, fresh);
    if (fork.against == 0) return fresh;
    if (fork.weight < fork.against) return kNoBlock;
    if (fork.weight == fork.against && !wins_tie(ctx, weights_->tied(*chain_, fork))) {
      return kNoBlock;
    }
    return weights_->prefer(*chain_, fork);
  }
  const std::uint64_t height = chain_->tree().height(fresh).value;
  if (height < chain_->height()) return kNoBlock;
  if (height == chain_->height()) return wins_tie(ctx, ++tied_) ? fresh : kNoBlock;
  tied_ = 1;
  return fresh;
}

// §5: "If two nodes broadcast different versions of the next block simultaneously, […] they work on
// the first one they received". Random: every one of k equal tips is kept with probability 1/k
// (Eyal & Sirer 2014 §6). Gamma: each miner for itself leaves the first one with probability γ.
bool Nakamoto::wins_tie(Context& ctx, std::uint32_t tied) {
  switch (tie_break_) {
    case TieBreak::first_seen: return false;
    case TieBreak::random: return ctx.rng().below(tied) == 0;
    case TieBreak::gamma: return ctx.rng().chance(gamma_);
  }
  return false;
}

std::uint64_t Nakamoto::rival_work(const Block& fork) const {
  if (!weights_) return chain_->height() - fork.height.value;
  const auto f = weights_->fork_of(*chain_, chain_->tree().find(fork.digest));
  return f.against - std::min(f.against, f.weight);
}

void Nakamoto::adopt(Context& ctx, BlockId id) {
  const std::uint64_t old_height = chain_->height();
  const BlockRef left = chain_->tree().ref(chain_->tip());
  const std::uint64_t shared = chain_->adopt(id);
  if (shared < old_height) {
    ctx.note(Milestone::reorg, View{}, old_height - shared, chain_->tip_block().digest, left);
  }
  if (!weights_) {
    for (std::uint64_t h = shared + 1; h <= chain_->height(); ++h) {
      ctx.persist_block(chain_->tree().ref(chain_->at(h)));
    }
  }
  commit_confirmed(ctx, shared);
  tip_moved(ctx);
}

// §11. Blocks above `shared` are new to the best chain: those among them that are deep enough are
// committed, also at heights that were committed before.
void Nakamoto::commit_confirmed(Context& ctx, std::uint64_t shared) {
  const std::uint64_t kept = std::min(shared, committed_);
  const std::uint64_t confirmed =
      chain_->height() + 1 - std::min(confirmations_, chain_->height() + 1);
  for (std::uint64_t h = kept + 1; h <= confirmed; ++h) {
    const BlockRef& block = chain_->tree().ref(chain_->at(h));
    ctx.commit(block);
    deliver_goods(ctx, *block);
  }
  committed_ = std::max(kept, confirmed);  // GHOST's choice may be a shorter chain
}

void Nakamoto::deliver_goods(Context& ctx, const Block& committed) {
  if (sales_.empty()) return;
  for (auto r = committed.requests.rbegin(); r != committed.requests.rend() && r->coin != 0; ++r) {
    const auto sale = std::ranges::find(sales_, r->id, &Sale::payment);
    if (sale == sales_.end()) continue;
    ctx.send(sale->customer, Delivery{sale->payment});
    sales_.erase(sale);
  }
}

void Nakamoto::on(Context& ctx, ReplicaId from, const Payment& payment, const Message& m) {
  const Request& request = payment.request;
  if (request.coin == 0) return;
  if (!m.checked([&] { return ctx.crypto().authentic(request); })) return;
  // First seen, as for blocks: a second spend of a coin is not taken.
  const auto same_coin = [&](const Request& p) { return p.coin == request.coin; };
  if (std::ranges::any_of(payments_, same_coin)) return;
  if (payments_.size() == kMaxPayments) payments_.erase(payments_.begin());
  payments_.push_back(request);
  if (std::ranges::find(payment.merchants, ctx.self()) == payment.merchants.end()) return;
  if (sales_.size() == kMaxPayments) sales_.erase(sales_.begin());
  sales_.push_back({request.id, from});
}

BlockRef Nakamoto::make_block(Context& ctx, const Block& parent,
                              std::vector<Request> requests) const {
  return ctx.crypto().make_block(BlockBody{.parent = parent.digest,
                                           .height = parent.height.next(),
                                           .proposer = ctx.self(),
                                           .nonce = ctx.rng().next(),
                                           .requests = std::move(requests)});
}

std::vector<Request> Nakamoto::requests_for_tip(Context& ctx) const {
  std::uint64_t room =
      max_block_size_ - std::min(max_block_size_, std::uint64_t{wire_size(BlockBody{})});
  std::vector<Request> chosen;
  for (const Request& payment : payments_) {
    if (chosen.size() == max_block_requests_) break;
    if (payment.wire_size() > room || spent(payment.coin, chain_->tip())) continue;
    room -= payment.wire_size();
    chosen.push_back(payment);
  }
  if (ctx.has_requests() && chosen.size() < max_block_requests_) {
    std::vector<BlockRef> in_flight;
    for (std::uint64_t h = committed_ + 1; h <= chain_->height(); ++h) {
      in_flight.push_back(chain_->tree().ref(chain_->at(h)));
    }
    const BatchLimit limit{
        .requests = static_cast<std::uint32_t>(max_block_requests_ - chosen.size()), .bytes = room};
    auto batch = ctx.batch(limit, in_flight);  // large: the few payments go to it, not it to them
    batch.insert(batch.end(), chosen.begin(), chosen.end());
    chosen = std::move(batch);
  }
  if (!std::ranges::is_sorted(chosen, before)) std::ranges::sort(chosen, before);
  return chosen;
}

// §5 step 4: "Nodes accept the block only if all transactions in it are valid and not already
// spent."
bool Nakamoto::valid(const Context& ctx, const Block& block, BlockId parent) const {
  return ctx.committee().power(block.proposer) > 0 && block.bytes <= max_block_size_ &&
         block.requests.size() <= max_block_requests_ && well_ordered(block.requests) &&
         std::ranges::all_of(block.requests,
                             [&](const Request& r) { return ctx.crypto().authentic(r); }) &&
         !repeats_recent(block, parent) && !spends_again(block, parent);
}

/// True when a request is also in one of the z-1 blocks below. Deeper blocks are committed, and the
/// mempools have forgotten their requests.
bool Nakamoto::repeats_recent(const Block& block, BlockId parent) const {
  for (std::uint64_t i = 1; i < confirmations_ && parent != chain_->tree().root(); ++i) {
    if (overlap(block.requests, chain_->tree()[parent].requests)) return true;
    parent = chain_->tree().parent(parent);
  }
  return false;
}

bool Nakamoto::spends_again(const Block& block, BlockId parent) const {
  for (auto r = block.requests.rbegin(); r != block.requests.rend() && r->coin != 0; ++r) {
    if (spent(r->coin, parent)) return true;
  }
  return false;
}

/// True when the chain that ends in `tip` spends the coin.
bool Nakamoto::spent(std::uint64_t coin, BlockId tip) const {
  const auto found = spenders_.find(coin);
  return found != spenders_.end() && std::ranges::any_of(found->second, [&](BlockId spender) {
           return chain_->extends(tip, spender);
         });
}

BlockId Nakamoto::spender(const Request& payment) const {
  const auto found = spenders_.find(payment.coin);
  if (found == spenders_.end()) return kNoBlock;
  const auto block = std::ranges::find_if(found->second, [&](BlockId id) {
    return chain_->contains(id) &&
           std::ranges::binary_search(chain_->tree()[id].requests, payment, before);
  });
  return block == found->second.end() ? kNoBlock : *block;
}

void Nakamoto::remember_spends(BlockId id) {
  const auto& requests = chain_->tree()[id].requests;
  for (auto r = requests.rbegin(); r != requests.rend() && r->coin != 0; ++r) {
    spenders_[r->coin].push_back(id);
  }
}

}  // namespace byzlab::nakamoto
