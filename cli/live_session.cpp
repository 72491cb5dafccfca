// Pace and commands of a live run.
#include "cli/live_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

#include "observe/json_document.h"
#include "observe/numbers.h"

namespace byzlab {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds kLook{50};  // at what may have changed, in real time
constexpr double kSlowest = 0.001, kFastest = 1e6;
constexpr milliseconds kFarBehind{1000};  // what cannot be caught up is forgotten

std::string text_of(const json::object& command, std::string_view key) {
  const auto* value = command.if_contains(key);
  if (value == nullptr) return {};
  if (!value->is_string()) throw std::invalid_argument(std::string(key) + " is a text.");
  return {value->get_string().data(), value->get_string().size()};
}

double number_of(const json::object& command, std::string_view key) {
  const auto* value = command.if_contains(key);
  if (value == nullptr || !value->is_number()) {
    throw std::invalid_argument("The command wants a number `" + std::string(key) + "`.");
  }
  return value->to_number<double>();
}

}  // namespace

FaultCommand fault_command(const json::object& command) {
  const double replica = number_of(command, "replica");
  if (!(replica >= 0) || replica > 1e6 || replica != std::floor(replica)) {
    throw std::invalid_argument("A replica is a whole number.");
  }
  FaultCommand fault{.what = text_of(command, "command"),
                     .replica = static_cast<std::uint32_t>(replica)};
  if (const auto behavior = text_of(command, "behavior"); !behavior.empty()) {
    fault.behavior = behavior;
  }
  return fault;
}

LiveSession::LiveSession(const Options& options)
    : feed(options.real_time ? "tcp" : "sim", options.interactive),
      options_(options),
      speed_(options.speed) {
  tell_pace();
}

void LiveSession::begin(const scenario::Scenario& scenario, std::uint64_t seed,
                        std::shared_ptr<const MetricsCollector> metrics) {
  const std::lock_guard lock(mutex_);
  metrics_ = std::move(metrics);
  scenario_ = scenario;
  seed_ = seed;
  reached_ = kStart;
  anchor(kStart);
}

std::string LiveSession::metrics_text() {
  std::unique_lock lock(mutex_);
  const auto metrics = metrics_;
  lock.unlock();
  return metrics == nullptr ? std::string() : metrics->text();
}

std::optional<scenario::Scenario> LiveSession::instead() {
  const std::lock_guard lock(mutex_);
  over_ = !instead_ || interrupted();
  return over_ ? std::nullopt : std::exchange(instead_, std::nullopt);
}

std::optional<Time> LiveSession::next(Time now) {
  std::unique_lock lock(mutex_);
  const auto until = options_.real_time ? std::optional(now + kLook) : paced(now, lock);
  if (until) reached_ = *until;
  return until;
}

std::optional<Time> LiveSession::paced(Time now, std::unique_lock<std::mutex>& lock) {
  const auto gives_up = [&] { return interrupted() || instead_.has_value(); };
  if (gives_up()) return std::nullopt;
  if (now < fast_until_) {
    anchor(fast_until_);
    return fast_until_;
  }
  while (paused_ && step_.count() == 0) {
    changed_.wait_for(lock, kLook);
    if (gives_up()) return std::nullopt;
    anchor(now);
  }
  if (paused_) return now + std::exchange(step_, Duration{0});
  if (!speed_) {
    // Pieces of some tens of milliseconds of real time, however fast that is.
    const auto wall = Clock::now();
    const auto took = wall - std::exchange(slice_began_, wall);
    if (took < kLook / 5) slice_ = std::min<Duration>(slice_ * 2, std::chrono::hours{24});
    if (took > kLook) slice_ = std::max<Duration>(slice_ / 2, milliseconds{1});
    return now + slice_;
  }
  const auto due = [&](Time at) {
    return anchor_wall_ + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(seconds(at - anchor_) / *speed_));
  };
  const auto piece = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(seconds(Duration{kLook}) / 2 * *speed_));
  const Time until = now + std::max(piece, Duration{1});
  while (speed_ && !paused_ && Clock::now() < due(until)) {
    changed_.wait_until(lock, std::min(due(until), Clock::now() + Clock::duration(kLook)));
    if (gives_up()) return std::nullopt;
  }
  if (!speed_ || paused_) return now;  // asked again
  if (Clock::now() > due(until) + kFarBehind) anchor(until);
  return until;
}

void LiveSession::anchor(Time now) {
  anchor_ = now;
  anchor_wall_ = Clock::now();
}

void LiveSession::tell_pace() {
  feed.set_pace(fmt::format(R"({{"speed":{},"paused":{},"interactive":{}}})",
                            options_.real_time ? "1"
                            : speed_           ? fmt::format("{}", *speed_)
                                               : "null",
                            paused_, options_.interactive));
}

PageAnswer LiveSession::command(const PageRequest& request) {
  if (!options_.interactive) {
    return PageAnswer::refusal(403,
                               "This run takes no commands: it was begun without "
                               "--interactive.\n");
  }
  try {
    const auto parsed = json::parse(request.body);
    const auto& command = parsed.as_object();
    const auto what = text_of(command, "command");
    std::string yaml;
    const std::lock_guard lock(mutex_);
    if (over_) return PageAnswer::refusal(409, "The run is over.\n");
    if (what == "pause" || what == "resume") {
      paused_ = what == "pause";
      anchor(reached_);
    } else if (what == "speed") {
      const auto* value = command.if_contains("speed");
      if (value == nullptr || value->is_null()) {
        speed_.reset();
      } else {
        speed_ = std::clamp(number_of(command, "speed"), kSlowest, kFastest);
      }
      anchor(reached_);
    } else if (what == "step") {
      const double by = std::clamp(number_of(command, "by"), 1e-9, 1e9);
      paused_ = true;
      step_ = Duration{static_cast<std::int64_t>(by * 1e9)};
    } else {
      yaml = change(fault_command(command));
    }
    changed_.notify_all();
    tell_pace();
    return {.body = compact(json::object{
                        {"ok", true}, {"at", exact_seconds(reached_)}, {"yaml", yaml}}) +
                    "\n"};
  } catch (const std::invalid_argument& e) {
    return PageAnswer::refusal(400, std::string(e.what()) + "\n");
  } catch (const std::exception&) {  // what Boost.JSON throws
    return PageAnswer::refusal(400, "A command is a JSON object: {\"command\":\"pause\"}\n");
  }
}

/// At the first whole millisecond that the run has not reached.
std::string LiveSession::change(const FaultCommand& command) {
  const Time reached = std::max(reached_, fast_until_);
  const auto at = kStart + std::chrono::floor<milliseconds>(reached - kStart) + milliseconds{1};
  auto forked = with_fault(instead_ ? *instead_ : scenario_, seed_, at, command);
  instead_ = std::move(forked.scenario);
  fast_until_ = at;
  return forked.yaml;
}

}  // namespace byzlab
