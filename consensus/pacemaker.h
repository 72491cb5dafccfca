// The pacemaker: which view a replica is in, who leads it, and when to give it up.
//
// HotStuff leaves it open (§4.4 "leader and nextView", §6 "Pacemaker"): it must bring all correct
// replicas and one correct leader into one view for long enough. This one is a piece of its own,
// which the relatives reuse:
//
//   leader     round robin, or a public hash function of the view.
//   timer      a view has its time: T after a decision, doubled by every view given up since
//              except the first (one dead leader is no reason to doubt T), up to a cap: §4.4's
//              exponential back-off. The timer is not set anew in every view: when it fires, it is
//              set for what is left.
//   timeout    when the time is over, the replica gives the view up and tells everybody, with the
//              highest QC it has (what §6's new-view message carries) and what let it into the
//              view. It says so again every T until the view ends.
//   joining    f+1 power of others that gave up contains a correct replica: then so does this one,
//              without waiting. So when one correct replica sees a quorum give up, all do 2Δ later.
//   TC         the signatures of a quorum that gave up view v prove that view v+1 may be entered. A
//              QC does the same where the protocol says so.
//
// Views are entered by certificate only, never by a clock, and whoever is ahead shows the
// certificate: after GST nobody stays behind for longer than a message takes. Nothing here bears on
// safety.
#pragma once

#include <algorithm>
#include <boost/describe.hpp>
#include <memory>
#include <utility>

#include "consensus/options.h"
#include "consensus/quorum_cert.h"

namespace byzlab {

/// What a timeout's signature covers.
struct GaveUp {
  View view{};
};
BOOST_DESCRIBE_STRUCT(GaveUp, (), (view))

/// Proof that a quorum gave up a view.
struct TimeoutCert {
  View view{};
  AggregateSignature timeouts{};
  bool operator==(const TimeoutCert&) const = default;
};
BOOST_DESCRIBE_STRUCT(TimeoutCert, (), (view, timeouts))
using Tc = Shared<TimeoutCert>;

/// What ended the view before and so let a replica into its view: one of the two, or neither when
/// the message shows a QC that did.
struct Entry {
  Qc qc{};
  Tc tc{};
};
BOOST_DESCRIBE_STRUCT(Entry, (), (qc, tc))

/// "I give up `view`." The other members prove themselves.
struct Timeout {
  static constexpr MessageKind kKind{3};
  View view{};
  Qc high{};      ///< the highest QC its sender has
  Entry entry{};  ///< what let the sender into the view
  GaveUp signed_part() const { return {.view = view}; }
};
BOOST_DESCRIBE_STRUCT(Timeout, (), (view, high, entry))

/// Enough power gave up. Asked once a certificate.
inline bool valid(Context& ctx, const Tc& tc) {
  return tc.checked([&] {
    return certifies(ctx.committee(), ctx.crypto(), Timeout{.view = tc->view}, tc->timeouts,
                     ctx.committee().quorum());
  });
}

inline constexpr OptionSpec kViewTimeoutOption{
    .name = "view_timeout",
    .type = OptionType::duration,
    .default_text = "500ms",
    .range = "1ms..1h",
    .doc =
        "T: how long a replica waits in a view before it gives it up; doubled by every view "
        "given up since the last decision but the first"};
inline constexpr OptionSpec kTimeoutCapOption{
    .name = "timeout_cap",
    .type = OptionType::duration,
    .default_text = "2s",
    .range = "1ms..1h",
    .doc =
        "what the doubled view_timeout stops at, unless messages are "
        "slower than that: then at 12 s, or 32 s with mode: basic"};
inline constexpr OptionSpec kPacemakerOption{
    .name = "pacemaker",
    .type = OptionType::choice,
    .default_text = "round_robin",
    .range = "round_robin|hash",
    .doc = "who leads a view: each replica in turn, or whom a public hash function names"};

/// The most time a view gets.
inline Duration longest_view(const Options& o) {
  return std::max(o.duration("view_timeout"), o.duration("timeout_cap"));
}

class Pacemaker {
 public:
  /// The timer it uses: owner 0 and this id.
  static constexpr std::uint8_t kTimer = 0;

  /// `tenure`: how many views a turn has where powers are not equal. `delays`: how many a view
  /// takes.
  Pacemaker(const Options&, std::uint32_t tenure, int delays);

  View view() const { return view_; }
  ReplicaId leader(const Context& ctx, View view) const {
    const Committee& all = ctx.committee();
    if (!round_robin_) return all.draw(mix(view.value));
    if (!all.equal_power()) return all.turn((view.value - 1) / tenure_);
    if (view == led_.view) return led_.leader;  // who votes to the next leader enters its view next
    if (view == led_.view.next() && view > View(1)) {
      const ReplicaId next(led_.leader.value + 1);  // as below, without a division
      led_ = {view, all.contains(next) ? next : ReplicaId(0)};
    } else {
      led_ = {view, all.turn(view.value - 1)};
    }
    return led_.leader;
  }
  /// True when this replica leads the view it is in.
  bool leads() const { return leads_; }
  /// What let this replica into its view, to be shown beside `high`.
  Entry entry(const Qc& high) const { return entry_.qc == high ? Entry{} : entry_; }
  /// True when this replica gave up the view it is in.
  bool gave_up() const { return gave_up_ == view_; }
  /// True when a quorum told this replica itself what it had when it left the view before this one:
  /// by its timeout, or by a new-view message.
  bool heard_quorum(const Context&) const;
  Duration interval() const {
    return given_up_ < 2 ? timeout_ : doubled_interval();  // and cap_ is no less than timeout_
  }

  /// Enters a view that `entry` proves, if it is ahead.
  [[gnu::always_inline]] bool enter(Context& ctx, View next, Entry entry) {
    if (next <= view_) return false;
    if (entry.tc) {
      given_up_ = std::min(given_up_ + 1, 30u);
      if (gave_up()) agreeing_took_ = ctx.now() - gave_up_at_;
    }
    if (heard_any_) turn_rounds(next);
    view_ = next;
    entry_ = std::move(entry);
    if (certificate_) certificate_ = {};
    wait(ctx, interval());
    const ReplicaId leads = leader(ctx, next);
    leads_ = leads == ctx.self();
    ctx.enter_view(next, leads);
    if (entry_.tc) ctx.note(Milestone::new_view, next);
    return true;
  }
  /// The timer fired. True when the view has had its time; else it has been set for the rest.
  bool expired(Context&);
  /// The view has had its time, or others gave up: tells everybody.
  void give_up(Context&, const Qc& high);
  /// For a leader that a TC reached before this replica gave up: what it would have heard.
  void tell_leader(Context& ctx, const Qc& high) {
    if (entry_.tc) tell_leader_after_timeout(ctx, high);
  }
  /// A decision was reached: back to T.
  void decided() { given_up_ = 0; }

  enum class Heard : std::uint8_t {
    nothing,  ///< of no consequence yet
    join,     ///< f+1 gave up this view: give it up as well
    quorum,   ///< a quorum gave up this view: take certificate() and enter the next
    enough,   ///< with this one heard_quorum() holds
    lost,     ///< the sender says it again, or is further behind: it lacks what we have
  };
  Heard on(Context&, ReplicaId from, const Timeout&, const Message&);
  /// `from` is in view `now` and has told what it has.
  void told(Context&, ReplicaId from, View now);
  /// The TC of the present view, once heard.
  Tc certificate() const { return certificate_; }

 private:
  struct Round {
    CertifiedVotes timeouts{};
    VoteSet told{};  // who said what it had on leaving the view, these included
    void clear() {
      timeouts.clear();
      told.clear();
    }
  };
  struct Rounds {
    Round now;     // who gave up the present view
    Round before;  // and the one before: its leader chooses by what these said
  };
  Rounds& rounds();
  /// Lets this much time pass. A timer that fires before that is not set anew: expired() sees to
  /// it.
  void wait(Context& ctx, Duration time) {
    until_ = ctx.now() + time;
    if (until_ < fires_at_) set_timer(ctx);
  }
  void set_timer(Context&);
  /// What was heard in the present view is of the view before `next`, if that is the next one.
  void turn_rounds(View next);
  Duration doubled_interval() const;
  void tell_leader_after_timeout(Context&, const Qc& high);

  struct Led {
    View view{1};
    ReplicaId leader{};
  };

  // What every view touches, then the rest.
  View view_{};
  Time until_{};            // the view's time
  Time fires_at_ = kNever;  // the timer
  Duration timeout_;
  mutable Led led_;  // what was asked last, in turn; at first, that replica 0 leads view 1
  Entry entry_;
  Tc certificate_;
  std::uint32_t given_up_ = 0;  // views that a TC ended since the last decision
  Time gave_up_at_{};
  Duration agreeing_took_{};  // on giving up a view, the last time: what messages take now
  bool leads_ = false;
  bool heard_any_ = false;  // anybody, with power or without, in rounds_
  bool round_robin_;

  Duration cap_;
  std::uint32_t tenure_;
  int delays_;
  View gave_up_{};
  std::unique_ptr<Rounds> rounds_;  // null until there is something in it
};

}  // namespace byzlab
