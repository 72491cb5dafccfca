// Progress bars.
#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/appearance.h"
#include "observe/numbers.h"
#include "observe/style.h"

namespace byzlab {
namespace {

constexpr std::size_t kBarColumns = 24;

std::string bar(double share, bool ascii) {
  const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * kBarColumns);
  std::string text = ascii ? "[" : "▕";
  for (std::size_t i = 0; i < kBarColumns; ++i)
    text += i < full ? (ascii ? "#" : "█") : (ascii ? "." : " ");
  return text + (ascii ? "]" : "▏");
}

void put_line(const std::string& line) {
  // Cut to the terminal, or the carriage return would not find its way back.
  std::string cut = line;
  while (width(cut) + 1 > terminal_columns() && !cut.empty()) cut.pop_back();
  while (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0xC0) == 0x80 &&
         cut.size() < line.size())
    cut.pop_back();
  std::fprintf(stderr, "\r\x1b[K%s", cut.c_str());
  std::fflush(stderr);
}

}  // namespace

ProgressMode decided(ProgressMode mode, bool quiet) {
  if (mode != ProgressMode::automatic) return mode;
  if (quiet) return ProgressMode::none;
  return stderr_is_terminal() ? ProgressMode::bar : ProgressMode::plain;
}

SweepProgress::SweepProgress(ProgressMode mode, std::string name, std::uint64_t total,
                             std::uint64_t earlier, bool ascii)
    : mode_(mode),
      name_(std::move(name)),
      total_(std::max<std::uint64_t>(total, 1)),
      earlier_(earlier),
      ascii_(ascii),
      last_tenth_(earlier * 10 / total_) {}

void SweepProgress::update(std::uint64_t done, std::uint64_t passed, std::uint64_t failed,
                           std::uint64_t open) {
  // Called after every run: most calls end here.
  if (mode_ == ProgressMode::none) return;
  const auto now = Clock::now();
  const auto tenth = done * 10 / total_;
  if (mode_ == ProgressMode::bar) {
    if (drawn_ && now - last_ < std::chrono::milliseconds{100} && done < total_) return;
  } else {
    // Plain: a line at each tenth, or after 30 s of silence.
    if (last_ == Clock::time_point{}) last_ = start_;
    if (tenth == last_tenth_ && now - last_ < std::chrono::seconds{30}) return;
    if (now - start_ < std::chrono::seconds{2}) return;  // soon done: silence
  }
  last_ = now;
  last_tenth_ = tenth;
  const auto counts = ascii_ ? fmt::format("ok {}  FAIL {}  ? {}", passed, failed, open)
                             : fmt::format("✓ {}  ✗ {}  ? {}", passed, failed, open);
  if (mode_ == ProgressMode::bar) return draw_bar(done, counts);
  std::fputs(fmt::format("{} {}/{}  {} %{}   {}\n", name_, done, total_, done * 100 / total_,
                         pace(done), counts)
                 .c_str(),
             stderr);
}

/// "  98 runs/s  4 s left", of what this process did.
std::string SweepProgress::pace(std::uint64_t done) const {
  const double passed = std::chrono::duration<double>(Clock::now() - start_).count();
  if (done <= earlier_ || passed <= 0) return "";
  const double rate = static_cast<double>(done - earlier_) / passed;
  return fmt::format("  {} runs/s  {} left", short_number(rate),
                     duration_words(static_cast<double>(total_ - done) / rate));
}

void SweepProgress::draw_bar(std::uint64_t done, const std::string& counts) {
  drawn_ = true;
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  put_line(fmt::format("{} {} {}/{}  {:.0f} %{}   {}", name_, bar(share, ascii_), done, total_,
                       share * 100, pace(done), counts));
}

void SweepProgress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

RunProgress::RunProgress(ProgressMode mode, std::string name, Duration whole, bool ascii)
    : mode_(mode), name_(std::move(name)), whole_(whole), ascii_(ascii) {
  if (mode_ == ProgressMode::bar) thread_ = std::thread([this] { show(); });
}

RunProgress::~RunProgress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

Interest RunProgress::interest() const {
  return mode_ == ProgressMode::bar ? Interest::in<Committed, ViewEntered>() : Interest::none();
}

void RunProgress::show() {
  std::unique_lock lock(mutex_);
  auto wait = std::chrono::milliseconds{500};
  bool drawn = false;
  while (!stop_.wait_for(lock, wait, [this] { return stopped_; })) {
    wait = std::chrono::milliseconds{100};
    const auto now = Duration{now_.load(std::memory_order_relaxed)};
    const double share = whole_.count() > 0 ? seconds(now) / seconds(whole_) : 0;
    put_line(fmt::format("{} {} {:.0f} %   {} of {} simulated", name_, bar(share, ascii_),
                         share * 100, duration_words(seconds(now)), spaced_duration(whole_)));
    drawn = true;
  }
  if (drawn) std::fputs("\r\x1b[K", stderr);
}

}  // namespace byzlab
