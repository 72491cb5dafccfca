// A timing wheel (Varghese & Lauck 1987) that gives the exact order (time, id, destination).
//
// 4096 buckets of at most 2^18 ns turn with the time. An event is one 64-bit word in its bucket,
//
//   time within the bucket: 18 bits | low bits of the id: 28 | destination: 18
//
// so that sorting the words of a bucket sorts its events. A bucket is sorted when its turn comes,
// by a method that suits its size, and then popped from front to back. Three places hold what is
// pending:
//
//   the buckets      everything within the horizon of 4096 buckets; unsorted; a push is two stores
//   the current run  the bucket whose turn it is, sorted, and a heap of what is pushed into it late
//   the overflow     a heap of whole events: what lies beyond the horizon, and anything unusual
//
// pop() takes the least of the run, the late heap and the overflow, so nothing ever migrates. A
// word keeps only 28 bits of an id; the rest is known because no word is 2^27 ids older than the
// newest. Every 2^26 ids a sweep moves the words that would become too old to the overflow.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "network/event_queue.h"

namespace byzlab {

class TimingWheel {
 public:
  /// A bucket should not be wider than the smallest latency, or pushes hit the bucket being popped,
  /// which costs a heap's log n; and the horizon should cover the largest, or pushes overflow,
  /// which costs the same. Where both can't be, the horizon counts. Any choice gives the same
  /// order.
  explicit TimingWheel(Duration smallest_latency, Duration largest_latency = {});
  TimingWheel(const TimingWheel&) = delete;
  TimingWheel& operator=(const TimingWheel&) = delete;

  void push(Time time, std::uint64_t id, std::uint32_t destination) {
    if (id > newest_) advance_newest(id);
    ++size_;
    place(time, id, destination);
  }

  /// As many pushes with one id; kNever is skipped. Gives the number pushed.
  std::size_t push_all(std::span<const Time> times, std::uint64_t id,
                       std::span<const ProcessId> to) {
    if (id > newest_) advance_newest(id);
    const unsigned shift = shift_;
    const std::uint64_t within = (std::uint64_t{1} << shift) - 1;
    const std::uint64_t cursor = cursor_;
    const std::uint64_t name = (id & kIdMask) << kIdAt;
    const bool recent = newest_ - id < kSweepEvery;
    std::size_t never = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const auto t = static_cast<std::uint64_t>(nanoseconds(times[i]));
      if ((t >> shift) - cursor - 1 < kBuckets - 1 && recent) [[likely]] {
        append(t >> shift, (t & within) << kTimeAt | name | to[i].value);
      } else if (times[i] != kNever) {
        place(times[i], id, to[i].value);
      } else {
        ++never;
      }
    }
    size_ += times.size() - never;
    return times.size() - never;
  }

  bool pop(Time limit, QueuedEvent& out) {
    const std::uint64_t word = std::min(*next_, late_least_);
    if (word == kNone) return turn_and_pop(limit, out);
    const std::int64_t time = time_of(word);
    if (time >= overflow_time_ && overflow_is_next(word)) return pop_overflow(limit, out);
    if (time > nanoseconds(limit)) return false;
    if (word == *next_) {
      ++next_;
    } else {
      pop_late();
    }
    --size_;
    out = event(time, word);
    return true;
  }

  bool ahead(std::size_t k, QueuedEvent& out) const {
    if (k >= static_cast<std::size_t>(run_end_ - next_)) return false;
    out = event(time_of(next_[k]), next_[k]);
    return true;
  }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const;
  Duration bucket_width() const { return Duration{std::int64_t{1} << shift_}; }

 private:
  static constexpr unsigned kIdAt = 18;
  static constexpr unsigned kTimeAt = 46;
  static constexpr unsigned kTimeBits = 18;
  static constexpr std::uint64_t kIdMask = (std::uint64_t{1} << 28) - 1;
  static constexpr std::uint64_t kIdTop = std::uint64_t{1} << (kIdAt + 27);
  static constexpr std::uint64_t kDestinationMask = (1u << 18) - 1;
  static constexpr std::uint64_t kSweepEvery = std::uint64_t{1} << 26;
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};  // no event: its destination can't be
  static constexpr std::uint64_t kBuckets = 4096;
  static constexpr std::uint32_t kInline = 6;
  static constexpr std::uint32_t kChunk = 32;
  static constexpr std::uint32_t kSlab = 256;  // chunks

  /// One cache line: the first events; the others are in a list of chunks.
  struct alignas(64) Bucket {
    std::uint32_t count = 0;
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
    std::array<std::uint64_t, kInline> first;
  };
  struct alignas(64) Chunk {
    std::array<std::uint64_t, kChunk> words;
  };

  void place(Time time, std::uint64_t id, std::uint32_t destination) {
    assert(destination < kDestinationLimit);
    const auto t = static_cast<std::uint64_t>(nanoseconds(time));
    const std::uint64_t turns = (t >> shift_) - cursor_;
    const bool recent = newest_ - id < kSweepEvery;
    if (turns - 1 < kBuckets - 1 && recent) [[likely]] {
      append(t >> shift_, word_of(t, id, destination));
    } else if (turns == 0 && recent) {
      push_late(word_of(t, id, destination));
    } else {
      push_overflow(QueuedEvent{.time = time, .id = id, .destination = destination});
    }
  }

  std::uint64_t word_of(std::uint64_t t, std::uint64_t id, std::uint32_t destination) const {
    return (t & ((std::uint64_t{1} << shift_) - 1)) << kTimeAt | (id & kIdMask) << kIdAt |
           destination;
  }

  /// Of a word of the current run, ns.
  std::int64_t time_of(std::uint64_t word) const {
    return run_start_ + static_cast<std::int64_t>(word >> kTimeAt);
  }
  /// The event a word of the current run stands for.
  QueuedEvent event(std::int64_t time, std::uint64_t word) const {
    return QueuedEvent{.time = Time{Duration{time}},
                       .id = full_id(word ^ flip_),
                       .destination = static_cast<std::uint32_t>(word & kDestinationMask)};
  }
  std::uint64_t full_id(std::uint64_t word) const {
    return newest_ - ((newest_ - (word >> kIdAt)) & kIdMask);
  }

  void append(std::uint64_t bucket_number, std::uint64_t word) {
    const std::uint64_t slot = bucket_number % kBuckets;
    Bucket& bucket = buckets_[slot];
    const std::uint32_t at = bucket.count++;
    if (at < kInline) {
      bucket.first[at] = word;
      occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
      occupied_words_ |= std::uint64_t{1} << (slot / 64);
      return;
    }
    const std::uint32_t in_chunk = (at - kInline) % kChunk;
    if (in_chunk == 0) add_chunk(bucket);
    chunk(bucket.tail).words[in_chunk] = word;
  }

  void clear_occupied(std::uint64_t slot) {
    occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    if (occupied_[slot / 64] == 0) occupied_words_ &= ~(std::uint64_t{1} << (slot / 64));
  }

  Chunk& chunk(std::uint32_t c) { return slabs_[c / kSlab][c % kSlab]; }
  static void fetch_ahead(const Chunk& chunk);
  void add_chunk(Bucket& bucket);
  void free_chunks(const Bucket& bucket);
  /// f(first, last) for each contiguous piece of the bucket, in the order of the pushes.
  template <class F>
  void for_each_piece(const Bucket& bucket, F f);

  void advance_newest(std::uint64_t id) {
    if (id >= next_sweep_) sweep(id);
    newest_ = id;
  }
  void sweep(std::uint64_t id);

  /// The bit to turn in words so that they sort like the whole ids do: when the 28 bits have just
  /// wrapped, what lies before the wrap must come first.
  std::uint64_t wanted_flip() const { return (newest_ >> 27 & 1) != 0 ? 0 : kIdTop; }

  bool turn_and_pop(Time limit, QueuedEvent& out);
  std::uint64_t next_bucket() const;
  void load(Bucket& bucket);
  void sort_run(const Bucket& bucket);
  void set_cursor(std::uint64_t bucket_number) {
    cursor_ = bucket_number;
    run_start_ = static_cast<std::int64_t>(bucket_number << shift_);
  }

  void push_late(std::uint64_t word);
  void pop_late();
  void push_overflow(const QueuedEvent& event);
  bool overflow_is_next(std::uint64_t word) const {
    return overflow_.front() < event(time_of(word), word);
  }
  bool pop_overflow(Time limit, QueuedEvent& out);

  // The current run: bucket number cursor_, its words sorted (and flipped) and ended by kNone.
  const std::uint64_t* next_ = nullptr;
  const std::uint64_t* run_end_ = nullptr;
  std::uint64_t late_least_ = kNone;
  std::int64_t run_start_ = 0;
  std::int64_t overflow_time_;  // of the first in overflow_, or later than all
  std::uint64_t flip_ = kIdTop;
  std::uint64_t newest_ = 0;
  std::uint64_t next_sweep_ = kSweepEvery;
  std::uint64_t cursor_ = 0;
  unsigned shift_;
  std::size_t size_ = 0;

  std::unique_ptr<Bucket[]> buckets_;
  std::uint64_t occupied_words_ = 0;
  std::array<std::uint64_t, kBuckets / 64> occupied_{};
  std::vector<std::unique_ptr<Chunk[]>> slabs_;
  std::vector<std::uint32_t> chunk_after_;  // by chunk: the next of its bucket, or of the free list
  std::uint32_t free_chunk_;

  std::vector<std::uint64_t> run_;
  std::vector<std::uint64_t> scratch_;
  std::vector<std::uint64_t> late_;    // heap, least first
  std::vector<QueuedEvent> overflow_;  // heap, least first
};
static_assert(EventQueue<TimingWheel>);

}  // namespace byzlab
