#include "testbed/worker_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <exception>
#include <new>
#include <system_error>
#include <thread>

#include "base/sanitized.h"

namespace byzlab {
namespace {

constexpr std::size_t kMostAhead = 64;      // pieces a worker is given at once
constexpr double kSecondsAhead = 0.02;      // and how much work that should be
constexpr std::size_t kMostWaiting = 4096;  // results that wait for an earlier one
constexpr std::uint64_t kAttendEvery = 32;  // results taken without a look at the workers
constexpr int kPipeBytes = 1 << 20;

/// What a worker sends before the text of a result.
struct Header {
  std::uint64_t piece;
  double cpu_seconds, seconds;
  std::uint32_t bytes;
  PieceEnd end;
};

double seconds_on(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

[[noreturn]] void cannot(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool write_all(int file, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const auto written = ::write(file, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool send_result(int results, Header header, const std::string& text) {
  header.bytes = static_cast<std::uint32_t>(text.size());
  return write_all(results, &header, sizeof header) && write_all(results, text.data(), text.size());
}

// For the new-handler, which knows nothing.
int results_of_this_worker = -1;
std::uint64_t piece_of_this_worker = 0;

/// Says so and ends: what needed the memory may not expect an exception.
[[noreturn]] void out_of_memory() {
  Header header{};
  header.piece = piece_of_this_worker;
  header.end = PieceEnd::too_large;
  write_all(results_of_this_worker, &header, sizeof header);
  ::_exit(0);
}

void limit_memory(std::uint64_t bytes) {
  // A sanitizer's shadow memory is larger than any limit.
  if (bytes == 0 || kSanitized) return;
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  ::setrlimit(RLIMIT_DATA, &limit);
}

/// As the program began: a test's or a shell's handlers are not for a worker.
void reset_signals() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(signal, SIG_DFL);
  // Ctrl-C reaches the whole group; it is the parent that decides.
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_IGN);
}

std::string death_words(int status) {
  int signal = 0;
  if (WIFSIGNALED(status)) signal = WTERMSIG(status);
  if (WIFEXITED(status) && WEXITSTATUS(status) > 128) signal = WEXITSTATUS(status) - 128;
  switch (signal) {
    case 0: return "its process ended with exit code " + std::to_string(WEXITSTATUS(status));
    case SIGSEGV: return "segmentation fault";
    case SIGBUS: return "bus error";
    case SIGFPE: return "arithmetic error";
    case SIGILL: return "illegal instruction";
    case SIGABRT: return "abort (a broken invariant)";
    case SIGKILL: return "its process was killed (by the system, when memory runs out)";
    default: return std::string("its process was ended by ") + ::strsignal(signal);
  }
}

std::string seconds_words(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

std::string memory_words(std::uint64_t bytes) { return std::to_string(bytes / 1'000'000) + " MB"; }

}  // namespace

WorkerPool::WorkerPool(PiecePlan plan) : plan_(std::move(plan)) {
  workers_.resize(std::max(1u, plan_.workers));
}

WorkerPool::~WorkerPool() {
  for (Worker& worker : workers_) end_worker(worker);
}

void WorkerPool::stop() {
  stopped_ = true;
  for (Worker& worker : workers_) end_worker(worker);
}

PieceResult WorkerPool::pop() {
  PieceResult result = std::move(*slots_.front());
  slots_.pop_front();
  ++first_;
  // Whoever takes results as fast as they come must not let the workers starve.
  if (++since_attended_ >= kAttendEvery && !finished()) attend(std::chrono::milliseconds{0});
  return result;
}

void WorkerPool::attend(std::chrono::milliseconds patience) {
  since_attended_ = 0;
  if (plan_.interrupt != nullptr && plan_.interrupt->load()) return stop();
  feed();
  wait_for_results(patience);
  stop_lingering();
}

// ------------------------------------------------------------------------------- giving pieces

void WorkerPool::feed() {
  const std::size_t ahead = pieces_ahead();
  for (Worker& worker : workers_) {
    if (worker.pieces.size() > ahead / 2) continue;
    std::array<std::uint64_t, kMostAhead> given{};
    std::size_t count = 0;
    while (worker.pieces.size() < ahead) {
      const auto piece = next_piece();
      if (!piece) break;
      if (worker.process < 0) start(worker);
      if (worker.pieces.empty()) worker.since = Clock::now();
      worker.pieces.push_back(*piece);
      given[count++] = piece->piece;
    }
    // It may have died since: what it was given is then found in worker.pieces.
    if (count > 0) ::send(worker.commands, given.data(), count * sizeof given[0], MSG_NOSIGNAL);
  }
}

/// Short pieces in bundles; towards the end few, so that all workers end together.
std::size_t WorkerPool::pieces_ahead() const {
  const double in_time = piece_seconds_ > 0 ? kSecondsAhead / piece_seconds_ : 1;
  const std::uint64_t share = (plan_.count - given_) / (2 * workers_.size());
  const auto most = std::min<std::uint64_t>(kMostAhead, share);
  return static_cast<std::size_t>(
      std::clamp(in_time, 1.0, std::max(1.0, static_cast<double>(most))));
}

std::optional<WorkerPool::Piece> WorkerPool::next_piece() {
  if (!left_over_.empty()) {
    const Piece piece = left_over_.front();
    left_over_.pop_front();
    return piece;
  }
  if (given_ == plan_.count || slots_.size() >= kMostWaiting) return std::nullopt;
  slots_.emplace_back();
  return Piece{.number = given_++, .piece = plan_.next()};
}

// ------------------------------------------------------------------------------------- workers

void WorkerPool::start(Worker& worker) {
  std::array<int, 2> commands{}, results{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, commands.data()) != 0)
    cannot("no socket to a worker");
  if (::pipe2(results.data(), O_CLOEXEC) != 0) cannot("no pipe from a worker");
  ::fcntl(results[1], F_SETPIPE_SZ, kPipeBytes);  // smaller is slower, not wrong
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) cannot("no worker process");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);  // it died before we asked to be told
    for (const Worker& other : workers_) {
      // Or the others' pipes would outlive them in this process.
      if (other.process < 0) continue;
      ::close(other.commands);
      ::close(other.results);
    }
    ::close(commands[1]);
    ::close(results[0]);
    serve(commands[0], results[1]);
  }
  ::close(commands[0]);
  ::close(results[1]);
  ::fcntl(results[0], F_SETFL, O_NONBLOCK);
  worker.process = child;
  worker.commands = commands[1];
  worker.results = results[0];
  worker.buffer.clear();
}

void WorkerPool::serve(int commands, int results) {
  reset_signals();
  limit_memory(plan_.limits.memory_bytes);
  results_of_this_worker = results;
  std::set_new_handler(out_of_memory);
  if (plan_.begin) plan_.begin();
  std::array<std::uint64_t, kMostAhead> pieces{};
  while (true) {
    const auto bytes = ::read(commands, pieces.data(), sizeof pieces);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) ::_exit(0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(bytes) / sizeof pieces[0]; ++i) {
      piece_of_this_worker = pieces[i];
      const double cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID), wall = seconds_on(CLOCK_MONOTONIC);
      Header header{};
      header.piece = pieces[i];
      header.end = PieceEnd::done;
      std::string text;
      try {
        text = plan_.make(pieces[i]);
      } catch (const std::bad_alloc&) {
        out_of_memory();
      } catch (const std::exception& e) {
        header.end = PieceEnd::threw;
        text = e.what();
      } catch (...) {
        header.end = PieceEnd::threw;
        text = "an exception of no known kind";
      }
      header.cpu_seconds = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - cpu;
      header.seconds = seconds_on(CLOCK_MONOTONIC) - wall;
      if (!send_result(results, header, text)) ::_exit(0);
    }
  }
}

void WorkerPool::wait_for_results(std::chrono::milliseconds patience) {
  std::vector<pollfd> files;
  std::vector<Worker*> whose;
  for (Worker& worker : workers_) {
    if (worker.process < 0) continue;
    files.push_back({.fd = worker.results, .events = POLLIN, .revents = 0});
    whose.push_back(&worker);
  }
  if (::poll(files.data(), files.size(), static_cast<int>(patience.count())) <= 0) return;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (files[i].revents != 0) read_results(*whose[i]);
}

void WorkerPool::read_results(Worker& worker) {
  std::array<char, 65536> chunk;
  bool dead = false;
  while (true) {
    const auto bytes = ::read(worker.results, chunk.data(), chunk.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) break;  // no more for now
    if (bytes == 0) {
      dead = true;
      break;
    }
    worker.buffer.append(chunk.data(), static_cast<std::size_t>(bytes));
  }
  std::size_t at = 0;
  Header header{};
  while (worker.buffer.size() - at >= sizeof header) {
    std::memcpy(&header, worker.buffer.data() + at, sizeof header);
    if (worker.buffer.size() - at < sizeof header + header.bytes) break;
    if (header.end == PieceEnd::done)
      piece_seconds_ += (header.seconds - piece_seconds_) * (piece_seconds_ > 0 ? 0.1 : 1);
    settle(worker, header.end, worker.buffer.substr(at + sizeof header, header.bytes),
           header.cpu_seconds);
    at += sizeof header + header.bytes;
  }
  worker.buffer.erase(0, at);
  if (dead) bury(worker);
}

/// The piece that the worker was at has ended; it goes on with the next.
void WorkerPool::settle(Worker& worker, PieceEnd end, std::string text, double seconds) {
  const Piece piece = worker.pieces.front();
  worker.pieces.pop_front();
  worker.since = Clock::now();
  if (end == PieceEnd::too_large)
    text = "it needed more than " + memory_words(plan_.limits.memory_bytes) + " of memory";
  slots_[piece.number - first_] = PieceResult{
      .piece = piece.piece, .end = end, .text = std::move(text), .cpu_seconds = seconds};
}

/// It is gone: what it was at is broken, what it was to do is somebody else's.
void WorkerPool::bury(Worker& worker) {
  int status = 0;
  while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
  }
  const bool ended_by_itself = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!worker.pieces.empty() && !ended_by_itself)
    settle(worker, PieceEnd::crashed, death_words(status), 0);
  left_over_.insert(left_over_.begin(), worker.pieces.begin(), worker.pieces.end());
  worker.pieces.clear();
  ::close(worker.commands);
  ::close(worker.results);
  worker.process = -1;
}

void WorkerPool::stop_lingering() {
  if (plan_.limits.wall.count() == 0) return;
  const auto now = Clock::now();
  for (Worker& worker : workers_) {
    if (worker.process < 0 || worker.pieces.empty() || now - worker.since <= plan_.limits.wall)
      continue;
    settle(worker, PieceEnd::too_long,
           "it took more than " + seconds_words(plan_.limits.wall) + " of real time", 0);
    left_over_.insert(left_over_.begin(), worker.pieces.begin(), worker.pieces.end());
    worker.pieces.clear();
    end_worker(worker);
  }
}

void WorkerPool::end_worker(Worker& worker) {
  if (worker.process < 0) return;
  ::kill(worker.process, SIGKILL);
  while (::waitpid(worker.process, nullptr, 0) < 0 && errno == EINTR) {
  }
  ::close(worker.commands);
  ::close(worker.results);
  worker.process = -1;
}

unsigned workers_for(unsigned wanted, std::uint64_t count) {
  const unsigned most = wanted > 0 ? wanted : std::max(1u, std::thread::hardware_concurrency());
  return count < most ? static_cast<unsigned>(count) : most;
}

}  // namespace byzlab
