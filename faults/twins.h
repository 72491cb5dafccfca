// Twins: equivocation by any protocol (Bano, Sonnino, Chursin, Perelman, Li, Ching & Malkhi,
// "Twins: BFT Systems Made Robust", 2020).
//
// A twinned replica runs twice under one identity: process r for one audience of honest replicas, a
// process beyond n for the other. Each copy is honest towards its audience; together they lie.
// Rules:
//  - honest replicas are in audience A or in audience B and hear a twinned replica through the copy
//  that
//    shares theirs; among themselves they all hear each other;
//  - original copies are in A, twins in B, also towards the copies of other twinned replicas;
//  - Byzantine replicas that are not twinned collude: they are in both audiences.
// With `cut` the links among the honest replicas of different audiences are cut, too, for a while:
// where the audiences compare notes, hardly a lie holds. That is a fault of the network, which the
// testbed adds to the scenario's.
// What divides the audiences is no fault but the shape of the network: no promise of synchrony
// bridges it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/rng.h"
#include "base/signature.h"
#include "consensus/engine.h"
#include "consensus/options.h"
#include "faults/adversary.h"
#include "network/link.h"

namespace byzlab {

inline constexpr OptionSpec kTwinsOptions[] = {
    {.name = "split",
     .type = OptionType::choice,
     .default_text = "halves",
     .range = "halves|random",
     .doc = "the honest replicas in two halves, by number or drawn from the seed"},
    {.name = "audience",
     .type = OptionType::replicas,
     .default_text = "",
     .range = "some honest",
     .doc = "who is told the first thing, all others the second; nobody named: see split"},
    {.name = "cut",
     .type = OptionType::duration,
     .default_text = "0s",
     .range = "0s..3650d",
     .doc = "how long from the start no packet passes between the two audiences: until the network "
            "is timely, it is the adversary's, too"},
    {.name = "while",
     .type = OptionType::choice,
     .default_text = "always",
     .range = "always|role:leader",
     .doc = "the second copy speaks always, or only while it leads"}};

struct TwinsPlan {
  enum Audience : std::uint8_t { a = 1, b = 2, both = 3 };

  std::uint32_t n = 0;
  std::vector<ReplicaId> replica_of;      ///< by process: i for i < n, then the twins in order
  std::vector<std::uint8_t> audience_of;  ///< by process, an Audience
  std::vector<bool> is_copy;              ///< by process: one of two copies of a twinned replica

  std::uint32_t processes() const { return static_cast<std::uint32_t>(replica_of.size()); }
  bool linked(ProcessId p, ProcessId q) const {
    return (!is_copy[p.value] && !is_copy[q.value]) ||
           (audience_of[p.value] & audience_of[q.value]) != 0;
  }
};

/// Process n+k is the twin of twinned[k]; `twinned` ascends. `members` are all Byzantine replicas.
/// Throws std::invalid_argument when an audience has nobody in it: then nobody would be lied to.
TwinsPlan plan_twins(std::uint32_t n, std::span<const ReplicaId> twinned, const ReplicaSet& members,
                     const Options& options, Rng mind);

/// Keeps the audiences apart: for FaultInjector::set_topology. Counts no packet as dropped.
class AudienceRule final : public LinkRule {
 public:
  explicit AudienceRule(const TwinsPlan& plan);
  void shape(const Message&, Rng, Fates& fates) override;
  bool severs(ProcessId from, ProcessId to) const override;

 private:
  std::vector<std::uint8_t> reach_;  // by process: audience, and kCopy for a copy
};

/// The engine of a twin process: `engine`, hushed as `while` demands.
std::unique_ptr<Engine> make_twin(std::unique_ptr<Engine> engine, const Adversary& adversary,
                                  const Options& options);

/// A twin's mempool. Two honest copies that see the same requests propose the same block; this one
/// orders them backwards, and leaves out a request that is alone.
class TwinMempool final : public Mempool {
 public:
  /// `mempool` must outlive this.
  explicit TwinMempool(Mempool& mempool) : mempool_(mempool) {}
  bool pending() override { return mempool_.pending(); }
  std::vector<Request> batch(BatchLimit limit, std::span<const BlockRef> in_flight) override;

 private:
  Mempool& mempool_;
};

}  // namespace byzlab
