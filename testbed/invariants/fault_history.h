// What was wrong with replicas and links, moment by moment: what the fault bound is judged on.
//
// Changes are kept, not states: a state is put together when somebody asks for a time.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "base/event.h"
#include "base/fault.h"
#include "testbed/invariants/faulty_power.h"
#include "testbed/judge.h"

namespace byzlab {

/// A fault of links as it met them, ready to be asked of a pair.
class LinkFault {
 public:
  LinkFault(const FaultReach& reach, std::uint32_t entry, std::uint32_t n);

  std::uint32_t entry() const { return entry_; }  ///< of the timeline
  const FaultReach& reach() const { return reach_; }
  bool is(FaultMeaning meaning) const { return reach_.meaning == meaning; }
  /// True when it loses, damages or holds up what the model wants delivered, whatever the time.
  bool loses_messages() const {
    return is(FaultMeaning::cuts) ||
           ((is(FaultMeaning::loses) || is(FaultMeaning::corrupts)) && reach_.probability > 0);
  }
  bool meets(std::uint32_t from, std::uint32_t to) const;

 private:
  struct Set {
    std::vector<bool> from, to;
  };
  FaultReach reach_;
  std::uint32_t entry_;
  std::vector<std::uint32_t> side_of_;  // empty without sides
  std::vector<Set> sets_;
};

/// The state between two changes.
struct FaultState {
  std::vector<bool> byzantine;        ///< now
  std::vector<bool> down;             ///< crashed or paused
  std::vector<bool> diskless;         ///< lost what was durable, at any time before
  std::vector<bool> skewed;           ///< its clock runs wrong
  std::vector<bool> bad_disk;         ///< its disk is slow, or fails
  std::vector<std::uint32_t> active;  ///< faults of links, as FaultHistory numbers them
  bool is_faulty(std::uint32_t r) const {
    return byzantine[r] || down[r] || diskless[r] || skewed[r] || bad_disk[r];
  }
  std::uint64_t key() const;
};

class FaultHistory {
 public:
  explicit FaultHistory(const Case& run);

  void on(Time now, const ReplicaState& event);
  void on(Time now, const FaultChanged& event);

  const FaultState& now() const { return now_; }
  /// Counts changes: the same number, the same state.
  std::size_t changes() const { return changes_.size(); }
  const LinkFault& link_fault(std::uint32_t index) const { return link_faults_[index]; }
  /// By replica: lost its disk so far.
  const std::vector<bool>& diskless() const { return now_.diskless; }
  /// By replica: was Byzantine at some time up to then.
  std::vector<bool> lied_until(Time t) const;

  /// Calls visit(since, until, state) for every stretch between changes that overlaps [from, to],
  /// in order, until it returns false.
  template <class Visit>
  void between(Time from, Time to, Visit&& visit) const {
    FaultState state = start_;
    Time since = kStart;
    for (std::size_t i = 0; i <= changes_.size(); ++i) {
      const Time until = i < changes_.size() ? changes_[i].at : kNever;
      if (until > since && until > from && since <= to) {
        if (!visit(since, until, static_cast<const FaultState&>(state))) return;
      }
      if (i == changes_.size() || until > to) return;
      apply(changes_[i], state);
      since = until;
    }
  }
  FaultState at(Time t) const;

 private:
  enum class Kind : std::uint8_t { down, diskless, byzantine, skewed, bad_disk, link_fault };
  struct Change {
    Time at;
    std::uint32_t subject;  // a replica, or a fault of links
    Kind kind;
    bool holds;
  };
  void change(Change);
  static void apply(const Change&, FaultState&);
  std::uint32_t number_of(const FaultChanged& event);

  const Case& run_;
  FaultState start_, now_;
  std::vector<Change> changes_;
  std::deque<LinkFault> link_faults_;
  std::vector<std::vector<std::uint32_t>> numbers_;  // by entry: its faults of links
  // How many windows say so now: they may overlap.
  std::vector<std::uint32_t> turned_, skews_, bad_disks_;
};

}  // namespace byzlab
