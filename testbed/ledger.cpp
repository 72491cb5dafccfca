#include "testbed/ledger.h"

namespace byzlab {

Ledger::Entry Ledger::commit(ProcessId process, const Block& block, Time at) {
  Log& log = logs_[process.value];
  const std::uint64_t h = block.height.value;
  Entry entry;
  if (h == 0) return entry;
  entry.gap = h > log.height.value + 1;

  if (h <= log.height.value) {
    const Block* had = this->block(process, block.height);
    if (had != nullptr && had->digest == block.digest) {
      entry.repeated = true;
      return entry;
    }
    entry.rewrites = true;
    ++log.rewrites;
  }
  if (h - 1 < canonical_.size()) {
    entry.conflict = canonical_[h - 1].block->digest != block.digest;
  } else if (!log.own && !entry.gap) {
    const std::uint64_t before = canonical_.empty() ? 0 : canonical_.back().requests;
    canonical_.push_back({BlockRef(&block), at, process, before + mark(block)});
    entry.first = true;
  }
  if ((entry.conflict || entry.rewrites || entry.gap) && !log.own) deviate(log);
  if (log.own) {
    Own& own = *log.own;
    while (own.blocks.size() >= h) {  // a reorganisation takes back what it replaces
      if (own.blocks.back()) own_mark(own, *own.blocks.back(), false);
      own.blocks.pop_back();
    }
    own.blocks.resize(h - 1);
    own.blocks.push_back(BlockRef(&block));
    own_mark(own, block, true);
  }
  log.height = block.height;
  return entry;
}

const Block* Ledger::block(ProcessId p, Height h) const {
  const Log& log = logs_[p.value];
  if (h.value == 0 || h > log.height) return nullptr;
  if (log.own) return log.own->blocks[h.value - 1].get();
  return canonical_[h.value - 1].block.get();
}

std::uint64_t Ledger::mark(const Block& block) {
  std::uint64_t fresh = 0;
  for (const Request& r : block.requests) {
    if (!requests_.contains(r.id)) continue;
    if (r.id.value >= height_of_.size()) height_of_.resize(r.id.value + 1, kNotCommitted);
    auto& height = height_of_[r.id.value];
    if (height != kNotCommitted) continue;
    height = static_cast<std::uint32_t>(block.height.value);
    ++fresh;
  }
  return fresh;
}

void Ledger::deviate(Log& log) {
  ++deviants_;
  keep_own(log);
}

void Ledger::keep_own(Log& log) const {
  log.own = std::make_unique<Own>();
  for (std::uint64_t h = 0; h < log.height.value; ++h) {
    log.own->blocks.push_back(canonical_[h].block);
    own_mark(*log.own, *canonical_[h].block, true);
  }
}

void Ledger::own_mark(Own& own, const Block& block, bool committed) const {
  own.requests.resize(requests_.size(), false);  // once a block: a call a request is what costs
  for (const Request& r : block.requests) {
    if (!requests_.contains(r.id)) continue;
    if (own.requests[r.id.value] == committed) continue;
    own.requests[r.id.value] = committed;
    own.count += committed ? 1 : std::uint64_t{0} - 1;
  }
}

}  // namespace byzlab
