#include "testbed/invariants/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

ReplicaSet common(const ReplicaSet& a, const ReplicaSet& b) {
  ReplicaSet both;
  a.for_each([&](ReplicaId r) {
    if (b.contains(r)) both.insert(r);
  });
  return both;
}

/// In whatever view.
ReplicaSet voters_of(const BlockFact& fact) {
  ReplicaSet all;
  for (const BlockFact::Votes& votes : fact.votes) {
    votes.voters.for_each([&](ReplicaId r) { all.insert(r); });
  }
  return all;
}

}  // namespace

std::string Witness::name(ReplicaId r) const {
  return words::replica(r) + (is_byzantine(r) ? "*" : "");
}

Reversal Witness::reversal_of(LogTree::NodeId node, std::uint64_t deeper) const {
  const LogTree::Node& lost = logs[node];
  const BlockFact* fact = facts.find(lost.block->digest);
  return {.made = fact != nullptr ? fact->born() : kNever,
          .confirmed = lost.first_commit,
          .deeper = deeper,
          .height = lost.height};
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
              .lines = {},
              .reversal = witness_.reversal_of(step.log.conflict, 0)};
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
              .lines = {},
              .reversal = witness_.reversal_of(old, taken_back - 1)};
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
  if (fact == nullptr || fact->votes.empty()) return line;
  line += "   votes";
  constexpr std::uint32_t kNamed = 64;
  std::uint32_t named = 0;
  voters_of(*fact).for_each([&](ReplicaId r) {
    if (named++ < kNamed) line += " " + witness_.name(r);
  });
  if (named > kNamed) line += fmt::format(" and {} more", named - kNamed);
  return line;
}

/// Who must have said two things, if anybody has. Only what two statements for one place prove is
/// said of a replica: an honest one may vote for both blocks, in different views.
void Agreement::explain_votes(LogTree::NodeId a, LogTree::NodeId b,
                              std::vector<std::string>& lines) const {
  const Block& one = *witness_.logs[a].block;
  const Block& other = *witness_.logs[b].block;
  explain_double_proposal(one, other, lines);
  const BlockFact* x = witness_.facts.find(one.digest);
  const BlockFact* y = witness_.facts.find(other.digest);
  const bool told = x != nullptr && y != nullptr;
  if ((told && explain_votes_for_both(*x, *y, lines)) || explain_double_votes(lines)) return;
  if (told) explain_changed_votes(*x, *y, lines);
  explain_quorums(lines);
}

void Agreement::explain_double_proposal(const Block& a, const Block& b,
                                        std::vector<std::string>& lines) const {
  const auto was_proposed = [&](const Block& block) {
    const BlockFact* fact = witness_.facts.find(block.digest);
    return fact != nullptr && fact->proposed != kNever;
  };
  // After a restart an honest leader may propose again, which alone breaks nothing.
  if (a.view != b.view || a.proposer != b.proposer || !witness_.is_faulty(a.proposer)) return;
  if (!was_proposed(a) || !was_proposed(b)) return;
  ReplicaSet who;
  who.insert(a.proposer);
  lines.push_back(fmt::format("why: {} proposed both in {}{}", names(who),
                              place(a.height.value, a.view), legend(who)));
}

bool Agreement::explain_votes_for_both(const BlockFact& a, const BlockFact& b,
                                       std::vector<std::string>& lines) const {
  for (const BlockFact::Votes& votes : a.votes) {
    const auto same = std::ranges::find(b.votes, votes.view, &BlockFact::Votes::view);
    if (same == b.votes.end()) continue;
    const ReplicaSet both = common(votes.voters, same->voters);
    if (both.empty()) continue;
    lines.push_back(fmt::format("why: {} voted for both in {}{}", names(both),
                                place(a.height, votes.view), legend(both)));
    return true;
  }
  return false;
}

/// The last place before the conflict in which somebody told of votes for two blocks.
bool Agreement::explain_double_votes(std::vector<std::string>& lines) const {
  struct Vote {
    std::uint64_t height;  // 0 when views go on from height to height: one vote a view
    View view;
    Digest block;
    const ReplicaSet* voters;
  };
  std::vector<Vote> votes;
  const bool anew = witness_.facts.views_begin_anew();
  witness_.facts.each([&](const Digest& block, const BlockFact& fact) {
    for (const BlockFact::Votes& v : fact.votes) {
      votes.push_back({anew ? fact.height : 0, v.view, block, &v.voters});
    }
  });
  const auto order = [](const Vote& v) { return std::tie(v.height, v.view, v.block); };
  std::ranges::sort(votes, std::ranges::greater{}, order);
  for (auto a = votes.begin(); a != votes.end(); ++a) {
    for (auto b = a + 1; b != votes.end() && b->height == a->height && b->view == a->view; ++b) {
      const ReplicaSet both = common(*a->voters, *b->voters);
      if (both.empty()) continue;
      lines.push_back(fmt::format("why: {} voted twice in {}, for {} and {}{}", names(both),
                                  place(a->height, a->view), a->block.short_hex(),
                                  b->block.short_hex(), legend(both)));
      return true;
    }
  }
  return false;
}

/// Liars that voted for the one block and later for the other, as if they had never seen the first.
void Agreement::explain_changed_votes(const BlockFact& a, const BlockFact& b,
                                      std::vector<std::string>& lines) const {
  const ReplicaSet both = common(voters_of(a), voters_of(b));
  ReplicaSet liars;
  both.for_each([&](ReplicaId r) {
    if (witness_.is_faulty(r)) liars.insert(r);
  });
  if (liars.empty()) return;
  lines.push_back(
      fmt::format("why: {} voted for both, in different views{}", names(liars), legend(liars)));
}

/// Nobody is known to have said two things: perhaps nobody had to.
void Agreement::explain_quorums(std::vector<std::string>& lines) const {
  const Committee& committee = *witness_.run.committee;
  const Power quorum = committee.quorum(), total = committee.total_power();
  const Power shared = 2 * quorum > total ? 2 * quorum - total : 0;  // by any two, at least
  Power faulty = 0;
  bool equal = true;
  for (std::uint32_t r = 0; r < committee.n(); ++r) {
    if (witness_.is_faulty(ReplicaId(r))) faulty += committee.power(ReplicaId(r));
    equal = equal && committee.power(ReplicaId(r)) == committee.power(ReplicaId(0));
  }
  if (shared > faulty) return;
  const Power one = equal ? committee.power(ReplicaId(0)) : 1;
  const std::string two = fmt::format("two quorums of {} of {}{}", (quorum + one - 1) / one,
                                      total / one, equal ? "" : " of the power");
  if (shared == 0) {
    lines.push_back(fmt::format("why: {} need not share a replica", two));
  } else {
    lines.push_back(fmt::format("why: all that {} must share may be Byzantine", two));
  }
}

std::string Agreement::place(std::uint64_t height, View view) const {
  if (!witness_.facts.views_begin_anew()) return fmt::format("view {}", view.value);
  return fmt::format("view {} of height {}", view.value, height);
}

std::string Agreement::names(const ReplicaSet& replicas) const {
  std::string who;
  replicas.for_each([&](ReplicaId r) {
    who += (who.empty() ? "" : ", ") + witness_.name(r);
    if (!witness_.is_byzantine(r) && witness_.is_faulty(r)) who += " (lost its disk)";
  });
  return who;
}

/// What the stars of those names mean, if there are any.
std::string Agreement::legend(const ReplicaSet& replicas) const {
  bool starred = false;
  replicas.for_each([&](ReplicaId r) { starred = starred || witness_.is_byzantine(r); });
  return starred ? "      * Byzantine" : "";
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
