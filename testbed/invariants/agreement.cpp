#include "testbed/invariants/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "testbed/invariants/words.h"

namespace byzlab {

std::string Witness::name(ReplicaId r) const {
  return words::replica(r) + (is_byzantine(r) ? "*" : "");
}

void Agreement::on(const CommitStep& step) {
  const bool rewrites = step.log.replaced != LogTree::kNone;
  const bool conflicts = step.log.conflict != LogTree::kNone;
  if (!rewrites && !conflicts) return;
  ++conflicts_;
  if (!verdict_) verdict_ = rewrites ? rewrite(step) : conflict(step);
}

std::string Agreement::checked() const {
  std::uint64_t height = 0;
  std::uint32_t replicas = 0;
  for (std::uint32_t p = 0; p < witness_.run.replica_of.size(); ++p) {
    const std::uint64_t own = witness_.logs.height(ProcessId(p));
    height = std::max(height, own);
    if (own > 0 && p < witness_.run.committee->n()) ++replicas;
  }
  return fmt::format("{}, {}, no conflict", words::count(height, "height"),
                     words::count(replicas, "replica"));
}

Violation Agreement::conflict(const CommitStep& step) const {
  const LogTree::Node& ours = witness_.logs[step.log.node];
  const LogTree::Node& theirs = witness_.logs[step.log.conflict];
  Violation v{.at = step.now,
              .what = fmt::format("two honest replicas committed different blocks at height {}",
                                  ours.height),
              .lines = {}};
  v.lines.push_back(
      commit_line(witness_.replica_of(theirs.first_by), step.log.conflict, theirs.first_commit));
  v.lines.push_back(commit_line(step.replica, step.log.node, step.now));
  if (witness_.run.engine->finality == Finality::confirmations) {
    explain_branch(step.log.node, v.lines);
  } else {
    explain_votes(step.log.conflict, step.log.node, v.lines);
  }
  return v;
}

Violation Agreement::rewrite(const CommitStep& step) const {
  const LogTree& logs = witness_.logs;
  const LogTree::Node& now = logs[step.log.node];
  const LogTree::NodeId old = logs.at_or_below(step.log.replaced, now.height);
  const std::uint64_t taken_back = logs[step.log.replaced].height - now.height + 1;
  const bool by_depth = witness_.run.engine->finality == Finality::confirmations;
  Violation v{.at = step.now,
              .what = fmt::format(
                  "{} replaced what it had committed at height {}{}", witness_.name(step.replica),
                  now.height, by_depth ? ": a reorganisation below the confirmation depth" : ""),
              .lines = {}};
  v.lines.push_back(
      commit_line(witness_.replica_of(logs[old].first_by), old, logs[old].first_commit));
  v.lines.push_back(commit_line(step.replica, step.log.node, step.now) +
                    fmt::format(", taking back {}", words::count(taken_back, "committed block")));
  if (by_depth) {
    explain_branch(step.log.node, v.lines);
  } else {
    explain_votes(old, step.log.node, v.lines);
  }
  return v;
}

std::string Agreement::commit_line(ReplicaId who, LogTree::NodeId node, Time at) const {
  const LogTree::Node& n = witness_.logs[node];
  std::string line = fmt::format("{} committed {} at {}", witness_.name(who),
                                 n.block->digest.short_hex(), words::moment(at));
  const BlockFact* fact = witness_.facts.find(n.block->digest);
  if (n.block->view.value != 0) line += fmt::format("   view {}", n.block->view.value);
  line += fmt::format("   proposed by {}", witness_.name(n.block->proposer));
  if (fact == nullptr || fact->voters == 0) return line;
  line += "   votes";
  for (std::uint32_t r = 0; r < 64; ++r) {
    if ((fact->voters >> r & 1) != 0) line += " " + witness_.name(ReplicaId(r));
  }
  return line;
}

/// Two quorums for two blocks share somebody: name them.
void Agreement::explain_votes(LogTree::NodeId a, LogTree::NodeId b,
                              std::vector<std::string>& lines) const {
  const Block& one = *witness_.logs[a].block;
  const Block& other = *witness_.logs[b].block;
  const BlockFact* x = witness_.facts.find(one.digest);
  const BlockFact* y = witness_.facts.find(other.digest);
  if (x == nullptr || y == nullptr) return;
  const bool same_view = one.view == other.view;
  if (same_view && one.proposer == other.proposer && x->proposed != kNever) {
    lines.push_back(fmt::format("why: {} proposed both in view {}", witness_.name(one.proposer),
                                one.view.value));
  }
  const std::uint64_t both = same_view ? x->voters & y->voters : 0;
  if (both != 0) {
    lines.push_back(fmt::format("why: {} voted for both in view {}      * Byzantine", names(both),
                                one.view.value));
  } else {
    explain_double_votes(lines);
  }
}

/// The last view before the conflict in which somebody told of votes for two blocks.
void Agreement::explain_double_votes(std::vector<std::string>& lines) const {
  struct Vote {
    View view;
    Digest block;
    std::uint64_t voters;
  };
  std::vector<Vote> votes;
  witness_.facts.each([&](const Digest& block, const BlockFact& fact) {
    if (fact.voters != 0) votes.push_back({fact.view, block, fact.voters});
  });
  std::ranges::sort(votes, [](const Vote& a, const Vote& b) {
    return std::tie(a.view, a.block) > std::tie(b.view, b.block);
  });
  for (std::size_t i = 0; i + 1 < votes.size(); ++i) {
    const Vote &a = votes[i], &b = votes[i + 1];
    if (a.view != b.view || (a.voters & b.voters) == 0) continue;
    lines.push_back(fmt::format("why: {} voted twice in view {}, for {} and {}      * Byzantine",
                                names(a.voters & b.voters), a.view.value, a.block.short_hex(),
                                b.block.short_hex()));
    return;
  }
}

std::string Agreement::names(std::uint64_t replicas) const {
  std::string who;
  for (std::uint32_t r = 0; r < 64; ++r) {
    if ((replicas >> r & 1) != 0) who += (who.empty() ? "" : ", ") + witness_.name(ReplicaId(r));
  }
  return who;
}

/// Who made the block that took the place of the old one, and was it kept back.
void Agreement::explain_branch(LogTree::NodeId node, std::vector<std::string>& lines) const {
  const LogTree::Node& n = witness_.logs[node];
  const Block& block = *n.block;
  const BlockFact* fact = witness_.facts.find(block.digest);
  lines.push_back(
      fmt::format("why: the branches part above height {}", witness_.logs[n.parent].height));
  if (fact == nullptr || fact->proposed == kNever) return;
  lines.push_back(fmt::format(
      "     {} made {} at {} and {} {}", witness_.name(block.proposer), block.digest.short_hex(),
      words::moment(fact->proposed),
      fact->withheld ? "kept it back; it was confirmed after" : "it was confirmed after",
      words::duration(n.first_commit - fact->proposed)));
}

}  // namespace byzlab
