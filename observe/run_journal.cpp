#include "observe/run_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace byzlab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = 1 << 16;

[[noreturn]] void cannot(const std::string& what, const fs::path& where, int error) {
  throw ResultsError("cannot " + what + " " + where.string() + ": " +
                     std::generic_category().message(error));
}

/// Appends the next bytes of the file; false at its end.
bool read_more(int file, const fs::path& path, std::uint64_t offset, std::string& into) {
  const auto size = into.size();
  into.resize(size + kChunk);
  ssize_t got = 0;
  do {
    got = ::pread(file, into.data() + size, kChunk, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) cannot("read", path, errno);
  into.resize(size + static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

RunJournal::RunJournal(fs::path file) : path_(std::move(file)) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) cannot("write", path_, errno);
  // A record lock: workers don't inherit it, and it dies with the process.
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file_, F_SETLK, &lock) != 0 && (errno == EACCES || errno == EAGAIN)) {
    ::close(file_);
    throw ResultsError(path_.string() + " is being written by another process");
  }
}

RunJournal::~RunJournal() { ::close(file_); }

std::uint64_t RunJournal::replay(const std::function<bool(std::string_view line)>& use) {
  std::string buffer;
  std::uint64_t lines = 0, offset = 0;
  size_ = 0;
  for (bool whole = true; whole;) {
    if (!read_more(file_, path_, offset, buffer)) break;
    offset = size_ + buffer.size();
    std::size_t at = 0;
    for (auto end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n', at)) {
      whole = use(std::string_view(buffer).substr(at, end - at));
      if (!whole) break;
      ++lines;
      size_ += end + 1 - at;
      at = end + 1;
    }
    buffer.erase(0, at);
  }
  if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) cannot("cut", path_, errno);
  return lines;
}

void RunJournal::append(std::string_view line) {
  std::size_t done = 0;
  while (done < line.size()) {
    const auto written = ::write(file_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      [[maybe_unused]] const int ignored = ::ftruncate(file_, static_cast<off_t>(size_));
      cannot("write", path_, error);
    }
    done += static_cast<std::size_t>(written);
  }
  size_ += line.size();
}

LineReader::LineReader(fs::path file) : path_(std::move(file)) {
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) cannot("read", path_, errno);
}

LineReader::~LineReader() {
  if (file_ >= 0) ::close(file_);
}

LineReader::LineReader(LineReader&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      buffer_(std::move(other.buffer_)),
      at_(other.at_),
      offset_(other.offset_) {}

bool LineReader::next(std::string_view& line) {
  auto end = buffer_.find('\n', at_);
  while (end == std::string::npos) {
    buffer_.erase(0, at_);
    at_ = 0;
    const auto searched = buffer_.size();
    if (!read_more(file_, path_, offset_, buffer_)) return false;
    offset_ += buffer_.size() - searched;
    end = buffer_.find('\n', searched);
  }
  line = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 1;
  return true;
}

}  // namespace byzlab
