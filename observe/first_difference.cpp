// Running two scenarios again, chunk by chunk.
#include "observe/first_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/codec.h"
#include "base/event_names.h"

namespace byzlab {
namespace {

constexpr std::uint64_t kChunk = 4096;

/// One event in words, or as a number: both say everything that the event holds.
class Words {
 public:
  explicit Words(const MessageTable* messages) : messages_(messages) {}

  std::string text(const Event& event) const {
    return std::visit([&](const auto& e) { return of(e); }, event);
  }

  std::uint64_t fingerprint(Time now, const Event& event) const {
    FastHash hash;
    hash.word(static_cast<std::uint64_t>(nanoseconds(now)));
    hash.word(event.index());
    std::visit([&](const auto& e) { into(hash, e); }, event);
    return hash.value();
  }

 private:
  const MessageType* type_of(MessageKind kind) const {
    return messages_ && kind.value < kKindLimit ? (*messages_)[kind.value] : nullptr;
  }
  std::string_view kind_name(MessageKind kind) const {
    const auto* type = type_of(kind);
    return type ? type->name : std::string_view("?");
  }

  std::string of(const Delivered& e) const {
    const auto& m = *e.message;
    auto line = fmt::format("deliver {} r{} to p{}, sent at {:.9f} s ", kind_name(m.kind()),
                            m.from().value, e.to.value, seconds(e.sent));
    if (const auto* type = type_of(m.kind())) type->json(m.payload(), line);
    return line;
  }
  std::string of(const Dropped& e) const {
    return fmt::format("drop {} p{} to p{}", kind_name(e.kind), e.from.value, e.to.value);
  }
  std::string of(const Committed& e) const {
    return fmt::format("commit r{} height {} block {} view {}", e.replica.value,
                       e.block->height.value, e.block->digest.short_hex(), e.block->view.value);
  }
  std::string of(const ViewEntered& e) const {
    return fmt::format("view r{} enters {}, leader r{}", e.replica.value, e.view.value,
                       e.leader.value);
  }
  std::string of(const Noted& e) const {
    return fmt::format("{} r{} view {} value {}", name_of(e.milestone), e.replica.value,
                       e.view.value, e.value);
  }
  std::string of(const ReplicaState& e) const {
    constexpr const char* names[] = {"up", "crashed", "paused", "resumed"};
    return fmt::format("r{} {}", e.replica.value, names[static_cast<int>(e.now)]);
  }
  std::string of(const FaultChanged& e) const {
    return fmt::format("fault {} {}", e.fault, e.active ? "begins" : "ends");
  }
  std::string of(const RequestSubmitted& e) const {
    return fmt::format("client {} submits", e.client.value);
  }
  std::string of(const RequestCompleted& e) const {
    return fmt::format("client {} is answered after {:.9f} s", e.client.value,
                       static_cast<double>(e.latency.count()) / 1e9);
  }

  std::string of(const RequestExpired& e) const {
    return fmt::format("client {} gives up", e.client.value);
  }

  void into(FastHash& hash, const Delivered& e) const {
    const auto& m = *e.message;
    hash.word(std::uint64_t{m.from().value} << 32 | e.to.value);
    hash.word(static_cast<std::uint64_t>(nanoseconds(e.sent)));
    hash.word(m.kind().value);
    if (const auto* type = type_of(m.kind())) hash.word(type->digest(m.payload()));
  }
  void into(FastHash& hash, const Dropped& e) const {
    hash.word(std::uint64_t{e.from.value} << 32 | e.to.value);
    hash.word(std::uint64_t{e.kind.value} << 8 | static_cast<std::uint64_t>(e.reason));
  }
  /// The rest is rare: its words will do.
  template <class E>
  void into(FastHash& hash, const E& e) const {
    for (const char c : of(e)) hash.word(static_cast<unsigned char>(c));
  }

  const MessageTable* messages_;
};

/// Sees a run: fingerprints of its chunks, and the events of one of them as text.
class ChunkWatch final : public RunObserver {
 public:
  explicit ChunkWatch(const std::atomic<bool>& interrupt) : interrupt_(interrupt) {}

  Interest interest() const override {
    return Interest::in<Committed, ViewEntered, Noted, Delivered, Dropped, ReplicaState,
                        FaultChanged, RequestSubmitted, RequestCompleted, RequestExpired>();
  }
  void begin(const RunInfo& info) override { words_ = Words(info.messages); }

  void on(Time now, const Event& event) override {
    if (stop.load(std::memory_order_relaxed)) return;
    const auto chunk = events / kChunk;
    if (keep && chunk == *keep) {
      kept.push_back({now, words_.text(event)});
      prints.push_back(words_.fingerprint(now, event));
    }
    hash_.word(words_.fingerprint(now, event));
    if (++events % kChunk != 0) return;
    close_chunk();
    if ((keep && chunk == *keep) || interrupt_.load(std::memory_order_relaxed)) stop = true;
  }
  void end(Time, const Report&) override {
    if (events % kChunk != 0) close_chunk();
  }

  const std::vector<std::uint64_t>* other = nullptr;  ///< chunks of the run to compare with
  std::optional<std::uint64_t> keep = {};             ///< the chunk to keep as text
  std::atomic<bool> stop{false};
  std::uint64_t events = 0;
  std::vector<std::uint64_t> chunks;
  std::vector<SeenEvent> kept;
  std::vector<std::uint64_t> prints;

 private:
  void close_chunk() {
    const auto at = chunks.size();
    chunks.push_back(hash_.value());
    if (other && (at >= other->size() || (*other)[at] != chunks[at])) stop = true;
  }

  const std::atomic<bool>& interrupt_;
  Words words_{nullptr};
  FastHash hash_;
};

/// The trace hash; 0 when it was stopped.
std::uint64_t watch(const scenario::Scenario& scenario, ChunkWatch& watch) {
  RunObserver* observers[] = {&watch};
  const auto report = run(
      scenario,
      RunOptions{.world = World::sim, .seed = scenario.seed.value_or(1), .interrupt = &watch.stop},
      observers);
  return report.interrupted ? 0 : report.trace_hash;
}

}  // namespace

Lockstep first_difference(const scenario::Scenario& a, const scenario::Scenario& b,
                          const std::atomic<bool>& interrupt) {
  Lockstep result;
  ChunkWatch whole_a(interrupt), whole_b(interrupt);
  result.hash_a = watch(a, whole_a);
  whole_b.other = &whole_a.chunks;
  if (!interrupt) result.hash_b = watch(b, whole_b);
  result.interrupted = interrupt;
  const auto common = std::min(whole_a.chunks.size(), whole_b.chunks.size());
  std::uint64_t chunk = 0;
  while (chunk < common && whole_a.chunks[chunk] == whole_b.chunks[chunk]) ++chunk;
  result.events = std::min({chunk * kChunk, whole_a.events, whole_b.events});
  if (interrupt || (chunk == common && whole_a.chunks.size() == whole_b.chunks.size()))
    return result;

  ChunkWatch part_a(interrupt), part_b(interrupt);
  part_a.keep = part_b.keep = chunk;
  watch(a, part_a);
  watch(b, part_b);
  result.interrupted = interrupt;
  std::size_t i = 0;
  while (i < part_a.prints.size() && i < part_b.prints.size() &&
         part_a.prints[i] == part_b.prints[i])
    ++i;
  result.events = chunk * kChunk + i;
  FirstDifference first{.number = result.events + 1, .a = {}, .b = {}};
  if (i < part_a.kept.size()) first.a = part_a.kept[i];
  if (i < part_b.kept.size()) first.b = part_b.kept[i];
  if (first.a || first.b) result.first = std::move(first);
  return result;
}

}  // namespace byzlab
