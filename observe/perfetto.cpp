// Trace Event Format (Google, 2016), as JSON. Times are microseconds. Slices of one thread nest, so
// what may overlap has a process of its own: 1 replicas, 2 crashes and pauses, 3 faults.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "base/json_text.h"
#include "observe/run_picture.h"

namespace byzlab {
namespace {

class Trace {
 public:
  std::string finish() { return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[" + out_ + "\n]}\n"; }

  void name(std::string_view what, int pid, std::uint32_t tid, std::string_view text) {
    begin("M", pid, tid);
    out_ += fmt::format(",\"name\":\"{}\",\"args\":{{\"name\":{}}}}}", what, quoted(text));
  }
  void slice(int pid, std::uint32_t tid, std::string_view name, Time from, Time to,
             std::string_view args = "{}") {
    begin("X", pid, tid);
    out_ += fmt::format(",\"ts\":{},\"dur\":{},\"name\":{},\"args\":{}}}", us(from - kStart),
                        us(std::max(to - from, Duration{0})), quoted(name), args);
  }
  void instant(int pid, std::uint32_t tid, std::string_view name, Time at) {
    begin("i", pid, tid);
    out_ += fmt::format(",\"ts\":{},\"s\":\"t\",\"name\":{}}}", us(at - kStart), quoted(name));
  }
  /// From a slice that begins there and then to one that does so here and now.
  void flow(std::uint64_t id, std::string_view name, std::uint32_t from, Time sent,
            std::uint32_t to, Time at) {
    begin("s", 1, from);
    out_ += fmt::format(",\"ts\":{},\"cat\":\"message\",\"id\":{},\"name\":{}}}", us(sent - kStart),
                        id, quoted(name));
    begin("f", 1, to);
    out_ += fmt::format(",\"ts\":{},\"cat\":\"message\",\"id\":{},\"name\":{},\"bp\":\"e\"}}",
                        us(at - kStart), id, quoted(name));
  }

 private:
  void begin(std::string_view phase, int pid, std::uint32_t tid) {
    out_ += fmt::format("{}\n{{\"ph\":\"{}\",\"pid\":{},\"tid\":{}", out_.empty() ? "" : ",", phase,
                        pid, tid);
  }
  static std::string us(Duration d) {
    return fmt::format("{}.{:03}", d.count() / 1000, d.count() % 1000);
  }
  static std::string quoted(std::string_view text) {
    std::string out;
    write_json_string(text, out);
    return out;
  }
  std::string out_;
};

/// A replica's view ends when it enters another, goes down, or the window ends.
void add_views(const RunPicture& picture, Trace& trace) {
  std::vector<const RunPicture::View*> open(picture.n, nullptr);
  const auto close = [&](std::uint32_t r, Time at) {
    const auto* view = std::exchange(open[r], nullptr);
    if (view == nullptr) return;
    Time end = at;
    for (const auto& down : picture.downs)
      if (down.replica == r && down.from >= view->at) end = std::min(end, down.from);
    const auto name = view->height == 0
                          ? fmt::format("view {}", view->view)
                          : fmt::format("height {} view {}", view->height, view->view);
    trace.slice(1, r, name, std::max(view->at, picture.from), std::max(end, picture.from));
  };
  for (const auto& view : picture.views) {
    close(view.replica, view.at);
    open[view.replica] = &view;
  }
  for (std::uint32_t r = 0; r < picture.n; ++r) close(r, picture.to);
}

void add_messages(const RunPicture& picture, Trace& trace) {
  std::uint64_t id = 0;
  for (const MessageRow& m : picture.messages) {
    const Time sent = kStart + Duration{m.sent}, at = kStart + Duration{m.at};
    const auto text = text_of(m, *picture.index);
    const auto kind = picture.index->kind_name(m.kind);
    if (m.dropped != 0) {
      trace.slice(1, m.from, fmt::format("{} to r{}, lost", text, m.to), sent, sent,
                  fmt::format("{{\"bytes\":{},\"why\":\"{}\"}}", m.bytes, m.why_lost()));
      continue;
    }
    const auto args = fmt::format("{{\"bytes\":{}}}", m.bytes);
    trace.slice(1, m.from, fmt::format("{} to r{}", text, m.to), sent, sent, args);
    trace.slice(1, m.to, fmt::format("{} of r{}", text, m.from), at, at, args);
    trace.flow(++id, kind, m.from, sent, m.to, at);
  }
}

}  // namespace

std::string perfetto_json(const RunPicture& picture) {
  Trace trace;
  trace.name("process_name", 1, 0, picture.title);
  for (std::uint32_t r = 0; r < picture.n; ++r)
    trace.name("thread_name", 1, r,
               fmt::format("r{}{}", r, picture.byzantine[r] ? " Byzantine" : ""));
  add_views(picture, trace);
  add_messages(picture, trace);
  for (const auto& commit : picture.commits)
    trace.instant(1, commit.replica, fmt::format("commits {} {}", commit.height, commit.block),
                  commit.at);
  if (!picture.downs.empty()) trace.name("process_name", 2, 0, "replicas that are down");
  for (const auto& down : picture.downs) {
    trace.name("thread_name", 2, down.replica, fmt::format("r{}", down.replica));
    trace.slice(2, down.replica, down.state, down.from, down.to);
  }
  if (!picture.faults.empty()) trace.name("process_name", 3, 0, "faults");
  std::uint32_t lane = 0;
  for (const auto& fault : picture.faults) {
    trace.name("thread_name", 3, lane, fault.label);
    trace.slice(3, lane, fault.action, fault.from, fault.to);
    ++lane;
  }
  return trace.finish();
}

}  // namespace byzlab
