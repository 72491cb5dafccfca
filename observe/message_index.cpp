// trace/messages.bin: written by an observer, read as a mapping.
#include "observe/message_index.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/event_names.h"
#include "base/json_text.h"
#include "base/rng.h"
#include "observe/numbers.h"
#include "testbed/scenario/load.h"

namespace byzlab {

namespace fs = std::filesystem;

struct MessageIndexWriter::Header {
  std::array<char, 8> magic{'B', 'Y', 'Z', 'M', 'S', 'G', '2', '\n'};
  std::uint64_t trace_hash = 0;
  std::uint64_t rows = 0, left_out = 0;
  std::uint64_t chunks = 0, blocks = 0;
  std::uint64_t directory = 0;  // offset of the chunks' list; the blocks follow
  std::uint64_t id_digits = 6;
  std::array<std::array<char, 32>, kKindLimit> kinds{};
};

namespace {}  // namespace

MessageIndexWriter::MessageIndexWriter(const fs::path& file, const Recording& recording,
                                       std::uint64_t limit)
    : MessageIndexWriter(file, 0, limit) {
  recording_ = &recording;
}

MessageIndexWriter::MessageIndexWriter(const fs::path& file, int id_digits, std::uint64_t limit)
    : out_(std::fopen(file.c_str(), "wb")),
      id_digits_(id_digits),
      limit_(limit),
      remembered_(kRemembered) {
  if (out_ == nullptr) throw std::runtime_error("cannot write " + file.string());
  copies_.reserve(kRowsInChunk);
  const Header empty;
  write(&empty, sizeof(empty));
}

MessageIndexWriter::~MessageIndexWriter() {
  if (out_ != nullptr) std::fclose(out_);
}

void MessageIndexWriter::begin(const RunInfo& info) { info_ = info; }

void MessageIndexWriter::on(Time now, const Event& event) {
  if (const auto* d = std::get_if<Delivered>(&event)) {
    add(now, d->from, d->to, d->sent, *d->message, 0);
  } else if (const auto* lost = std::get_if<Dropped>(&event)) {
    const bool on_the_way =
        lost->reason != DropReason::receiver_down && lost->reason != DropReason::unauthentic;
    add(on_the_way ? lost->sent : now, lost->from, lost->to, lost->sent, *lost->message,
        static_cast<std::uint8_t>(static_cast<unsigned>(lost->reason) + 1));
  }
}

void MessageIndexWriter::add(Time now, ProcessId from, ProcessId to, Time sent, const Message& m,
                             std::uint8_t dropped) {
  if (written_ + copies_.size() == limit_) {
    ++left_out_;
    return;
  }
  const std::int64_t sent_at = nanoseconds(sent), at = nanoseconds(now), took = at - sent_at;
  const bool is_late = took >= static_cast<std::int64_t>(kLate);
  if (is_late) late_.push_back(at);
  span_.first = copies_.empty() ? sent_at : std::min(span_.first, sent_at);
  span_.last = copies_.empty() ? at : std::max(span_.last, at);
  copies_.push_back(
      {.took = is_late ? kLate : static_cast<std::uint32_t>(took),
       .to = replica_of(to),
       .sending = static_cast<std::uint16_t>(index_of(replica_of(from), sent_at, m) & 0xFFF),
       .dropped = static_cast<std::uint16_t>(dropped & 0xF)});
  if (copies_.size() == kRowsInChunk) flush();
}

/// The chunk's entry for it. What the same sender says at the same instant in the same words is one
/// sending; of a broadcast that is forgotten too soon there are two, which is no harm.
std::uint16_t MessageIndexWriter::index_of(std::uint16_t from, std::int64_t sent,
                                           const Message& m) {
  const auto place = mix(m.digest() ^ static_cast<std::uint64_t>(sent) ^ from) % kRemembered;
  Remembered& known = remembered_[place];
  const bool is_it = known.chunk != ~std::uint64_t{0} && known.digest == m.digest() &&
                     known.sending.sent == sent && known.sending.from == from &&
                     known.sending.kind == m.kind().value && known.sending.bytes == m.bytes();
  if (is_it && known.chunk == chunks_.size()) return known.index;
  if (!is_it) {
    known.digest = m.digest();
    known.sending = sending_of(from, sent, m);
  }
  known.chunk = chunks_.size();
  known.index = static_cast<std::uint16_t>(sendings_.size());
  sendings_.push_back(known.sending);
  return known.index;
}

MessageIndexWriter::Sending MessageIndexWriter::sending_of(std::uint16_t from, std::int64_t sent,
                                                           const Message& m) {
  Sending sending{.sent = sent,
                  .view = MessageRow::kNone,
                  .height = MessageRow::kNone,
                  .block = MessageRow::kNone,
                  .bytes = m.bytes(),
                  .from = from,
                  .kind = m.kind().value,
                  .unused = {}};
  if (const MessageType* type = (*info_.messages)[m.kind().value]) {
    sending.view = row_number(type->view(m.payload()));
    const MessageSubject subject = type->subject(m.payload());
    sending.height = row_number(subject.height);
    if (subject.block) sending.block = block_index(subject.block->words[0]);
  }
  return sending;
}

std::uint32_t MessageIndexWriter::block_index(std::uint64_t word) {
  const auto [found, is_new] =
      block_index_.try_emplace(word, static_cast<std::uint32_t>(blocks_.size()));
  if (is_new) blocks_.push_back(word);
  return found->second;
}

std::uint16_t MessageIndexWriter::replica_of(ProcessId p) const {
  const auto replica =
      p.value < info_.replica_of.size() ? info_.replica_of[p.value] : ReplicaId(p.value);
  return static_cast<std::uint16_t>(replica.value);
}

void MessageIndexWriter::flush() {
  if (copies_.empty()) return;
  span_.offset = offset_;
  span_.copies = static_cast<std::uint32_t>(copies_.size());
  span_.sendings = static_cast<std::uint16_t>(sendings_.size());
  span_.late = static_cast<std::uint16_t>(late_.size());
  chunks_.push_back(span_);
  write(sendings_.data(), sendings_.size() * sizeof(Sending));
  write(copies_.data(), copies_.size() * sizeof(Copy));
  write(late_.data(), late_.size() * sizeof(std::int64_t));
  written_ += copies_.size();
  sendings_.clear();
  copies_.clear();
  late_.clear();
}

void MessageIndexWriter::write(const void* data, std::size_t size) {
  failed_ = failed_ || (size > 0 && std::fwrite(data, size, 1, out_) != 1);
  offset_ += size;
}

void MessageIndexWriter::end(Time, const Report& report) {
  flush();
  Header header;
  header.directory = offset_;
  write(chunks_.data(), chunks_.size() * sizeof(Chunk));
  write(blocks_.data(), blocks_.size() * sizeof(std::uint64_t));
  header.trace_hash = report.trace_hash;
  header.rows = written_;
  header.left_out = left_out_;
  header.chunks = chunks_.size();
  header.blocks = blocks_.size();
  header.id_digits =
      static_cast<std::uint64_t>(recording_ == nullptr ? id_digits_ : recording_->id_digits());
  for (std::size_t k = 0; k < kKindLimit; ++k) {
    if (const MessageType* type = (*info_.messages)[k]) {
      type->name.copy(header.kinds[k].data(), header.kinds[k].size() - 1);
    }
  }
  failed_ = failed_ || std::fseek(out_, 0, SEEK_SET) != 0;
  write(&header, sizeof(header));
  failed_ = std::fclose(out_) != 0 || failed_;
  out_ = nullptr;
}

MessageIndex::MessageIndex(const fs::path& file) {
  const auto wrong = [&](const char* what) {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
    data_ = nullptr;
    return std::runtime_error(file.string() + what);
  };
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw wrong(" cannot be read");
  struct stat status{};
  const bool known = ::fstat(fd, &status) == 0;
  size_ = known ? static_cast<std::size_t>(status.st_size) : 0;
  void* mapped = size_ >= sizeof(MessageIndexWriter::Header)
                     ? ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0)
                     : MAP_FAILED;
  ::close(fd);
  if (mapped == MAP_FAILED) throw wrong(" is no index of messages");
  data_ = static_cast<const std::byte*>(mapped);
  header_ = reinterpret_cast<const MessageIndexWriter::Header*>(data_);
  using Chunk = MessageIndexWriter::Chunk;
  const auto fits = [&](std::uint64_t offset, std::uint64_t count, std::size_t each) {
    return offset <= size_ && offset % alignof(std::uint64_t) == 0 &&
           count <= (size_ - offset) / each;
  };
  if (header_->magic != MessageIndexWriter::Header{}.magic || header_->id_digits > 16 ||
      !fits(header_->directory, header_->chunks, sizeof(Chunk)) ||
      !fits(header_->directory + header_->chunks * sizeof(Chunk), header_->blocks,
            sizeof(std::uint64_t))) {
    throw wrong(" is no whole index of messages");
  }
  const std::byte* at = data_ + header_->directory;
  chunks_ = {reinterpret_cast<const Chunk*>(at), header_->chunks};
  blocks_ = {reinterpret_cast<const std::uint64_t*>(at + chunks_.size_bytes()), header_->blocks};
  std::uint64_t rows = 0;
  for (const Chunk& chunk : chunks_) {
    const std::uint64_t words = std::uint64_t{4} * chunk.sendings + chunk.copies + chunk.late;
    if (!fits(chunk.offset, words, 8)) throw wrong(" is no whole index of messages");
    rows += chunk.copies;
  }
  if (rows != header_->rows) throw wrong(" is no whole index of messages");
}

MessageIndex::~MessageIndex() { ::munmap(const_cast<std::byte*>(data_), size_); }

std::uint64_t MessageIndex::trace_hash() const { return header_->trace_hash; }
std::uint64_t MessageIndex::rows() const { return header_->rows; }
std::uint64_t MessageIndex::left_out() const { return header_->left_out; }

std::uint64_t MessageIndex::count(Time from, Time to) const {
  std::uint64_t all = 0;
  for_each(from, to, [&](const MessageRow&) { ++all; });
  return all;
}

std::string_view MessageIndex::kind_name(std::uint8_t kind) const {
  const auto& name = header_->kinds[kind % kKindLimit];
  return {name.data(), ::strnlen(name.data(), name.size())};
}

std::string MessageIndex::block_name(std::uint32_t block) const {
  if (block >= blocks_.size()) return "";
  return to_hex(blocks_[block]).substr(0, header_->id_digits);
}

std::vector<std::string_view> MessageIndex::kinds() const {
  std::vector<std::string_view> names;
  for (std::size_t k = 0; k < kKindLimit; ++k) {
    names.push_back(kind_name(static_cast<std::uint8_t>(k)));
  }
  return names;
}

std::string MessageIndex::window_json(Time from, Time to, std::size_t limit) const {
  MessageWindow window(from, to, limit);
  for_each(from, to, [&](const MessageRow& row) { window.add(row); });
  const auto kinds = this->kinds();
  // Those that came too late for the file's bound.
  std::string more;
  if (left_out() > 0) {
    std::int64_t last = 0;
    for (const auto& chunk : chunks_) last = std::max(last, chunk.last);
    more =
        fmt::format(R"(,"known_to":{},"left_out":{})", exact_seconds(Duration{last}), left_out());
  }
  return window.json({.kinds = kinds, .block = [&](auto b) { return block_name(b); }}, more);
}

std::string MessageIndex::rows_json(Time from, Time to, std::span<const MessageRow> rows) const {
  const auto kinds = this->kinds();
  return message_rows_json(from, to, rows,
                           {.kinds = kinds, .block = [&](auto b) { return block_name(b); }});
}

std::optional<std::uint32_t> MessageIndex::find_block(const Digest& block) const {
  const auto found = std::ranges::find(blocks_, block.words[0]);
  if (found == blocks_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - blocks_.begin());
}

namespace {

/// Stops a run at the look at which it was stopped before, and whenever somebody else wants to.
class StopAt final : public RunObserver {
 public:
  StopAt(Time when, const std::atomic<bool>* stop) : when_(when), stop_(stop) {}
  Interest interest() const override { return Interest::none(); }
  void on(Time, const Event&) override {}
  bool wants_samples() const override { return true; }
  void sampled(const RunSample& sample) override {
    if (sample.now >= when_) flag_ = true;
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) flag_ = given_up_ = true;
  }
  const std::atomic<bool>* flag() const { return &flag_; }
  bool given_up() const { return given_up_; }

 private:
  Time when_;
  const std::atomic<bool>* stop_;
  std::atomic<bool> flag_ = false;
  bool given_up_ = false;
};

/// Ends a run between two events, as a page does on which somebody presses Ctrl-C.
class EndAt final : public RunDriver {
 public:
  explicit EndAt(Time when) : when_(when) {}
  std::optional<Time> next(Time now) override {
    return now < when_ ? std::optional(when_) : std::nullopt;
  }

 private:
  Time when_;
};

/// How long the names of blocks are in the run's recording; 0: it does not say.
int id_digits_in(const fs::path& folder) {
  constexpr std::string_view kBefore = "\"id\":[\"";
  std::ifstream in(folder / "recording.json", std::ios::binary);
  std::string text(64 * 1024, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  const auto found = text.find(kBefore);
  if (found == std::string::npos) return 0;
  const auto begin = found + kBefore.size(), end = text.find('"', begin);
  return end == std::string::npos || end - begin > 16 ? 0 : static_cast<int>(end - begin);
}

}  // namespace

void index_messages(const fs::path& folder, const fs::path& file, const std::atomic<bool>* stop) {
  std::ifstream in(folder / "summary.json", std::ios::binary);
  const auto summary = boost::json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
  const auto text = [&](const char* key) {
    const auto& value = summary.at(key).as_string();
    return std::string(value.data(), value.size());
  };
  if (text("transport") == "tcp") {
    throw std::runtime_error(
        "A run over TCP happened once, in real time, and its messages were not kept. To see those "
        "of "
        "another one: byzlab run " +
        (folder / "scenario.lock.yaml").string() + " --transport tcp --trace full");
  }
  const auto seed = summary.at("seed").to_number<std::uint64_t>();
  const auto lock = folder / "scenario.lock.yaml";
  const auto loaded = scenario::load_file(lock, catalogue(), {.sets = {}, .seed = seed});
  if (!loaded.scenario) {
    throw std::runtime_error(lock.string() + " cannot be run by this byzlab:\n" +
                             scenario::to_text(loaded.diagnostics, loaded.source, {}));
  }
  const auto* interrupted = summary.as_object().if_contains("interrupted");
  const bool cut_short = interrupted != nullptr && interrupted->as_bool();
  // Stopped by a limit: the same one stops it at the same event.
  const bool limited = summary.as_object().contains("stopped");
  const auto max_events = limited ? summary.at("events").to_number<std::uint64_t>() : 0;
  const Time until =
      cut_short
          ? kStart +
                Duration{std::llround(summary.at("simulated_seconds").to_number<double>() * 1e9)}
          : kNever;
  const auto once_more = [&](bool between_events) {
    const int digits = id_digits_in(folder);
    Recording recording;
    std::vector<RunObserver*> observers;
    std::optional<MessageIndexWriter> writer;
    if (digits > 0) {
      writer.emplace(file, digits);
    } else {
      writer.emplace(file, recording);
      observers.push_back(&recording);
    }
    StopAt stop_at(between_events ? kNever : until, stop);
    EndAt end_at(until);
    observers.push_back(&*writer);
    observers.push_back(&stop_at);
    const Report report = run(*loaded.scenario,
                              RunOptions{.seed = seed,
                                         .interrupt = stop_at.flag(),
                                         .max_events = max_events,
                                         .driver = between_events ? &end_at : nullptr},
                              observers);
    if (stop_at.given_up()) throw std::runtime_error("The run was not run again to its end.");
    if (writer->failed()) throw std::runtime_error("cannot write " + file.string());
    return report.trace_hash;
  };
  auto hash = once_more(false);
  if (cut_short && to_hex(hash) != text("trace_hash")) hash = once_more(true);
  if (to_hex(hash) != text("trace_hash")) {
    throw std::runtime_error("Run again, this byzlab gives trace " + to_hex(hash) + ", not " +
                             text("trace_hash") + ": the run was made by another version of it.");
  }
}

}  // namespace byzlab
