// MessageWindow: what a page shows of the messages of a span of time. Every one of them, or, where
// they are too many, how many of each kind were sent in each hundredth of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/event.h"

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

  std::string_view why_lost() const;  ///< "loss", "partition" …; empty: it arrived
};
static_assert(sizeof(MessageRow) == 40);

/// A view or height as a row has it: liars may say any number, pictures need only small ones.
template <class Number>
std::uint32_t row_number(const std::optional<Number>& number) {
  return number && number->value < MessageRow::kNone ? static_cast<std::uint32_t>(number->value)
                                                     : MessageRow::kNone;
}

/// What the numbers in rows mean.
struct MessageNames {
  std::span<const std::string_view> kinds;
  std::function<std::string(std::uint32_t)> block;  ///< of MessageRow::block; empty: none
};

/// Counts the messages of a window, and keeps them as long as they are no more than `limit`.
class MessageWindow {
 public:
  MessageWindow(Time from, Time to, std::size_t limit);

  /// One whose [sent, arrived] touches the window.
  void add(const MessageRow& row);
  /// `more`: further members, each with its comma before it.
  std::string json(const MessageNames& names, std::string_view more = {}) const;

 private:
  struct Bundle {
    std::uint64_t count = 0, dropped = 0;
  };

  Time from_, to_;
  std::size_t limit_;
  std::int64_t first_, width_;  // nanoseconds
  std::uint64_t total_ = 0;
  std::vector<MessageRow> rows_;
  std::vector<Bundle> bundles_;  // by hundredth, then kind
};

/// MessageWindow's JSON of just these rows.
std::string message_rows_json(Time from, Time to, std::span<const MessageRow> rows,
                              const MessageNames& names, std::string_view more = {});

}  // namespace byzlab
