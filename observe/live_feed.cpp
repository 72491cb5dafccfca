// LiveDelta, from the stream of events of a run that goes on.
#include "observe/live_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <type_traits>
#include <variant>

#include "base/json_text.h"
#include "observe/json_document.h"
#include "observe/numbers.h"
#include "observe/page_data.h"
#include "observe/summary.h"
#include "observe/timeseries.h"
#include "testbed/fault_reach.h"
#include "testbed/scenario/lock.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {
namespace {

/// Blocks are called by as many digits all the time: nobody knows yet how many will be enough.
constexpr int kDigits = 12;
constexpr std::size_t kStoryLines = 500;
/// The latest of a fault that comes again and again.
constexpr std::size_t kWindows = 1000;

/// Where in Place::seen what stands.
enum At : std::size_t {
  blocks,
  commits,
  views,
  states,
  notes,
  changes,
  series,
  story,
  summary,
  pace,
  finished,
  forgotten  // of each of kTables
};

/// Whose oldest rows go.
constexpr std::pair<At, const char*> kTables[] = {{At::blocks, "blocks"}, {At::commits, "commits"},
                                                  {At::views, "views"},   {At::states, "states"},
                                                  {At::notes, "notes"},   {At::story, "story"}};

Recording::Seen recorded(const PageFeed::Place& place) {
  return {.blocks = place.seen[At::blocks],
          .commits = place.seen[At::commits],
          .views = place.seen[At::views],
          .states = place.seen[At::states],
          .notes = place.seen[At::notes],
          .changes = place.seen[At::changes]};
}

/// "forget": how many rows went since `before`; none when rows went that it had not even seen.
std::optional<std::string> forgotten_since(const PageFeed::Place& before,
                                           const PageFeed::Place& now) {
  std::string out;
  for (std::size_t i = 0; i < std::size(kTables); ++i) {
    const auto [table, name] = kTables[i];
    const auto gone = now.seen[At::forgotten + i];
    if (before.seen[table] < gone) return std::nullopt;
    const auto count = gone - before.seen[At::forgotten + i];
    if (count > 0) out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", name, count);
  }
  return out.empty() ? out : ",\"forget\":{" + out + "}";
}

std::string json_string(std::string_view text) {
  std::string out;
  write_json_string(text, out);
  return out;
}

}  // namespace

LiveFeed::LiveFeed(std::string transport, bool interactive, std::size_t rows)
    : transport_(std::move(transport)), interactive_(interactive), rows_(rows), recording_(rows) {}

Interest LiveFeed::interest() const {
  return Recording().interest() | Interest::in<FaultChanged, Delivered, Dropped>();
}

void LiveFeed::begin(const RunInfo& info) {
  const std::lock_guard lock(mutex_);
  info_ = info;
  const scenario::Scenario& scenario = *info.scenario;
  labels_.clear();
  texts_.clear();
  instant_.clear();
  marks_.clear();
  report_ = Report{};
  report_.name = info.name;
  report_.file = scenario.file;
  report_.reason = "running";
  report_.seed = info.seed;
  report_.transport = transport_;
  report_.protocol = info.protocol;
  report_.n = info.n;
  report_.f = info.f;
  report_.quorum = info.quorum;
  report_.byzantine = info.byzantine;
  report_.byzantine_share = info.byzantine_share;
  report_.simulated = scenario.duration;
  report_.bound_text = fmt::format("{} Byzantine of f = {} allowed", info.byzantine.size(), info.f);
  for (const auto& named : expectations_of(scenario)) {
    ExpectationResult result;
    result.id = named.id;
    result.text = named.expectation.text;
    result.detail = "not decided yet";
    result.property = named.expectation.property;
    result.always_on = named.always_on;
    report_.expectations.push_back(std::move(result));
  }
  for (const auto& entry : scenario.timeline) {
    labels_.push_back(entry.label);
    texts_.push_back(to_text(entry.action));
    instant_.push_back(entry.action.span == FaultSpan::instant);
    marks_.push_back(entry.action.is_mark() ? texts_.back() : std::string());
    report_.faults.push_back({.label = entry.label,
                              .action = entry.action.name,
                              .text = texts_.back(),
                              .windows = {},
                              .effects = {},
                              .had_effect = true});
  }
  lock_ = scenario::lock_text(scenario);
  messages_.begin(info_);
  requests_.clear();
  network_ = NetworkSeries();
  network_.begin(info_);
  info_.scenario = nullptr;  // it may go before this does
  series_.clear();
  story_forgotten_ = 0;
  violations_ = 0;
  now_ = kStart;
  recording_ = Recording(rows_);
  recording_.begin(info_);
  ++generation_;
}

void LiveFeed::on(Time now, const Event& event) {
  const std::lock_guard lock(mutex_);
  now_ = now;
  if (const auto* delivered = std::get_if<Delivered>(&event))
    return messages_.note(now, *delivered);
  if (const auto* dropped = std::get_if<Dropped>(&event)) return messages_.note(now, *dropped);
  if (const auto* request = std::get_if<RequestCompleted>(&event)) {
    return requests_.note(now, *request);
  }
  if (const auto* fault = std::get_if<FaultChanged>(&event)) {
    FaultResult& result = report_.faults[fault->fault];
    if (fault->active) {
      // A restart happens, a crash lasts.
      const bool lasts = !instant_[fault->fault];
      if (result.windows.size() == kWindows) result.windows.erase(result.windows.begin());
      result.windows.push_back({.from = now,
                                .to = lasts ? std::nullopt : std::optional(now),
                                .reach = std::make_shared<const FaultReach>(*fault->reach)});
      result.text = text_of(*fault->reach, texts_[fault->fault]);
    } else {
      // Rounds end in the order in which they began.
      const auto open = std::ranges::find_if(result.windows, [](const auto& w) { return !w.to; });
      if (open != result.windows.end()) open->to = now;
    }
    const std::string& mark = marks_[fault->fault];
    if (!mark.empty() && fault->active) {
      tell(now, "mark", labels_[fault->fault], mark, false);
    } else if (mark.empty()) {
      tell(now, fault->active ? "fault" : "heal", labels_[fault->fault],
           result.action + " " + result.text, false);
    }
    ++summaries_;
    return;
  }
  recording_.make_room();
  recording_.on(now, event);
}

void LiveFeed::tell(Time at, std::string kind, std::string label, std::string text,
                    bool violation) {
  if (report_.story.size() == kStoryLines) {
    constexpr std::size_t kOldest = kStoryLines / 4;
    report_.story.erase(report_.story.begin(), report_.story.begin() + kOldest);
    story_forgotten_ += kOldest;
  }
  report_.story.push_back({.at = at,
                           .kind = std::move(kind),
                           .label = std::move(label),
                           .text = std::move(text),
                           .violation = violation});
}

void LiveFeed::sampled(const RunSample& sample) {
  const std::lock_guard lock(mutex_);
  now_ = sample.now;
  network_.sampled(sample);
  series_.push_back(sample.state.row);
  if (series_.size() >= rows_) thin_series();
  report_.events = sample.events;
  static constexpr scenario::Property kCounted[] = {
      scenario::Property::agreement, scenario::Property::validity, scenario::Property::integrity,
      scenario::Property::total_order, scenario::Property::certified};
  std::uint64_t violations = 0;
  for (std::size_t i = 0; i < std::size(kCounted); ++i) {
    if (sample.state.violations[i] == 0) continue;
    ++violations;
    for (auto& expectation : report_.expectations) {
      if (expectation.property == kCounted[i] && expectation.detail == "not decided yet") {
        expectation.detail = "violated";
        expectation.at = sample.now;
        tell(sample.now, "violation", {}, expectation.text + ": violated", true);
      }
    }
  }
  if (violations != violations_) ++summaries_;
  violations_ = violations;
}

/// Every other row goes: totals stay right, and the past becomes coarser the longer ago it is.
void LiveFeed::thin_series() {
  std::size_t kept = 0;
  for (std::size_t i = 1; i < series_.size(); i += 2) series_[kept++] = series_[i];
  series_.resize(kept);
  ++generation_;  // everybody gets the shorter table
}

void LiveFeed::end(Time now, const Report& report) {
  const std::lock_guard lock(mutex_);
  now_ = now;
  report_ = report;
  story_forgotten_ = 0;
  series_ = report.series;
  // The judge knows more of the story than was told while it happened: everybody gets all of it.
  ++generation_;
}

void LiveFeed::set_pace(std::string json) {
  const std::lock_guard lock(mutex_);
  if (json == pace_) return;
  pace_ = std::move(json);
  ++paces_;
}

void LiveFeed::finish(const std::string& id) {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  id_ = id;
}

Time LiveFeed::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::string LiveFeed::next(Place& place) {
  const std::lock_guard lock(mutex_);
  if (generation_ == 0) return {};
  const auto seen = recording_.all();
  const auto& gone = recording_.forgotten();
  Place here{.generation = generation_,
             .seen = {seen.blocks, seen.commits, seen.views, seen.states, seen.notes, seen.changes,
                      series_.size(), story_forgotten_ + report_.story.size(), summaries_, paces_,
                      finished_ ? std::uint64_t{1} : 0, gone.blocks, gone.commits, gone.views,
                      gone.states, gone.notes, story_forgotten_}};
  std::string out = "{\"now\":" + fmt::format("{}", exact_seconds(now_));
  std::optional<std::string> forget;
  if (place.generation == generation_) forget = forgotten_since(place, here);
  const bool is_new = !forget;
  if (is_new) {
    out += ",\"reset\":" + run_data_locked();
  } else if (here.seen == place.seen) {
    return {};
  } else {
    out += *forget;
    const auto before = recorded(place);
    if (const auto rows = recording_.rows_since(before, kDigits); !rows.empty()) {
      out += ",\"recording\":" + rows;
    }
    if (const auto rows = recording_.blocks_changed_since(before, kDigits); !rows.empty()) {
      out += ",\"changed\":{\"blocks\":" + rows + "}";
    }
    if (place.seen[At::series] < series_.size()) {
      out += ",\"series\":" + series_json(place.seen[At::series]);
    }
    if (place.seen[At::story] < here.seen[At::story]) {
      out += ",\"story\":" + story_json(place.seen[At::story] - story_forgotten_);
    }
    if (place.seen[At::summary] != summaries_) out += ",\"summary\":" + summary_json(report_);
  }
  if (is_new || place.seen[At::pace] != paces_) out += ",\"pace\":" + pace_;
  if (finished_ && (is_new || place.seen[At::finished] == 0)) {
    out += ",\"finished\":true,\"id\":" + json_string(id_);
  }
  place = here;
  // One event is one line; the documents are indented for people.
  std::erase(out, '\n');
  return out + "}";
}

std::string LiveFeed::series_json(std::size_t from) const {
  Report rows;  // with the one before them, for rates
  const std::size_t first = from == 0 ? 0 : from - 1;
  rows.series.assign(series_.begin() + static_cast<std::ptrdiff_t>(first), series_.end());
  std::string csv = timeseries_csv(rows);
  if (from > 0) {
    const auto header = csv.find('\n') + 1;
    csv.erase(header, csv.find('\n', header) + 1 - header);
  }
  return byzlab::series_json(csv);
}

std::string LiveFeed::story_json(std::size_t from) const {
  Report lines;
  lines.story.assign(report_.story.begin() + static_cast<std::ptrdiff_t>(from),
                     report_.story.end());
  return byzlab::story_json(lines);
}

std::string LiveFeed::run_data_locked() const {
  return "{\"schema\":1,\"id\":\"live\",\"summary\":" + summary_json(report_) +
         ",\"series\":" + series_json(0) + ",\"story\":" + story_json(0) +
         ",\"recording\":" + recording_.json(kDigits) + ",\"network\":" + network_.json() +
         ",\"lock_yaml\":" + json_string(lock_) + "}";
}

std::string LiveFeed::run_data_json() {
  const std::lock_guard lock(mutex_);
  return run_data_locked() + "\n";
}

std::string LiveFeed::messages_json(Time from, Time to, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  return messages_.window_json(from, to, now_, limit, kDigits);
}

std::string LiveFeed::requests_json(Time from, Time to, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  return requests_.window_json(from, to, limit);
}

std::string LiveFeed::network_json() const {
  const std::lock_guard lock(mutex_);
  return network_.json();
}

std::string LiveFeed::row_json() {
  const std::lock_guard lock(mutex_);
  if (generation_ == 0 || finished_) return {};
  return compact(boost::json::object{{"id", "live"},
                                     {"live", true},
                                     {"interactive", interactive_},
                                     {"name", report_.name},
                                     {"verdict", to_string(report_.verdict)},
                                     {"reason", report_.reason},
                                     {"protocol", report_.protocol},
                                     {"n", report_.n},
                                     {"seed", report_.seed},
                                     {"when", ""},
                                     {"trace_hash", ""},
                                     {"kind", "run"}});
}

}  // namespace byzlab
