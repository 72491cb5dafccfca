// Routes of the built-in page.
#include "observe/pages.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <vector>

#include "observe/json_document.h"
#include "observe/message_index.h"
#include "observe/page_data.h"
#include "observe/store_query.h"
#include "observe/sweep_page.h"
#include "observe/web_assets.h"
#include "testbed/report.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kRunsListed = 5000;
constexpr std::size_t kIndexesOpen = 4;
constexpr std::size_t kMostMessages = 20'000;
constexpr std::size_t kUsualMessages = 3000;

PageAnswer not_found(std::string why = "There is nothing of that name.\n") {
  return PageAnswer::refusal(404, std::move(why));
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

std::string parameter(const PageRequest& request, std::string_view name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

/// A moment of a run; what lies outside of all runs becomes the nearest there could be.
std::optional<Time> moment_of(const std::string& text) {
  constexpr double kLongest = 4e9;  // seconds: a hundred years and more
  const auto value = number(text);
  if (!value) return std::nullopt;
  return Time{
      Duration{static_cast<std::int64_t>(std::round(std::clamp(*value, 0.0, kLongest) * 1e9))}};
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

json::object row_object(const RunRow& row) {
  return {{"id", row.id},
          {"kind", row.kind},
          {"name", row.name},
          {"verdict", row.verdict},
          {"reason", row.reason},
          {"protocol", row.protocol},
          {"n", row.n},
          {"seed", row.seed},
          {"when", row.when},
          {"trace_hash", row.trace_hash},
          {"runs", row.runs},
          {"failed", row.failed},
          {"last_seed", row.last_seed}};
}

}  // namespace

Pages::Pages(fs::path results, LiveRun* live) : results_(std::move(results)), live_(live) {}

Pages::~Pages() {
  for (Making& one : indexes_) one.stop->store(true);
  indexes_.clear();  // waits for them
  std::error_code ignored;
  if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

PageAnswer Pages::answer(const PageRequest& request) {
  const auto& path = request.path;
  if (request.post) {
    if (path == "/api/command" && live_ != nullptr) return live_->command(request);
    if (path == "/api/fork" && fork_) return fork_(request);
    return PageAnswer::refusal(405,
                               "Nothing is going on here that could be told what to do: "
                               "byzlab run FILE --serve --interactive\n");
  }
  if (path == "/") {
    if (!web_built()) return PageAnswer::refusal(503, std::string(no_web_text()) + "\n");
    return {.status = 200, .type = "text/html; charset=utf-8", .body = server_page_html()};
  }
  if (path == "/api/runs") return runs();
  if (path == "/api/run") return run(parameter(request, "id"));
  if (path == "/api/comparison") return comparison(parameter(request, "id"));
  if (path == "/api/sweep") return sweep(parameter(request, "id"));
  if (path == "/api/messages") return messages(request);
  if (path == "/api/requests" && live_ != nullptr) return live_requests(request);
  if (path == "/api/network" && live_ != nullptr) return {.body = live_->network_json()};
  if (path == "/healthz") return {.status = 200, .type = "text/plain", .body = "ok\n"};
  if (path == "/metrics" && metrics_) {
    return {.status = 200, .type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_()};
  }
  if (path == "/favicon.ico") return {.status = 204, .type = "image/x-icon", .body = {}};
  return not_found();
}

std::optional<fs::path> Pages::folder_of(std::string_view id) const {
  const auto slash = id.find('/');
  if (slash == std::string_view::npos || !is_plain_name(id.substr(0, slash)) ||
      !is_plain_name(id.substr(slash + 1))) {
    return std::nullopt;
  }
  std::error_code error;
  const auto root = fs::canonical(results_, error);
  if (error) return std::nullopt;
  auto folder = fs::canonical(root / std::string(id), error);
  if (error || !fs::is_directory(folder, error)) return std::nullopt;
  const auto inside = std::ranges::mismatch(root, folder).in1 == root.end();
  if (!inside) return std::nullopt;
  return folder;
}

PageAnswer Pages::runs() const {
  json::array rows;
  if (live_ != nullptr) {
    if (const auto row = live_->row_json(); !row.empty()) rows.push_back(json::parse(row));
  }
  std::string warning;
  const auto store = Store::for_reading(results_, warning);
  RunFilter filter;
  filter.limit = kRunsListed;
  for (const RunRow& row : list_runs(store, filter)) rows.push_back(row_object(row));
  return {.body = compact(rows)};
}

PageAnswer Pages::run(const std::string& id) {
  if (id == "live" && live_ != nullptr) return {.body = live_->run_data_json()};
  const auto folder = folder_of(id);
  if (!folder || !fs::exists(*folder / "summary.json"))
    return not_found("There is no run " + id + ".\n");
  prepare(id);
  return {.body = run_data_json(*folder, id)};
}

PageAnswer Pages::comparison(const std::string& id) const {
  const auto folder = folder_of(id);
  const auto summary = folder ? content(*folder / "summary.json") : std::string();
  if (summary.empty()) return not_found("There is no comparison " + id + ".\n");
  return {.body = summary};
}

PageAnswer Pages::sweep(const std::string& id) const {
  const auto folder = folder_of(id);
  if (!folder || !fs::exists(*folder / "summary.json"))
    return not_found("There is no sweep " + id + ".\n");
  try {
    return {.body = sweep_data_json(*folder)};
  } catch (const std::runtime_error& e) {
    return not_found(std::string(e.what()) + "\n");
  }
}

namespace {

struct Window {
  Time from, to;
  std::size_t limit;
};

/// from=SECONDS&to=SECONDS&limit=COUNT
std::optional<Window> window_of(const PageRequest& request) {
  const auto from = moment_of(parameter(request, "from")), to = moment_of(parameter(request, "to"));
  if (!from || !to || *to < *from) return std::nullopt;
  const auto asked = number(parameter(request, "limit"));
  const auto limit = static_cast<std::size_t>(
      std::clamp(asked.value_or(kUsualMessages), 0.0, static_cast<double>(kMostMessages)));
  return Window{*from, *to, limit};
}

PageAnswer no_window() {
  return PageAnswer::refusal(400, "A window is from=SECONDS&to=SECONDS.\n");
}

}  // namespace

PageAnswer Pages::live_requests(const PageRequest& request) const {
  const auto window = window_of(request);
  if (!window) return no_window();
  return {.body = live_->requests_json(window->from, window->to, window->limit)};
}

PageAnswer Pages::messages(const PageRequest& request) {
  const auto id = parameter(request, "id");
  const auto window = window_of(request);
  if (!window) return no_window();
  const auto& [from, to, limit] = *window;
  if (id == "live" && live_ != nullptr) return {.body = live_->messages_json(from, to, limit)};
  const auto folder = folder_of(id);
  if (!folder) return not_found("There is no run " + id + ".\n");
  try {
    return {.body = index_of(id, *folder)->window_json(from, to, limit)};
  } catch (const std::runtime_error& e) {
    return PageAnswer::refusal(409, std::string(e.what()) + "\n");
  }
}

namespace {

bool is_ready(const auto& future) {
  return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

/// The run can be run again: it is one, in virtual time, not too long to do so unasked.
bool worth_preparing(const json::object& summary) {
  constexpr std::uint64_t kMostEvents = 100'000'000;  // half a minute
  const auto* events = summary.if_contains("events");
  return text_of(summary, "transport") == "sim" && events != nullptr && events->is_number() &&
         summary.contains("trace_hash") && events->to_number<std::uint64_t>() <= kMostEvents;
}

}  // namespace

void Pages::prepare(const std::string& id) {
  const auto folder = folder_of(id);
  if (!folder) return;
  boost::system::error_code wrong;
  const auto summary = json::parse(content(*folder / "summary.json"), wrong);
  if (wrong || !summary.is_object() || !worth_preparing(summary.get_object())) return;
  const std::lock_guard lock(mutex_);
  making(id, *folder);
}

void Pages::give_up() {
  const std::lock_guard lock(mutex_);
  for (Making& one : indexes_) one.stop->store(true);
}

Pages::Index Pages::index_of(const std::string& id, const fs::path& folder) {
  std::shared_future<Index> index;
  {
    const std::lock_guard lock(mutex_);
    Making& one = making(id, folder);
    ++one.waiting;
    index = one.index;
  }
  index.wait();
  const std::lock_guard lock(mutex_);
  for (Making& one : indexes_)
    if (one.id == id) --one.waiting;
  return index.get();
}

/// Found or begun, and moved to the front. Under the mutex.
Pages::Making& Pages::making(const std::string& id, const fs::path& folder) {
  for (auto it = indexes_.begin(); it != indexes_.end(); ++it) {
    if (it->id != id) continue;
    if (it->stop->load() && it->waiting == 0) {  // was given up: once more
      indexes_.erase(it);
      break;
    }
    indexes_.splice(indexes_.begin(), indexes_, it);
    return indexes_.front();
  }
  for (Making& other : indexes_)
    if (other.waiting == 0 && !is_ready(other.index)) other.stop->store(true);
  for (auto it = indexes_.end(); indexes_.size() >= kIndexesOpen && it != indexes_.begin();) {
    if ((--it)->waiting > 0) continue;
    it->stop->store(true);
    it = indexes_.erase(it);
  }
  auto stop = std::make_shared<std::atomic<bool>>(false);
  auto index =
      std::async(std::launch::async, [this, folder, stop] { return make(folder, *stop); }).share();
  indexes_.push_front({.id = id, .stop = std::move(stop), .index = std::move(index)});
  return indexes_.front();
}

/// Opened if it is there; else made beside the run or, where that can't be written, in a folder of
/// this process.
Pages::Index Pages::make(const fs::path& folder, const std::atomic<bool>& stop) {
  const auto summary = json::parse(content(folder / "summary.json"));
  const auto hash = text_of(summary.as_object(), "trace_hash");
  const auto beside = folder / "trace" / "messages.bin";
  try {
    auto index = fs::exists(beside) ? std::make_shared<const MessageIndex>(beside) : nullptr;
    if (index != nullptr && to_hex(index->trace_hash()) == hash) return index;
  } catch (const std::runtime_error&) {  // another version's, or half of one: made again
  }
  std::error_code error;
  fs::create_directories(beside.parent_path(), error);
  const bool writable = !error && ::access(beside.parent_path().c_str(), W_OK) == 0;
  const auto place = writable ? beside : scratch() / (hash + ".bin");
  auto half = place;
  half += ".half-" + std::to_string(::getpid());
  try {
    index_messages(folder, half, &stop);
  } catch (...) {
    fs::remove(half, error);
    throw;
  }
  fs::rename(half, place);
  return std::make_shared<const MessageIndex>(place);
}

fs::path Pages::scratch() {
  const std::lock_guard lock(scratch_mutex_);
  if (scratch_.empty()) {
    std::string pattern = (fs::temp_directory_path() / "byzlab-messages-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot write " + pattern);
    scratch_ = pattern;
  }
  return scratch_;
}

}  // namespace byzlab
