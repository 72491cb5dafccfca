#include "consensus/nakamoto/private_miner.h"

namespace byzlab::nakamoto {
namespace {

constexpr std::uint32_t kPaymentBytes = 250;  // a transaction with one input and two outputs, about

}  // namespace

PrivateMiner::PrivateMiner(const Options& options)
    : Nakamoto(options),
      merchants_(options.replicas("merchant").begin(), options.replicas("merchant").end()),
      release_after_(options.count("release_after")),
      needs_goods_(release_after_ >= options.count("confirmations")),
      give_up_behind_(options.count("give_up_behind")),
      lead_needed_(options.choice("success") == "longer" ? 1 : 0),
      premined_(options.flag("premined")),
      attempts_(options.count("attempts")) {}

void PrivateMiner::start(Context& ctx) {
  Nakamoto::start(ctx);
  begin_attempt(ctx);
}

void PrivateMiner::begin_attempt(Context& ctx) {
  secret_.clear();
  published_ = 0;
  stage_ = Stage::honest;
  if (attempts_ != 0 && attempt_ == attempts_) return;
  ++attempt_;
  // The height keeps coins apart when the attacker restarts and counts its attempts anew.
  coin_ = std::uint64_t{ctx.self().value + 1} << 40 | (chain().height() & 0xFFFFFF) << 16 |
          (attempt_ & 0xFFFF);
  payment_ = spend(ctx, false);
  fork_ = chain().tree().ref(chain().tip());
  if (premined_) {
    stage_ = Stage::premining;
  } else {
    pay(ctx);
  }
}

Request PrivateMiner::spend(const Context& ctx, bool conflicting) const {
  Request request{.id = Request::kFirstOwnId.plus(coin_ << 1 | std::uint64_t{conflicting}),
                  .client = ClientId(0x80000000u | ctx.self().value),
                  .bytes = kPaymentBytes,
                  .coin = coin_};
  request.auth = ctx.crypto().authenticate(request);
  return request;
}

void PrivateMiner::pay(Context& ctx) {
  did();
  stage_ = Stage::racing;
  undelivered_ = merchants_;
  ctx.broadcast(Payment{payment_, merchants_});
}

void PrivateMiner::found_block(Context& ctx) {
  if (stage_ == Stage::honest) return Nakamoto::found_block(ctx);
  extend_secretly(ctx);
  if (stage_ == Stage::premining) {
    pay(ctx);
  } else {
    publish_or_give_up(ctx);
  }
}

void PrivateMiner::extend_secretly(Context& ctx) {
  std::vector<Request> requests;
  if (secret_.empty()) requests.push_back(spend(ctx, true));
  const Block& parent = secret_.empty() ? *fork_ : *secret_.back();
  secret_.push_back(make_block(ctx, parent, std::move(requests)));
  const BlockRef& block = secret_.back();
  ctx.note(Milestone::withheld, View{}, block->height.value, block->digest, block);
}

void PrivateMiner::tip_moved(Context& ctx) {
  if (stage_ == Stage::honest) return;
  if (published_ > 0 && chain().tip_block().digest == secret_.back()->digest) {
    stage_ = Stage::honest;  // the coin is spent elsewhere
    return;
  }
  if (secret_.empty()) fork_ = chain().tree().ref(fork_point());
  if (stage_ == Stage::racing) publish_or_give_up(ctx);
}

BlockId PrivateMiner::fork_point() const {
  const BlockId paid = spender(payment_);
  return paid == kNoBlock ? chain().tip() : chain().tree().parent(paid);
}

std::uint64_t PrivateMiner::payment_confirmations() const {
  const BlockId paid = spender(payment_);
  return paid == kNoBlock ? 0 : chain().height() + 1 - chain().tree().height(paid).value;
}

void PrivateMiner::goods_arrived(Context& ctx, ReplicaId merchant, RequestId payment) {
  if (stage_ != Stage::racing || payment != payment_.id) return;
  std::erase(undelivered_, merchant);
  publish_or_give_up(ctx);
}

/// Confirmations as the attacker sees them; a merchant may see them later, so that it must have
/// delivered too: its own z confirmations. A release before that is a gamble on unconfirmed
/// payments.
bool PrivateMiner::may_publish() const {
  return payment_confirmations() >= release_after_ && (undelivered_.empty() || !needs_goods_);
}

// Rosenfeld §4: the branch is released when it is longer and the payment has its confirmations.
void PrivateMiner::publish_or_give_up(Context& ctx) {
  const std::uint64_t rival = rival_work(*fork_);
  if (may_publish() && secret_.size() >= rival + lead_needed_) {
    publish(ctx);
  } else if (rival > secret_.size() + give_up_behind_) {
    begin_attempt(ctx);
  }
}

void PrivateMiner::publish(Context& ctx) {
  if (published_ == secret_.size()) return;
  const BlockRef& tip = secret_.back();
  ctx.note(Milestone::published, View{}, tip->height.value, tip->digest, tip);
  for (; published_ < secret_.size(); ++published_) {
    ctx.broadcast(NewBlock{{secret_[published_]}});
  }
}

}  // namespace byzlab::nakamoto
