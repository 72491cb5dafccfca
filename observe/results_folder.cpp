// Writing results atomically: everything goes to a hidden folder that one rename puts in place.
#include "observe/results_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <system_error>
#include <utility>

#include "observe/store.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot(const std::string& what, const fs::path& where, int error) {
  throw ResultsError("cannot " + what + " " + where.string() + ": " +
                     std::generic_category().message(error));
}

void write_all(int file, std::string_view content, const fs::path& where) {
  while (!content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      ::close(file);
      cannot("write", where, error);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_file(const fs::path& path, std::string_view content, bool executable) {
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, executable ? 0777 : 0666);
  if (file < 0) cannot("write", path, errno);
  write_all(file, content, path);
  if (::close(file) != 0) cannot("write", path, errno);
}

/// One write to a file opened for appending, under its lock: lines of runs side by side don't mix.
void append_line(const fs::path& path, std::string_view line) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) cannot("write", path, errno);
  ::flock(file, LOCK_EX);
  write_all(file, line, path);
  ::close(file);
}

}  // namespace

ResultsFolder::ResultsFolder(fs::path root) : root_(std::move(root)) {
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) cannot("make the results folder", root_, error.value());
  std::string pattern = (root_ / ".unfinished-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) cannot("write in the results folder", root_, errno);
  unfinished_ = pattern;
  // mkdtemp's folders are private; results are as readable as everything else the user makes.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::chmod(unfinished_.c_str(), 0777 & ~mask);
}

ResultsFolder::ResultsFolder(fs::path root, const std::string& name, const std::string& unfinished)
    : root_(std::move(root)), unfinished_(root_ / folder_name(name) / unfinished), kept_(true) {
  std::error_code error;
  fs::create_directories(unfinished_, error);
  if (error) cannot("make the results folder", unfinished_, error.value());
}

ResultsFolder::ResultsFolder(ResultsFolder&& other) noexcept
    : root_(std::move(other.root_)),
      unfinished_(std::exchange(other.unfinished_, {})),
      kept_(other.kept_) {}

void ResultsFolder::clear() {
  std::error_code error;
  fs::remove_all(unfinished_, error);
  if (!error) fs::create_directories(unfinished_, error);
  if (error) cannot("empty", unfinished_, error.value());
}

ResultsFolder::~ResultsFolder() {
  if (unfinished_.empty() || kept_) return;
  std::error_code ignored;
  fs::remove_all(unfinished_, ignored);
}

void ResultsFolder::write(const fs::path& file, std::string_view content, bool executable) {
  const auto path = unfinished_ / file;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) cannot("make", path.parent_path(), error.value());
  write_file(path, content, executable);
}

void ResultsFolder::remove(const fs::path& file) {
  std::error_code error;
  fs::remove(unfinished_ / file, error);
  if (error) cannot("remove", unfinished_ / file, error.value());
}

fs::path ResultsFolder::place(const std::string& name, const std::string& id) const {
  const auto folder = root_ / folder_name(name);
  auto candidate = folder / id;
  for (int i = 2; fs::exists(candidate); ++i) candidate = folder / (id + "-" + std::to_string(i));
  return candidate;
}

void ResultsFolder::finish(const fs::path& place, const std::string& index_line) {
  std::error_code error;
  fs::create_directories(place.parent_path(), error);
  if (error) cannot("make", place.parent_path(), error.value());
  fs::rename(unfinished_, place, error);
  if (error) cannot("move results to", place, error.value());
  unfinished_.clear();

  const auto relative = place.lexically_relative(root_);
  const auto suffix = "." + std::to_string(::getpid());
  const auto link = root_ / (".latest" + suffix);
  fs::remove(link, error);
  fs::create_directory_symlink(relative, link,
                               error);  // a file system without symlinks: only the text
  if (!error) fs::rename(link, root_ / "latest", error);
  const auto text = root_ / (".latest.txt" + suffix);
  write_file(text, relative.string() + "\n", false);
  fs::rename(text, root_ / "latest.txt", error);
  if (error) cannot("write", root_ / "latest.txt", error.value());
  append_line(root_ / "index.jsonl", index_line);
  index_finished_folder(root_, place);
}

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local));
}

std::string folder_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    out += plain ? c : '-';
  }
  if (out.empty() || out.front() == '.') out.insert(0, "run-");
  return out;
}

}  // namespace byzlab
