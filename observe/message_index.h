// trace/messages.bin: every message of a run in rows of one size, so that any window of it can be
// shown at once. And what is shown of a window: the messages, or how many there were.
//
// The file is a header, the rows in the order in which messages arrived or were lost, and a
// directory that says of every 4096 rows which span of time they touch. It is mapped, not read: a
// window of a run of ten million messages touches a few pages. Its layout is this machine's own; it
// can be made again from scenario.lock.yaml at any time.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "observe/recording.h"
#include "testbed/run.h"

namespace byzlab {

/// One message to one replica.
struct MessageRow {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::int64_t sent = 0;  ///< nanoseconds
  std::int64_t at = 0;    ///< nanoseconds; when it was lost on the way, the same as sent
  std::uint32_t view = kNone, height = kNone;
  std::uint32_t block = kNone;  ///< index of a digest
  std::uint32_t bytes = 0;
  std::uint16_t from = 0, to = 0;  ///< replicas
  std::uint8_t kind = 0;
  std::uint8_t dropped = 0;  ///< DropReason + 1; 0: it arrived
  std::uint16_t unused = 0;
};
static_assert(sizeof(MessageRow) == 40);

/// Writes the file as the run goes.
class MessageIndexWriter final : public RunObserver {
 public:
  /// `recording` listens to the same run, before this one: blocks are called as it calls them. Rows
  /// beyond `limit` are counted only. Throws std::runtime_error when the file can't be written.
  MessageIndexWriter(const std::filesystem::path& file, const Recording& recording,
                     std::uint64_t limit = 50'000'000);
  ~MessageIndexWriter() override;

  Interest interest() const override { return Interest::in<Delivered, Dropped>(); }
  void begin(const RunInfo& info) override;
  void on(Time now, const Event& event) override;
  void end(Time now, const Report& report) override;
  bool failed() const { return failed_; }

 private:
  /// The span of time that some rows touch.
  struct Span {
    std::int64_t first, last;
  };
  friend class MessageIndex;
  struct Header;

  void add(Time now, ProcessId from, ProcessId to, Time sent, const Message& m,
           std::uint8_t dropped);
  std::uint32_t block_index(std::uint64_t word);
  std::uint16_t replica_of(ProcessId p) const;
  void write(const void* data, std::size_t size);
  void flush();

  std::FILE* out_ = nullptr;
  const Recording& recording_;
  std::uint64_t limit_;
  RunInfo info_;
  std::vector<MessageRow> rows_;  // not written yet
  std::vector<Span> spans_;
  std::vector<std::uint64_t> blocks_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> block_index_;
  std::uint64_t written_ = 0, left_out_ = 0;
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

 private:
  template <class F>
  void for_each(Time from, Time to, F&& f) const;
  std::string kinds_json() const;

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  const MessageIndexWriter::Header* header_ = nullptr;
  std::span<const MessageRow> rows_;
  std::span<const MessageIndexWriter::Span> spans_;
  std::span<const std::uint64_t> blocks_;
};

/// Makes the file of a run in virtual time by running it again, and checks that it is the same run.
/// Throws std::runtime_error with a sentence for the reader.
void index_messages(const std::filesystem::path& folder, const std::filesystem::path& file);

// ------------------------------------------------------------------------------------------------

template <class F>
void MessageIndex::for_each(Time from, Time to, F&& f) const {
  constexpr std::size_t kRowsInSpan = 4096;
  const std::int64_t first = nanoseconds(from), last = nanoseconds(to);
  for (std::size_t s = 0; s < spans_.size(); ++s) {
    if (spans_[s].first > last || spans_[s].last < first) continue;
    const std::size_t begin = s * kRowsInSpan;
    for (const MessageRow& row :
         rows_.subspan(begin, std::min(kRowsInSpan, rows_.size() - begin))) {
      if (row.sent <= last && row.at >= first) f(row);
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
