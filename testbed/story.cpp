#include "testbed/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "testbed/fault_reach.h"
#include "testbed/invariants/words.h"
#include "testbed/scenario/selectors.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

/// What a count of the report is a count of.
struct EffectWords {
  std::string_view name, one, many;
};
constexpr EffectWords kEffects[] = {
    {"links_cut", "link cut", "links cut"},
    {"replicas_changed", "replica changed", "replicas changed"},
    {"packets_affected", "packet affected", "packets affected"},
    {"messages_altered", "message altered", "messages altered"},
    {"shown", "shown", "shown"},
};

std::string effect_text(const std::pair<std::string, std::uint64_t>& effect) {
  const auto words = std::ranges::find(kEffects, effect.first, &EffectWords::name);
  if (words == std::end(kEffects)) return words::count(effect.second) + " " + effect.first;
  return words::count(effect.second) + " " +
         std::string(effect.second == 1 ? words->one : words->many);
}

/// What is over with the end of a window.
std::string heal_text(const scenario::Action& action, const std::string& whom, bool freed) {
  switch (action.meaning) {
    case FaultMeaning::cuts: return "links restored";
    case FaultMeaning::stops:
    case FaultMeaning::wipes:
    case FaultMeaning::fails_disk:
      if (freed) return whom + " restarted";
      break;
    case FaultMeaning::pauses:
      if (freed) return whom + " resumed";
      break;
    case FaultMeaning::turns: return whom + " honest again";
    case FaultMeaning::marks:
    case FaultMeaning::loses:
    case FaultMeaning::corrupts:
    case FaultMeaning::delays:
    case FaultMeaning::disturbs:
    case FaultMeaning::throttles:
    case FaultMeaning::restarts:
    case FaultMeaning::skews: break;
  }
  return action.name + " over";
}

}  // namespace

void Story::grew(Time now, std::uint64_t height, Duration latency) {
  look(now);
  if (stalled_) resumed(now, height);
  recent_[growths_ % kRecent] = now;
  ++growths_;
  latency_ = latency_ == Duration{0} ? latency : (latency_ * 7 + latency) / 8;
  height_ = height;
  view_at_growth_ = view_;
  leader_at_growth_ = leader_;
}

void Story::entered(Height height, View view, ReplicaId leader) {
  if (leader_ && std::pair{height, view} < std::pair{view_height_, view_}) return;
  view_height_ = height;
  view_ = view;
  leader_ = leader;
}

void Story::look(Time now) {
  constexpr std::uint64_t kEnoughToCompare = 4;
  if (stalled_ || growths_ < kEnoughToCompare) return;
  const Time last = recent_[(growths_ - 1) % kRecent];
  if (now - last > patience()) stalled(now);
}

/// How long without a commit is no accident: many times the recent interval, and more than a commit
/// takes. Longer when nothing has been done to the system lately.
Duration Story::patience() const {
  const std::uint64_t count = std::min<std::uint64_t>(growths_, kRecent);
  const Time last = recent_[(growths_ - 1) % kRecent];
  const Time first = recent_[(growths_ - count) % kRecent];
  const Duration interval =
      (last - first) / static_cast<std::int64_t>(std::max<std::uint64_t>(1, count - 1));
  const bool disturbed = windows_.active() > 0 || windows_.last_change() >= last;
  const int times = disturbed ? 10 : 20;
  return std::max({interval * times, latency_ * 2, Duration{std::chrono::milliseconds{50}}});
}

void Story::stalled(Time now) {
  stalled_ = true;
  const Time last = recent_[(growths_ - 1) % kRecent];
  std::string text = fmt::format("last commit at height {}", height_);
  // Asked of the moment patience ran out: by now the fault may be over.
  const std::string why = bound_.why_stalled(std::min(now, last + patience()));
  if (!why.empty()) text += "; " + why;
  tell(last, "stall", std::move(text));
}

void Story::resumed(Time now, std::uint64_t height) {
  stalled_ = false;
  growths_ = 0;  // the pace before the stall says nothing of the one after
  std::string text = fmt::format("height {}", height);
  if (view_ != view_at_growth_) {
    text += fmt::format(", view {} -> {}", view_at_growth_.value, view_.value);
  }
  if (leader_ && leader_ != leader_at_growth_) text += ", leader " + words::replica(*leader_);
  tell(now, "resume", std::move(text));
}

void Story::tell(Time at, std::string kind, std::string text, bool violation) {
  told_.push_back({.at = at,
                   .kind = std::move(kind),
                   .label = {},
                   .text = std::move(text),
                   .violation = violation});
}

void Story::reorganised(Time now, ReplicaId replica, std::uint64_t depth, const Digest& tip) {
  if (tip == last_reorg_) return;  // the others follow
  last_reorg_ = tip;
  tell(now, "reorg",
       fmt::format("{} abandons {} for the branch that ends in {}", words::replica(replica),
                   words::count(depth, "block"), tip.short_hex()));
}

StoryLine Story::fault_line(Time at, const FaultChanged& event,
                            const std::vector<FaultResult>& faults) const {
  const scenario::TimelineEntry& entry = scenario_.timeline[event.fault];
  const FaultResult& fault = faults[event.fault];
  StoryLine line{
      .at = at, .kind = event.active ? "fault" : "heal", .label = entry.label, .text = {}};
  if (entry.action.is_mark()) {
    line.kind = "mark";
    line.label.clear();
    line.text = scenario::visible(to_text(entry.action));
    return line;
  }
  const auto& windows = fault.windows;
  const bool known = event.round < windows.size() && windows[event.round].reach != nullptr;
  const std::string whom = known ? text_of(*windows[event.round].reach, fault.text) : fault.text;
  if (event.active) {
    line.text = fault.action + " " + whom;
    if (event.round == 0) {
      for (const auto& effect : fault.effects) line.text += "   " + effect_text(effect);
    }
  } else {
    line.text = heal_text(entry.action, whom, known && windows[event.round].freed);
  }
  return line;
}

std::vector<StoryLine> Story::lines(const std::vector<FaultResult>& faults) const {
  std::vector<StoryLine> all;
  for (const auto& [at, event] : faults_) {
    if (event.active || !FaultWindows::is_mark(scenario_.timeline[event.fault])) {
      all.push_back(fault_line(at, event, faults));
    }
  }
  all.insert(all.end(), told_.begin(), told_.end());
  std::ranges::stable_sort(all, {}, &StoryLine::at);
  if (all.size() <= kMaxLines) return all;

  std::vector<StoryLine> kept;
  std::size_t left_out = 0;
  const std::size_t head = kMaxLines / 2, tail = all.size() - (kMaxLines - head - 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < head || i >= tail || all[i].violation) {
      if (i >= tail && left_out > 0) {
        kept.push_back({.at = all[i - 1].at,
                        .kind = "mark",
                        .label = {},
                        .text = fmt::format("… and {} more", left_out)});
        left_out = 0;
      }
      kept.push_back(all[i]);
    } else {
      ++left_out;
    }
  }
  return kept;
}

}  // namespace byzlab
