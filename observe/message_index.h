// trace/messages.bin: every message of a run, so that any window of it can be shown at once. And
// what is shown of a window: the messages, or how many there were.
//
// The file is a header, chunks of up to 4096 messages in the order in which they arrived or were
// lost, and a directory that says of every chunk which span of time it touches. A chunk stands for
// itself: what was sent (32 bytes each; a broadcast once, whatever n), and 8 bytes for each
// message: which of these it is, to whom, how long it took. The file is mapped, not read: a window
// of a run of ten million messages touches a few pages. Its layout is this machine's own; it can be
// made again from scenario.lock.yaml at any time.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "observe/message_window.h"
#include "observe/recording.h"
#include "testbed/run.h"

namespace byzlab {

/// Writes the file as the run goes.
class MessageIndexWriter final : public RunObserver {
 public:
  static constexpr std::uint64_t kMostRows = 50'000'000;
  /// `recording` listens to the same run, before this one: blocks are called as it calls them. Rows
  /// beyond `limit` are counted only. Throws std::runtime_error when the file can't be written.
  MessageIndexWriter(const std::filesystem::path& file, const Recording& recording,
                     std::uint64_t limit = kMostRows);
  /// The same where it is known how many digits a block's name has.
  MessageIndexWriter(const std::filesystem::path& file, int id_digits,
                     std::uint64_t limit = kMostRows);
  ~MessageIndexWriter() override;

  Interest interest() const override { return Interest::in<Delivered, Dropped>(); }
  void begin(const RunInfo& info) override;
  void on(Time now, const Event& event) override;
  void end(Time now, const Report& report) override;
  bool failed() const { return failed_; }

 private:
  static constexpr std::size_t kRowsInChunk = 4096;
  static constexpr std::size_t kRemembered = 4096;
  static constexpr std::uint32_t kLate = ~std::uint32_t{0};

  /// What a message says, whoever it goes to.
  struct Sending {
    std::int64_t sent;
    std::uint32_t view, height, block, bytes;
    std::uint16_t from;
    std::uint8_t kind;
    std::uint8_t unused[5];
  };
  static_assert(sizeof(Sending) == 32);
  /// One of its messages.
  struct Copy {
    std::uint32_t took;  ///< nanoseconds; kLate: the next of the chunk's late arrivals
    std::uint16_t to;
    std::uint16_t sending : 12;  ///< index in the chunk
    std::uint16_t dropped : 4;   ///< DropReason + 1; 0: it arrived
  };
  static_assert(sizeof(Copy) == 8 && kDropReasons < 16);
  struct Chunk {
    std::int64_t first, last;  ///< touched
    std::uint64_t offset;      ///< of its sendings, then copies, then late arrivals
    std::uint32_t copies;
    std::uint16_t sendings, late;
  };
  static_assert(sizeof(Chunk) == 32);
  /// A sending of a while ago, which a copy may still arrive from.
  struct Remembered {
    std::uint64_t digest = 0;
    std::uint64_t chunk = ~std::uint64_t{0};
    std::uint16_t index = 0;
    Sending sending{};
  };
  friend class MessageIndex;
  struct Header;

  void add(Time now, ProcessId from, ProcessId to, Time sent, const Message& m,
           std::uint8_t dropped);
  std::uint16_t index_of(std::uint16_t from, std::int64_t sent, const Message& m);
  Sending sending_of(std::uint16_t from, std::int64_t sent, const Message& m);
  std::uint32_t block_index(std::uint64_t word);
  std::uint16_t replica_of(ProcessId p) const;
  void write(const void* data, std::size_t size);
  void flush();

  std::FILE* out_ = nullptr;
  const Recording* recording_ = nullptr;
  int id_digits_ = 0;
  std::uint64_t limit_;
  RunInfo info_;
  std::vector<Sending> sendings_;  // of the chunk that is being filled
  std::vector<Copy> copies_;
  std::vector<std::int64_t> late_;
  Chunk span_{};
  std::vector<Remembered> remembered_;
  std::vector<Chunk> chunks_;
  std::vector<std::uint64_t> blocks_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> block_index_;
  std::uint64_t offset_ = 0, written_ = 0, left_out_ = 0;
  bool failed_ = false;
};

/// What a page asks for: MessageWindow's JSON.
class MessageIndex {
 public:
  /// Maps the file. Throws std::runtime_error when it is no such file.
  explicit MessageIndex(const std::filesystem::path& file);
  ~MessageIndex();
  MessageIndex(const MessageIndex&) = delete;
  MessageIndex& operator=(const MessageIndex&) = delete;

  std::uint64_t trace_hash() const;
  std::uint64_t rows() const;
  std::uint64_t left_out() const;

  /// The messages whose [sent, arrived] touches the window; beyond `limit` of them, bundles: how
  /// many of each kind were sent in each hundredth of the window.
  std::string window_json(Time from, Time to, std::size_t limit) const;
  /// Rows of the window that `wanted` is true for, in the order of sending; none when there are
  /// more than `limit`.
  template <class Wanted>
  std::optional<std::vector<MessageRow>> select(Time from, Time to, std::size_t limit,
                                                Wanted&& wanted) const;
  /// MessageWindow of these rows.
  std::string rows_json(Time from, Time to, std::span<const MessageRow> rows) const;
  /// A block's index, as in MessageRow::block; none when no message speaks of it.
  std::optional<std::uint32_t> find_block(const Digest& block) const;
  std::uint64_t count(Time from, Time to) const;  ///< messages of a window
  std::string_view kind_name(std::uint8_t kind) const;
  std::string block_name(std::uint32_t block) const;  ///< empty where there is none

 private:
  template <class F>
  void for_each(Time from, Time to, F&& f) const;
  std::vector<std::string_view> kinds() const;

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  const MessageIndexWriter::Header* header_ = nullptr;
  std::span<const MessageIndexWriter::Chunk> chunks_;
  std::span<const std::uint64_t> blocks_;
};

/// Makes the file of a run in virtual time by running it again, and checks that it is the same run;
/// of one that was interrupted, up to where it was. Throws std::runtime_error with a sentence for
/// the reader. When `stop` becomes true it gives up, with that exception.
void index_messages(const std::filesystem::path& folder, const std::filesystem::path& file,
                    const std::atomic<bool>* stop = nullptr);

// ------------------------------------------------------------------------------------------------

template <class F>
void MessageIndex::for_each(Time from, Time to, F&& f) const {
  using Writer = MessageIndexWriter;
  const std::int64_t first = nanoseconds(from), last = nanoseconds(to);
  for (const Writer::Chunk& chunk : chunks_) {
    if (chunk.first > last || chunk.last < first) continue;
    const auto* sendings = reinterpret_cast<const Writer::Sending*>(data_ + chunk.offset);
    const auto* copies = reinterpret_cast<const Writer::Copy*>(sendings + chunk.sendings);
    const auto* late = reinterpret_cast<const std::int64_t*>(copies + chunk.copies);
    const auto* const no_more = late + chunk.late;
    for (const Writer::Copy& copy : std::span(copies, chunk.copies)) {
      if (copy.sending >= chunk.sendings) break;  // not what was written
      const Writer::Sending& sending = sendings[copy.sending];
      std::int64_t at = sending.sent + copy.took;
      if (copy.took == Writer::kLate && late != no_more) at = *late++;
      if (sending.sent > last || at < first) continue;
      f(MessageRow{.sent = sending.sent,
                   .at = at,
                   .view = sending.view,
                   .height = sending.height,
                   .block = sending.block,
                   .bytes = sending.bytes,
                   .from = sending.from,
                   .to = copy.to,
                   .kind = sending.kind,
                   .dropped = static_cast<std::uint8_t>(copy.dropped)});
    }
  }
}

template <class Wanted>
std::optional<std::vector<MessageRow>> MessageIndex::select(Time from, Time to, std::size_t limit,
                                                            Wanted&& wanted) const {
  std::vector<MessageRow> rows;
  bool too_many = false;
  for_each(from, to, [&](const MessageRow& row) {
    if (too_many || !wanted(row)) return;
    too_many = rows.size() == limit;
    if (!too_many) rows.push_back(row);
  });
  if (too_many) return std::nullopt;
  std::ranges::stable_sort(rows, {}, &MessageRow::sent);
  return rows;
}

}  // namespace byzlab
