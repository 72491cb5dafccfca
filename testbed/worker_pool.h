// Many pieces of work in worker processes, their results taken in order: what is printed may not
// depend on which came first, and a piece that crashes, hangs or eats the memory takes nothing with
// it but its own worker.
//
// A worker is a fork of this process that serves pieces until it is told to stop: it costs a
// millisecond once, not once a piece. It is given a few pieces ahead, some 20 ms of work, so that
// it never waits for the next; when it dies, the piece it was at is the one to blame and the others
// go to another worker.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace byzlab {

/// What one piece may take. Zero: as much as it wants.
struct PieceLimits {
  std::chrono::milliseconds wall{};
  std::uint64_t memory_bytes = 0;
};

/// How a piece ended.
enum class PieceEnd : std::uint8_t {
  done,
  threw,      ///< an exception left it
  crashed,    ///< its process died
  too_long,   ///< stopped: more real time than its limit
  too_large,  ///< stopped: more memory than its limit
};

struct PieceResult {
  std::uint64_t piece = 0;
  PieceEnd end = PieceEnd::done;
  std::string text;  ///< what was made, or in a few words why nothing was
  double cpu_seconds = 0;
};

/// What is to be done.
struct PiecePlan {
  std::uint64_t count = 0;
  /// The pieces, in the order in which their results are wanted; called `count` times.
  std::function<std::uint64_t()> next;
  unsigned workers = 1;
  PieceLimits limits;
  /// Makes a piece; called in a worker.
  std::function<std::string(std::uint64_t piece)> make;
  /// Called in every new worker.
  std::function<void()> begin;
  /// True: no more pieces are begun, and those under way are dropped.
  const std::atomic<bool>* interrupt = nullptr;
};

class WorkerPool {
 public:
  /// The calling process should have one thread only: it forks.
  explicit WorkerPool(PiecePlan plan);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// The next result in order; none when there are no more. Calls `idle` while it waits.
  template <class Idle>
  std::optional<PieceResult> take(const Idle& idle) {
    while (!ready()) {
      if (finished()) return std::nullopt;
      attend(std::chrono::milliseconds{100});
      idle();
    }
    return pop();
  }

  /// No more results than those that are there.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Piece {
    std::uint64_t number = 0;  ///< its place in the order
    std::uint64_t piece = 0;
  };
  struct Worker {
    pid_t process = -1;
    int commands = -1, results = -1;
    std::deque<Piece> pieces;  ///< given to it; it is at the first
    Clock::time_point since;   ///< when it began with that
    std::string buffer;        ///< of a result that has not arrived whole
  };

  bool ready() const { return !slots_.empty() && slots_.front().has_value(); }
  bool finished() const { return stopped_ || (slots_.empty() && given_ == plan_.count); }
  PieceResult pop();

  /// Gives workers pieces, waits that long for results, deals with workers that died or linger.
  void attend(std::chrono::milliseconds patience);
  void feed();
  std::size_t pieces_ahead() const;
  std::optional<Piece> next_piece();
  void start(Worker& worker);
  [[noreturn]] void serve(int commands, int results);
  void wait_for_results(std::chrono::milliseconds patience);
  void read_results(Worker& worker);
  void settle(Worker& worker, PieceEnd end, std::string text, double cpu_seconds);
  void bury(Worker& worker);
  void stop_lingering();
  void end_worker(Worker& worker);

  PiecePlan plan_;
  std::vector<Worker> workers_;
  std::deque<std::optional<PieceResult>> slots_;  ///< results from number first_ on
  std::uint64_t first_ = 0;
  std::uint64_t given_ = 0;      ///< numbers handed out so far
  std::deque<Piece> left_over_;  ///< taken from workers that died
  std::uint64_t since_attended_ = 0;
  double piece_seconds_ = 0;  ///< a moving average
  bool stopped_ = false;
};

/// As many workers as asked for, or as there are cores; never more than pieces of work.
unsigned workers_for(unsigned wanted, std::uint64_t count);

}  // namespace byzlab
