// Links and what can befall a packet on them.
//
// A link rule turns a packet into its fates: none is loss, two is duplication, later is delay,
// other bytes are corruption. A rule is asked once a broadcast, not once a packet: Fates is a span
// of arrival times, one a destination, with side lists for copies. Whose packets a rule sees (from,
// to, kind, view) is checked before the call, except `to`, which the rule's loop checks.
//
// Order: latency and bandwidth first, then rules as the scenario lists them, then synchrony,
// because it is the model's promise.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/ids.h"
#include "base/message.h"
#include "base/rng.h"
#include "base/time.h"
#include "network/transport.h"

namespace byzlab {

/// A set of processes as a flat bitmap.
class ProcessSet {
 public:
  ProcessSet() = default;
  explicit ProcessSet(std::size_t processes, bool filled = false)
      : bits_((processes + 63) / 64, filled ? ~std::uint64_t{0} : 0) {}
  void insert(ProcessId p) {
    if (p.value / 64 >= bits_.size()) bits_.resize(p.value / 64 + 1, 0);
    bits_[p.value / 64] |= std::uint64_t{1} << (p.value % 64);
  }
  bool contains(ProcessId p) const {
    const std::size_t w = p.value / 64;
    return w < bits_.size() && (bits_[w] >> (p.value % 64) & 1) != 0;
  }

 private:
  std::vector<std::uint64_t> bits_;
};

/// One transmission to one or many: what is known of it, and what becomes of it.
struct Fates {
  ProcessId from;
  Time sent;  ///< when it left its sender
  std::span<const ProcessId> to;
  std::span<Time> arrival;  ///< one a destination; kNever is lost
  struct Copy {
    ProcessId to;
    Time arrival;
    std::uint64_t corruption;  ///< 0: a true copy; else the key of the bit flips
  };
  std::vector<Copy>& copies;  ///< of this transmission only: duplicates and corrupted copies
  std::array<std::uint64_t, kDropReasons>& dropped;
};

/// Which packets a rule looks at. Empty optionals and sets mean all.
struct Where {
  std::optional<ProcessSet> from = std::nullopt;
  std::optional<ProcessSet> to = std::nullopt;
  std::uint32_t kinds = ~std::uint32_t{0};                    ///< bit k: kind k
  std::optional<std::pair<View, View>> views = std::nullopt;  ///< first and last

  bool matches(ProcessId p, const Message& m) const {
    return (kinds >> m.kind().value & 1) != 0 && (!from || from->contains(p));
  }
};

class LinkRule {
 public:
  explicit LinkRule(Where where) : where_(std::move(where)) {}
  virtual ~LinkRule() = default;
  /// Changes fates in place. `key` names the transmission: fork it per destination, so that a draw
  /// does not depend on which others were sent. Counts in affected() the packets whose fate it
  /// changed.
  virtual void shape(const Message& m, Rng key, Fates& fates) = 0;
  /// True when nothing at all gets from `from` to `to`: routes then avoid that link.
  virtual bool severs(ProcessId /*from*/, ProcessId /*to*/) const { return false; }

  const Where& where() const { return where_; }
  /// Packets whose fate this rule changed so far.
  std::uint64_t affected() const { return affected_; }

 protected:
  bool to_matches(ProcessId p) const { return !where_.to || where_.to->contains(p); }
  /// Looks at whatever goes from `from` to `to`.
  bool looks_at_all(ProcessId from, ProcessId to) const {
    return where_.kinds == ~std::uint32_t{0} && !where_.views &&
           (!where_.from || where_.from->contains(from)) && to_matches(to);
  }
  void count(std::uint64_t packets) { affected_ += packets; }
  /// Loses the packets to destinations this rule looks at for which doomed(process) holds, and the
  /// copies to them. Only the packets count as dropped: nobody sent the copies.
  template <class Doomed>
  void lose_if(Fates& fates, DropReason why, Doomed&& doomed) {
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < fates.to.size(); ++i) {
      // Without branches, luck can't be predicted: or-ing all bits of kNever makes a time kNever.
      const std::int64_t arrival = nanoseconds(fates.arrival[i]);
      const std::int64_t here = arrival != nanoseconds(kNever), seen = to_matches(fates.to[i]),
                         doom = doomed(fates.to[i]);
      const std::int64_t gone = here & seen & doom;
      fates.arrival[i] = Time{Duration{arrival | (-gone & nanoseconds(kNever))}};
      lost += static_cast<std::uint64_t>(gone);
    }
    fates.dropped[static_cast<std::size_t>(why)] += lost;
    affected_ += lost;
    if (fates.copies.empty()) return;
    affected_ += std::erase_if(fates.copies, [&](const Fates::Copy& copy) {
      return to_matches(copy.to) && doomed(copy.to);
    });
  }

 private:
  Where where_;
  std::uint64_t affected_ = 0;
};

/// The rules active now, in order, and the promise at their end.
class FaultInjector {
 public:
  FaultInjector(const MessageTable& table, std::uint64_t seed) : table_(&table), seed_(seed) {}

  /// Adds a rule behind those there are; the caller keeps it alive until remove().
  void add(LinkRule& rule) {
    rules_.push_back(&rule);
    ++changes_;
  }
  void remove(LinkRule& rule) {
    std::erase(rules_, &rule);
    ++changes_;
  }
  /// Exactly these rules, in this order; the caller keeps them alive.
  void assign(std::vector<LinkRule*> rules) {
    rules_ = std::move(rules);
    ++changes_;
  }
  /// The last rule: synchrony. Null for none.
  void set_promise(LinkRule* promise) {
    promise_ = promise;
    ++changes_;
  }
  /// Loses what crosses links that do not exist (between a twin and the other's audience): asked
  /// after the promise, which therefore cannot restore them. Null for none.
  void set_topology(LinkRule* topology) {
    topology_ = topology;
    ++changes_;
  }
  /// Nothing gets from `from` to `to` now. Where there is a promise, rules only delay.
  bool severed(ProcessId from, ProcessId to) const {
    const auto severs = [&](const LinkRule* rule) { return rule->severs(from, to); };
    return (topology_ != nullptr && severs(topology_)) ||
           (promise_ == nullptr && std::ranges::any_of(rules_, severs));
  }
  /// Grows whenever the rules change.
  std::uint64_t changes() const { return changes_; }
  bool idle() const { return rules_.empty() && promise_ == nullptr && topology_ == nullptr; }

  /// `id` names the transmission, unique within the run.
  void shape(const Message& m, std::uint64_t id, Fates& fates) {
    apply(m, id, fates, [] {});
  }
  /// The same, telling of what is lost. A packet that no link would carry was never one.
  void shape(const Message& m, std::uint64_t id, Fates& fates, PacketWatcher& watcher) {
    std::vector<std::optional<DropReason>> lost_by(fates.to.size());
    auto before = fates.dropped;
    apply(m, id, fates, [&] {
      const auto differs = std::mismatch(before.begin(), before.end(), fates.dropped.begin());
      if (differs.first == before.end()) return;
      const auto reason = static_cast<DropReason>(differs.first - before.begin());
      for (std::size_t i = 0; i < lost_by.size(); ++i) {
        if (!lost_by[i] && fates.arrival[i] == kNever) lost_by[i] = reason;
      }
      before = fates.dropped;
    });
    for (std::size_t i = 0; i < lost_by.size(); ++i) {
      if (fates.arrival[i] == kNever && lost_by[i]) {
        watcher.lost(fates.from, fates.to[i], fates.sent, m, *lost_by[i]);
      }
    }
  }

 private:
  template <class AfterRule>
  void apply(const Message& m, std::uint64_t id, Fates& fates, AfterRule&& after_rule) {
    const Rng key(mix(seed_ ^ id));
    const auto dropped_before = fates.dropped;
    std::uint64_t index = 0;
    for (LinkRule* rule : rules_) {
      ++index;
      if (!matches(*rule, fates.from, m)) continue;
      rule->shape(m, key.fork(index), fates);
      after_rule();
    }
    if (promise_ != nullptr) {
      promise_->shape(m, key, fates);
      fates.dropped = dropped_before;  // what the rules lost arrives after all
    }
    if (topology_ != nullptr) topology_->shape(m, key, fates);
  }

  bool matches(const LinkRule& rule, ProcessId from, const Message& m) const {
    if (!rule.where().matches(from, m)) return false;
    if (!rule.where().views) return true;
    const auto view = (*table_)[m.kind().value]->view(m.payload());
    return view && rule.where().views->first <= *view && *view <= rule.where().views->second;
  }

  const MessageTable* table_;
  std::uint64_t seed_;
  std::vector<LinkRule*> rules_;
  LinkRule* promise_ = nullptr;
  LinkRule* topology_ = nullptr;
  std::uint64_t changes_ = 0;
};

}  // namespace byzlab
