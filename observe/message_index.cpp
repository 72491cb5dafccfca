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
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/json_text.h"
#include "observe/numbers.h"
#include "testbed/scenario/load.h"

namespace byzlab {

namespace fs = std::filesystem;

struct MessageIndexWriter::Header {
  std::array<char, 8> magic{'B', 'Y', 'Z', 'M', 'S', 'G', '1', '\n'};
  std::uint64_t trace_hash = 0;
  std::uint64_t rows = 0, left_out = 0;
  std::uint64_t spans = 0, blocks = 0;
  std::uint64_t id_digits = 6;
  std::uint64_t unused = 0;
  std::array<std::array<char, 32>, kKindLimit> kinds{};
};

namespace {

constexpr std::size_t kRowsInSpan = 4096;
constexpr std::size_t kBins = 100;

std::string_view name_of(DropReason reason) {
  switch (reason) {
    case DropReason::loss: return "loss";
    case DropReason::partition: return "partition";
    case DropReason::isolation: return "isolation";
    case DropReason::adversary: return "adversary";
    case DropReason::receiver_down: return "receiver_down";
    case DropReason::queue_full: return "queue_full";
    case DropReason::duplicate: return "duplicate";
    case DropReason::malformed: return "malformed";
    case DropReason::unauthentic: return "unauthentic";
  }
  return "";
}

/// A view or height as a row has it: liars may say any number, pictures need only small ones.
template <class Number>
std::uint32_t small(const std::optional<Number>& number) {
  return number && number->value < MessageRow::kNone ? static_cast<std::uint32_t>(number->value)
                                                     : MessageRow::kNone;
}

std::string seconds_text(std::int64_t ns) { return fmt::format("{}", exact_seconds(Duration{ns})); }

}  // namespace

MessageIndexWriter::MessageIndexWriter(const fs::path& file, const Recording& recording,
                                       std::uint64_t limit)
    : out_(std::fopen(file.c_str(), "wb")), recording_(recording), limit_(limit) {
  if (out_ == nullptr) throw std::runtime_error("cannot write " + file.string());
  rows_.reserve(kRowsInSpan);
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
  if (written_ + rows_.size() == limit_) {
    ++left_out_;
    return;
  }
  MessageRow& row = rows_.emplace_back();
  row.sent = nanoseconds(sent);
  row.at = nanoseconds(now);
  row.bytes = m.bytes();
  row.from = replica_of(from);
  row.to = replica_of(to);
  row.kind = m.kind().value;
  row.dropped = dropped;
  if (const MessageType* type = (*info_.messages)[m.kind().value]) {
    row.view = small(type->view(m.payload()));
    const MessageSubject subject = type->subject(m.payload());
    row.height = small(subject.height);
    if (subject.block) row.block = block_index(subject.block->words[0]);
  }
  if (rows_.size() == kRowsInSpan) flush();
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
  if (rows_.empty()) return;
  Span span{rows_.front().sent, rows_.front().at};
  for (const MessageRow& row : rows_) {
    span.first = std::min(span.first, row.sent);
    span.last = std::max(span.last, row.at);
  }
  spans_.push_back(span);
  write(rows_.data(), rows_.size() * sizeof(MessageRow));
  written_ += rows_.size();
  rows_.clear();
}

void MessageIndexWriter::write(const void* data, std::size_t size) {
  failed_ = failed_ || (size > 0 && std::fwrite(data, size, 1, out_) != 1);
}

void MessageIndexWriter::end(Time, const Report& report) {
  flush();
  write(spans_.data(), spans_.size() * sizeof(Span));
  write(blocks_.data(), blocks_.size() * sizeof(std::uint64_t));
  Header header;
  header.trace_hash = report.trace_hash;
  header.rows = written_;
  header.left_out = left_out_;
  header.spans = spans_.size();
  header.blocks = blocks_.size();
  header.id_digits = static_cast<std::uint64_t>(recording_.id_digits());
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
  const std::size_t room = size_ - sizeof(*header_);
  const auto fits = [&](std::uint64_t count, std::size_t each) { return count <= room / each; };
  if (header_->magic != MessageIndexWriter::Header{}.magic ||
      !fits(header_->rows, sizeof(MessageRow)) ||
      !fits(header_->spans, sizeof(MessageIndexWriter::Span)) ||
      !fits(header_->blocks, sizeof(std::uint64_t)) ||
      header_->rows * sizeof(MessageRow) + header_->spans * sizeof(MessageIndexWriter::Span) +
              header_->blocks * sizeof(std::uint64_t) !=
          room ||
      header_->spans != (header_->rows + kRowsInSpan - 1) / kRowsInSpan ||
      header_->id_digits > 16) {
    throw wrong(" is no whole index of messages");
  }
  const std::byte* at = data_ + sizeof(*header_);
  rows_ = {reinterpret_cast<const MessageRow*>(at), header_->rows};
  at += rows_.size_bytes();
  spans_ = {reinterpret_cast<const MessageIndexWriter::Span*>(at), header_->spans};
  at += spans_.size_bytes();
  blocks_ = {reinterpret_cast<const std::uint64_t*>(at), header_->blocks};
}

MessageIndex::~MessageIndex() { ::munmap(const_cast<std::byte*>(data_), size_); }

std::uint64_t MessageIndex::trace_hash() const { return header_->trace_hash; }
std::uint64_t MessageIndex::rows() const { return header_->rows; }
std::uint64_t MessageIndex::left_out() const { return header_->left_out; }

std::string MessageIndex::kinds_json() const {
  std::size_t count = kKindLimit;
  while (count > 0 && header_->kinds[count - 1][0] == '\0') --count;
  std::string out = "[";
  for (std::size_t k = 0; k < count; ++k) {
    if (k > 0) out += ',';
    const auto& name = header_->kinds[k];
    write_json_string({name.data(), ::strnlen(name.data(), name.size())}, out);
  }
  return out + "]";
}

std::string MessageIndex::window_json(Time from, Time to, std::size_t limit) const {
  struct Bundle {
    std::uint64_t count = 0, dropped = 0;
  };
  std::vector<Bundle> bundles(kBins * kKindLimit);
  std::vector<MessageRow> rows;
  const std::int64_t first = nanoseconds(from);
  const std::int64_t width =
      std::max<std::int64_t>(1, (nanoseconds(to) - first) / static_cast<std::int64_t>(kBins));
  std::uint64_t total = 0;
  for_each(from, to, [&](const MessageRow& row) {
    if (++total <= limit) rows.push_back(row);
    const auto bin = std::clamp<std::int64_t>((row.sent - first) / width, 0, kBins - 1);
    Bundle& bundle = bundles[static_cast<std::size_t>(bin) * kKindLimit + row.kind % kKindLimit];
    ++bundle.count;
    bundle.dropped += row.dropped != 0 ? 1 : 0;
  });
  if (total <= limit) {
    std::ranges::stable_sort(rows, {}, &MessageRow::sent);
    return rows_json(from, to, rows);
  }
  std::string out =
      fmt::format(R"({{"from":{},"to":{},"total":{},"kinds":{},"rows":null,"bundles":[)",
                  exact_seconds(from), exact_seconds(to), total, kinds_json());
  const char* comma = "";
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    if (bundles[i].count == 0) continue;
    const auto bin = static_cast<std::int64_t>(i / kKindLimit);
    const std::int64_t end = bin + 1 == kBins ? nanoseconds(to) : first + (bin + 1) * width;
    out += fmt::format(R"({}{{"from_t":{},"to_t":{},"kind":{},"count":{},"dropped":{}}})",
                       std::exchange(comma, ","), seconds_text(first + bin * width),
                       seconds_text(end), i % kKindLimit, bundles[i].count, bundles[i].dropped);
  }
  return out + "]}";
}

std::string MessageIndex::rows_json(Time from, Time to, std::span<const MessageRow> rows) const {
  std::string out = fmt::format(R"({{"from":{},"to":{},"total":{},"kinds":{},"rows":{{)",
                                exact_seconds(from), exact_seconds(to), rows.size(), kinds_json());
  bool first_column = true;
  const auto column = [&](std::string_view name, auto&& text) {
    out += fmt::format("{}\"{}\":[", std::exchange(first_column, false) ? "" : ",\n", name);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) out += ',';
      text(rows[i]);
    }
    out += ']';
  };
  const auto number_or_null = [&](std::uint32_t value) {
    if (value == MessageRow::kNone) {
      out += "null";
    } else {
      out += std::to_string(value);
    }
  };
  column("sent", [&](const MessageRow& r) { out += seconds_text(r.sent); });
  column("at", [&](const MessageRow& r) { out += r.dropped != 0 ? "null" : seconds_text(r.at); });
  column("from", [&](const MessageRow& r) { out += std::to_string(r.from); });
  column("to", [&](const MessageRow& r) { out += std::to_string(r.to); });
  column("kind", [&](const MessageRow& r) { out += std::to_string(r.kind); });
  column("view", [&](const MessageRow& r) { number_or_null(r.view); });
  column("height", [&](const MessageRow& r) { number_or_null(r.height); });
  column("block", [&](const MessageRow& r) {
    if (r.block >= blocks_.size()) {
      out += "null";
    } else {
      ((out += '"') += to_hex(blocks_[r.block]).substr(0, header_->id_digits)) += '"';
    }
  });
  column("bytes", [&](const MessageRow& r) { out += std::to_string(r.bytes); });
  column("dropped", [&](const MessageRow& r) {
    if (r.dropped == 0 || r.dropped > kDropReasons) {
      out += "null";
    } else {
      ((out += '"') += name_of(static_cast<DropReason>(r.dropped - 1))) += '"';
    }
  });
  return out + "},\"bundles\":null}";
}

std::optional<std::uint32_t> MessageIndex::find_block(const Digest& block) const {
  const auto found = std::ranges::find(blocks_, block.words[0]);
  if (found == blocks_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - blocks_.begin());
}

void index_messages(const fs::path& folder, const fs::path& file) {
  std::ifstream in(folder / "summary.json", std::ios::binary);
  const auto summary = boost::json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
  const auto text = [&](const char* key) {
    const auto& value = summary.at(key).as_string();
    return std::string(value.data(), value.size());
  };
  if (text("transport") == "tcp") {
    throw std::runtime_error(
        "A run over TCP happened once, in real time. Its messages are here only if it was run with "
        "--trace full.");
  }
  const auto seed = summary.at("seed").to_number<std::uint64_t>();
  const auto lock = folder / "scenario.lock.yaml";
  const auto loaded = scenario::load_file(lock, catalogue(), {.sets = {}, .seed = seed});
  if (!loaded.scenario) {
    throw std::runtime_error(lock.string() + " cannot be run by this byzlab:\n" +
                             scenario::to_text(loaded.diagnostics, loaded.source, {}));
  }
  Recording recording;
  MessageIndexWriter writer(file, recording);
  RunObserver* const observers[] = {&recording, &writer};
  const Report report = run(*loaded.scenario, RunOptions{.seed = seed}, observers);
  if (to_hex(report.trace_hash) != text("trace_hash")) {
    throw std::runtime_error("Run again, this byzlab gives trace " + to_hex(report.trace_hash) +
                             ", not " + text("trace_hash") +
                             ": the run was made by another version, or was interrupted.");
  }
  if (writer.failed()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace byzlab
