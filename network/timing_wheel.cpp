#include "network/timing_wheel.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

namespace byzlab {

namespace {

constexpr std::int64_t kNoOverflow = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t kNoChunk = ~std::uint32_t{0};

unsigned width_shift(Duration smallest, Duration largest) {
  constexpr unsigned kNarrowest = 10;
  constexpr unsigned kWidest = 18;
  const auto log2_down = [](std::int64_t ns) {
    return ns <= 1 ? 0u : static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(ns))) - 1;
  };
  // Half as much again for the wait in uplinks and CPUs.
  const unsigned horizon = log2_down(largest.count() / 4096 * 3 / 2) + 1;
  return std::clamp(std::max(log2_down(smallest.count()), horizon), kNarrowest, kWidest);
}

/// Puts a word among `count` sorted ones; gives its place.
std::size_t insert(std::uint64_t* words, std::size_t count, std::uint64_t word) {
  std::size_t at = count;
  for (; at > 0 && words[at - 1] > word; --at) words[at] = words[at - 1];
  words[at] = word;
  return at;
}

/// Insertion sort that gives up after `budget` moves: linear on what is nearly sorted. True if
/// sorted.
bool insertion_sort(std::uint64_t* words, std::size_t count, std::size_t budget) {
  for (std::size_t i = 1; i < count; ++i) {
    const std::size_t moved = i - insert(words, i, words[i]);
    if (moved > budget) return false;
    budget -= moved;
  }
  return true;
}

/// One stable pass of counting sort, by `bits` bits of the words from bit `at` on.
void counting_pass(const std::uint64_t* from, std::uint64_t* to, std::size_t count, unsigned at,
                   unsigned bits) {
  std::array<std::uint32_t, 512> start{};
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  for (std::size_t i = 0; i < count; ++i) ++start[from[i] >> at & mask];
  std::uint32_t sum = 0;
  for (auto& s : start) sum += std::exchange(s, sum);
  for (std::size_t i = 0; i < count; ++i) to[start[from[i] >> at & mask]++] = from[i];
}

}  // namespace

TimingWheel::TimingWheel(Duration smallest_latency, Duration largest_latency)
    : overflow_time_(kNoOverflow),
      shift_(width_shift(smallest_latency, largest_latency)),
      buckets_(std::make_unique<Bucket[]>(kBuckets)),
      free_chunk_(kNoChunk),
      run_(kInline + 1, kNone) {
  next_ = run_end_ = run_.data();
}

// ------------------------------------------------------------------------------------ turning

/// Moves on to what comes after the current run, which is used up, and pops its first event. False
/// when that is nothing, or is after the limit.
bool TimingWheel::turn_and_pop(Time limit, QueuedEvent& out) {
  const std::uint64_t number = next_bucket();
  const auto start = number == kNone ? kNoOverflow : static_cast<std::int64_t>(number << shift_);
  if (std::min(start, overflow_time_) > nanoseconds(limit)) return false;
  if (start > overflow_time_ || number == kNone) {
    if (overflow_.empty()) return false;
    // What is pushed from now on belongs near this event; what came from the past stays in the
    // past.
    set_cursor(std::max(cursor_, static_cast<std::uint64_t>(overflow_time_) >> shift_));
    return pop_overflow(limit, out);
  }
  set_cursor(number);
  clear_occupied(number % kBuckets);
  flip_ = wanted_flip();
  load(buckets_[number % kBuckets]);

  const std::uint64_t word = *next_;
  const std::int64_t time = time_of(word);
  if (time > nanoseconds(limit) || time >= overflow_time_) [[unlikely]]
    return pop(limit, out);
  ++next_;
  --size_;
  out = event(time, word);
  return true;
}

/// The number of the first occupied bucket after the current one; kNone when there is none.
std::uint64_t TimingWheel::next_bucket() const {
  if (occupied_words_ == 0) return kNone;
  const std::uint64_t from = (cursor_ + 1) % kBuckets;
  std::uint64_t slot;
  if (const std::uint64_t rest = occupied_[from / 64] >> (from % 64); rest != 0) {
    slot = from + static_cast<unsigned>(std::countr_zero(rest));
  } else {
    const std::uint64_t later = occupied_words_ & (~std::uint64_t{1} << (from / 64));
    const auto word = static_cast<unsigned>(std::countr_zero(later != 0 ? later : occupied_words_));
    slot = word * 64 + static_cast<unsigned>(std::countr_zero(occupied_[word]));
  }
  return cursor_ + 1 + (slot - from) % kBuckets;
}

/// Makes a bucket the current run.
inline void TimingWheel::load(Bucket& bucket) {
  if (bucket.count <= 2) {
    // One or two, as it happens: without a branch that nobody can predict.
    const std::uint64_t one = bucket.first[0] ^ flip_;
    const std::uint64_t other = bucket.count == 2 ? bucket.first[1] ^ flip_ : kNone;
    run_[0] = std::min(one, other);
    run_[1] = std::max(one, other);
  } else if (bucket.count <= kInline) {
    // Sparse times: what there is stands in the bucket itself.
    for (std::uint32_t i = 0; i < bucket.count; ++i)
      insert(run_.data(), i, bucket.first[i] ^ flip_);
  } else {
    sort_run(bucket);
  }
  next_ = run_.data();
  run_end_ = run_.data() + bucket.count;
  run_[bucket.count] = kNone;
  if (bucket.count > kInline) free_chunks(bucket);
  bucket.count = 0;
}

/// Pushes into one bucket mostly come in the order of (id, destination). So it pays to bring the
/// words into rough order of time by stable passes, and to finish with an insertion sort.
[[gnu::noinline]] void TimingWheel::sort_run(const Bucket& bucket) {
  const std::size_t count = bucket.count;
  if (run_.size() <= count) run_.resize((count + 1) * 3 / 2);
  std::uint64_t* const run = run_.data();
  if (count <= 12) {
    std::uint64_t* end = run;
    for_each_piece(bucket, [&](const std::uint64_t* first, const std::uint64_t* last) {
      for (; first != last; ++first) *end++ = *first ^ flip_;
    });
    insertion_sort(run, count, count * count);
    return;
  }

  // About two words a bin, if they are spread evenly.
  constexpr unsigned kMostBits = 13;
  const unsigned bits =
      std::min({static_cast<unsigned>(std::bit_width(count)) - 1, kMostBits, shift_});
  const unsigned at = kTimeAt + shift_ - bits;
  std::array<std::uint32_t, (1u << kMostBits)> start;
  std::fill_n(start.begin(), std::size_t{1} << bits, 0u);
  for_each_piece(bucket, [&](const std::uint64_t* first, const std::uint64_t* last) {
    for (; first != last; ++first) ++start[*first >> at];
  });
  std::uint32_t sum = 0;
  for (std::size_t b = 0; b >> bits == 0; ++b) sum += std::exchange(start[b], sum);
  for_each_piece(bucket, [&](const std::uint64_t* first, const std::uint64_t* last) {
    for (; first != last; ++first) run[start[*first >> at]++] = *first ^ flip_;
  });
  if (insertion_sort(run, count, 4 * count)) return;

  // Many in few bins: sort by all of the time, and if that did not do it, by everything.
  scratch_.resize(std::max(scratch_.size(), count));
  counting_pass(run, scratch_.data(), count, kTimeAt, 9);
  counting_pass(scratch_.data(), run, count, kTimeAt + 9, 9);
  if (!insertion_sort(run, count, 4 * count)) std::sort(run, run + count);
}

// ------------------------------------------------------------------------------------- chunks

/// Chunks of a bucket lie anywhere, so the processor can't guess the next one.
void TimingWheel::fetch_ahead(const Chunk& chunk) {
  for (std::size_t word = 0; word < kChunk; word += 8) __builtin_prefetch(&chunk.words[word]);
}

template <class F>
void TimingWheel::for_each_piece(const Bucket& bucket, F f) {
  f(bucket.first.data(), bucket.first.data() + std::min(bucket.count, kInline));
  std::uint32_t left = bucket.count - std::min(bucket.count, kInline);
  for (std::uint32_t c = bucket.head; left > 0; c = chunk_after_[c]) {
    const std::uint64_t* words = chunk(c).words.data();
    const std::uint32_t here = std::min(left, kChunk);
    left -= here;
    if (left > 0) fetch_ahead(chunk(chunk_after_[c]));
    f(words, words + here);
  }
}

void TimingWheel::add_chunk(Bucket& bucket) {
  if (free_chunk_ == kNoChunk) {
    slabs_.push_back(std::make_unique_for_overwrite<Chunk[]>(kSlab));
    const auto first = static_cast<std::uint32_t>(chunk_after_.size());
    for (std::uint32_t c = first + 1; c <= first + kSlab; ++c) chunk_after_.push_back(c);
    chunk_after_.back() = kNoChunk;
    free_chunk_ = first;
  }
  const std::uint32_t fresh = free_chunk_;
  free_chunk_ = chunk_after_[fresh];
  if (bucket.count - 1 == kInline) {
    bucket.head = fresh;
  } else {
    chunk_after_[bucket.tail] = fresh;
  }
  bucket.tail = fresh;
}

void TimingWheel::free_chunks(const Bucket& bucket) {
  chunk_after_[bucket.tail] = free_chunk_;
  free_chunk_ = bucket.head;
}

// ------------------------------------------------------------------------- late and overflow

void TimingWheel::push_late(std::uint64_t word) {
  if (const std::uint64_t wanted = wanted_flip(); wanted != flip_) {
    // The 28 bits wrapped while this bucket is popped. Turning the bit in all keeps their order.
    for (auto* w = run_.data() + (next_ - run_.data()); w != run_end_; ++w) *w ^= kIdTop;
    for (auto& w : late_) w ^= kIdTop;
    flip_ = wanted;
  }
  late_.push_back(word ^ flip_);
  std::ranges::push_heap(late_, std::greater{});
  late_least_ = late_.front();
}

void TimingWheel::pop_late() {
  std::ranges::pop_heap(late_, std::greater{});
  late_.pop_back();
  late_least_ = late_.empty() ? kNone : late_.front();
}

void TimingWheel::push_overflow(const QueuedEvent& event) {
  overflow_.push_back(event);
  std::ranges::push_heap(overflow_, std::greater{});
  overflow_time_ = nanoseconds(overflow_.front().time);
}

bool TimingWheel::pop_overflow(Time limit, QueuedEvent& out) {
  if (overflow_.front().time > limit) return false;
  std::ranges::pop_heap(overflow_, std::greater{});
  out = overflow_.back();
  overflow_.pop_back();
  overflow_time_ = overflow_.empty() ? kNoOverflow : nanoseconds(overflow_.front().time);
  --size_;
  return true;
}

/// Before `id` becomes the newest: whatever 28 bits could soon not name any more becomes overflow,
/// where ids are whole.
void TimingWheel::sweep(std::uint64_t id) {
  const std::uint64_t oldest = id - kSweepEvery;  // id ≥ next_sweep_ ≥ kSweepEvery
  next_sweep_ = id + kSweepEvery;

  std::vector<std::uint64_t> words;
  for (std::uint64_t number = cursor_ + 1; number < cursor_ + kBuckets; ++number) {
    Bucket& bucket = buckets_[number % kBuckets];
    if (bucket.count == 0) continue;
    words.clear();
    for_each_piece(bucket, [&](const std::uint64_t* first, const std::uint64_t* last) {
      words.insert(words.end(), first, last);
    });
    if (bucket.count > kInline) free_chunks(bucket);
    bucket.count = 0;
    clear_occupied(number % kBuckets);
    const auto start = static_cast<std::int64_t>(number << shift_);
    for (const std::uint64_t word : words) {
      if (full_id(word) > oldest) {
        append(number, word);
      } else {
        push_overflow(event(start + static_cast<std::int64_t>(word >> kTimeAt), word ^ flip_));
      }
    }
  }

  // The current run and what came late to it: rebuilt as a run, its words are sorted already.
  words.assign(next_, run_end_);
  const auto late = static_cast<std::ptrdiff_t>(words.size());
  words.insert(words.end(), late_.begin(), late_.end());
  std::sort(words.begin() + late, words.end());
  std::inplace_merge(words.begin(), words.begin() + late, words.end());
  late_.clear();
  late_least_ = kNone;
  std::erase_if(words, [&](std::uint64_t word) {
    const bool old = full_id(word ^ flip_) <= oldest;
    if (old) push_overflow(event(run_start_ + static_cast<std::int64_t>(word >> kTimeAt), word));
    return old;
  });
  run_.assign(words.begin(), words.end());
  run_.push_back(kNone);
  next_ = run_.data();
  run_end_ = run_.data() + words.size();
}

std::size_t TimingWheel::memory_bytes() const {
  return sizeof(*this) + kBuckets * sizeof(Bucket) + slabs_.size() * kSlab * sizeof(Chunk) +
         slabs_.capacity() * sizeof(slabs_[0]) + chunk_after_.capacity() * sizeof(chunk_after_[0]) +
         (run_.capacity() + scratch_.capacity() + late_.capacity()) * sizeof(std::uint64_t) +
         overflow_.capacity() * sizeof(QueuedEvent);
}

}  // namespace byzlab
