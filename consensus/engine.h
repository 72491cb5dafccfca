// THE FILE TO READ: what a consensus protocol is to byzlab.
//
// An engine turns (state, input) into (state, effects). Inputs are a start, a message, a timer, a
// request; effects are values the host carries out after the handler returns: send, broadcast, set
// or cancel a timer, commit, persist, note. An engine has no clock, no socket, no thread and no
// global: everything it may know comes through Context, and the same inputs give the same effects.
//
// What the host guarantees:
//  - on_message gets authentic messages only: the bytes decoded and the signature is `from`'s.
//    `from` is the author; who relayed it is the overlay's business. A field inside a message
//    proves nothing.
//  - broadcast includes self; the copy to self arrives next, before anything else, on a perfect
//    link. A send to self arrives the same way.
//  - effects are carried out in the order given, except that what a call persists (or what save()
//    would write after it) is durable before anything it sends leaves.
//  - a record whose author is self is signed when it leaves; somebody else's (relayed, replayed)
//    leaves as it is, under its author's signature, and is delivered as the author's.
//  - after a crash, a new engine is made and start() finds in recovered() what was durable; nothing
//    else survives, timers neither.
#pragma once

#include <cstring>
#include <span>
#include <variant>
#include <vector>

#include "base/block.h"
#include "base/crypto.h"
#include "base/event.h"
#include "base/ids.h"
#include "base/message.h"
#include "base/rng.h"
#include "base/time.h"
#include "consensus/committee.h"
#include "consensus/mempool.h"
#include "consensus/tallies.h"

namespace byzlab {

class Context;

/// A timer of one process. `owner` and `id` name it: setting a live one re-arms it. `payload` comes
/// back when it fires. Engines use owner 0; what wraps or serves an engine uses another.
struct Timer {
  std::uint8_t owner = 0;
  std::uint8_t id = 0;
  std::uint64_t payload = 0;

  constexpr bool same_key(Timer other) const { return owner == other.owner && id == other.id; }
};

/// Records of bytes in the order written, end to end in one buffer, each behind its length.
/// Iterates as spans.
class RecordLog {
 public:
  void append(std::span<const std::byte> record) {
    const auto length = static_cast<std::uint32_t>(record.size());
    last_ = bytes_.size();
    bytes_.append(&length, sizeof(length));
    bytes_.append(record.data(), record.size());
    ++size_;
  }
  void clear() {
    bytes_.clear();
    last_ = 0;
    size_ = 0;
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Of those in the log; it must not be empty.
  std::span<const std::byte> last() const { return record_at(last_); }

  struct Iterator {
    const RecordLog* log;
    std::size_t at;
    std::span<const std::byte> operator*() const { return log->record_at(at); }
    Iterator& operator++() {
      at += sizeof(std::uint32_t) + (**this).size();
      return *this;
    }
    bool operator==(const Iterator&) const = default;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, bytes_.size()}; }

 private:
  std::span<const std::byte> record_at(std::size_t at) const {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes_.data() + at, sizeof(length));
    return std::span(bytes_).subspan(at + sizeof(length), length);
  }

  ByteBuffer bytes_;
  std::size_t last_ = 0;  // where the last record begins
  std::size_t size_ = 0;
};

/// What survives a crash: a log of records, and the blocks it refers to, both in the order written.
struct DurableState {
  RecordLog records;
  std::vector<BlockRef> blocks;
  bool empty() const { return records.empty() && blocks.empty(); }
  /// Makes one described value the whole log.
  template <class T>
  void replace_records(const T& record) {
    Bytes bytes;
    ByteWriter writer(bytes);
    byzlab::encode(record, writer);
    records.clear();
    records.append(bytes);
  }
};

class Engine {
 public:
  virtual ~Engine() = default;
  /// Once, before any other input; also after a restart: ctx.recovered() holds what was durable.
  virtual void start(Context&) = 0;
  virtual void on_message(Context&, ReplicaId from, const Message&) = 0;
  virtual void on_timer(Context&, Timer) = 0;
  /// A request reached this replica's mempool. Engines that pull when they propose need not care.
  virtual void on_request(Context&) {}
  /// True while it fetches what others have decided and it lacks.
  virtual bool syncing() const { return false; }
  /// For engines whose durable state is some of their members: writes these over `durable`. Asked
  /// when the process crashes, so that it costs nothing before. What it would write after a call is
  /// durable before anything that call sends leaves. Who does this does not persist().
  virtual void save([[maybe_unused]] DurableState& durable) const {}
};

// Effects. Small trivially copyable values. An effect that names a message or a block owns one hold
// of it (MessageStore::hold, intrusive_ptr_add_ref): the host releases that when it has carried the
// effect out, and whoever takes an effect away releases it instead.
struct Send {
  ReplicaId to;
  Message* message;
};
struct Broadcast {
  Message* message;
};
struct SetTimer {
  Timer timer;
  Duration after;
};
struct CancelTimer {
  Timer timer;
};
struct Commit {
  const Block* block;
  const Block* certified;  ///< or null: `block` itself is what was certified
};
struct Persist {
  std::uint32_t begin, end;  ///< range of Outbox::bytes
  bool replace;              ///< forget all earlier records first
};
struct PersistBlock {
  const Block* block;
};
struct Note {
  Milestone milestone;
  View view;
  std::uint64_t value;
  Digest subject;
  const Block* block;  ///< or null
};
struct EnterView {
  View view;
  ReplicaId leader;
  Height height{};
};

using Effect = std::variant<Send, Broadcast, SetTimer, CancelTimer, Commit, Persist, PersistBlock,
                            Note, EnterView>;
static_assert(std::is_trivially_copyable_v<Effect>);

/// Effects in their order. A vector, but for this: every vote passes here, so putting one in its
/// place calls nothing.
class Effects {
 public:
  template <class E, class... Members>
  [[gnu::always_inline]] void put(Members... members) {
    if (size_ == places_.size()) [[unlikely]]
      grow();
    ::new (static_cast<void*>(&places_[size_])) Effect(std::in_place_type<E>, members...);
    ++size_;
  }
  void push_back(const Effect& effect) {
    if (size_ == places_.size()) grow();
    places_[size_++] = effect;
  }
  void clear() { size_ = 0; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const Effect* begin() const { return places_.data(); }
  const Effect* end() const { return places_.data() + size_; }

 private:
  [[gnu::noinline]] void grow() { places_.resize(2 * places_.size() + 8); }

  std::vector<Effect> places_;  // the first size_ of them are
  std::size_t size_ = 0;
};

/// The effects of one handler, in order, with what they refer to.
struct Outbox {
  Effects effects;
  ByteBuffer bytes;
  bool keeps_notes = true;  ///< false: nobody listens, so notes are not even written down

  bool empty() const { return effects.empty(); }
  /// Forgets effects whose holds have been released.
  void clear() {
    effects.clear();
    bytes.clear();
  }
  /// Forgets all effects without carrying them out.
  void discard(MessageStore& store);
};

/// Everything an engine may know and do. Made for one handler call, never stored.
class Context {
 public:
  /// What stays the same between the calls of one process.
  struct Environment {
    ReplicaId self;
    const Committee* committee;
    const Crypto* crypto;
    MessageStore* store;
    Tallies* tallies = nullptr;  ///< null: nobody looks at them
    Mempool* mempool;
    const DurableState* recovered;
    Rng* rng;  ///< this process's stream
  };

  Context(const Environment& environment, Time now, Outbox& outbox)
      : environment_(environment), now_(now), outbox_(outbox) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Inputs.
  ReplicaId self() const { return environment_.self; }
  const Committee& committee() const { return *environment_.committee; }
  std::uint32_t n() const { return environment_.committee->n(); }
  Time now() const { return now_; }
  Rng& rng() { return *environment_.rng; }
  const Crypto& crypto() const { return *environment_.crypto; }
  const DurableState& recovered() const { return *environment_.recovered; }
  bool has_requests() const { return environment_.mempool->pending(); }
  /// The next requests to order; see Mempool::batch.
  std::vector<Request> batch(BatchLimit limit, std::span<const BlockRef> in_flight = {}) {
    return environment_.mempool->batch(limit, in_flight);
  }
  MessageStore& store() { return *environment_.store; }

  // Outputs, recorded as values.
  template <Wire M>
  void send(ReplicaId to, M message) {
    relay(to, *environment_.store->make(self(), std::move(message)));
  }
  /// To everybody, self included.
  template <Wire M>
  void broadcast(M message) {
    relay(*environment_.store->make(self(), std::move(message)));
  }
  /// Sends a record as it is, whoever its author.
  void relay(ReplicaId to, const Message& record) {
    put<Send>(to, environment_.store->hold(record));
  }
  /// The same to everybody, self included.
  void relay(const Message& record) { put<Broadcast>(environment_.store->hold(record)); }
  void set_timer(Timer timer, Duration after) { put<SetTimer>(timer, after); }
  void cancel_timer(Timer timer) { put<CancelTimer>(timer); }
  /// Finality, as this engine means it. A second block at the same height is a violation, or a
  /// reorganisation deeper than the confirmation depth; the testbed tells which.
  void commit(const BlockRef& block) { put<Commit>(held(block), nullptr); }
  /// The same where less is executed than was certified: `block` is `certified` without the
  /// requests that this log has already. Observers check that it is that and nothing else.
  void commit(const BlockRef& block, const BlockRef& certified) {
    put<Commit>(held(block), held(certified));
  }
  /// Appends one described value to the durable log, before anything this call sends leaves.
  template <class T>
  void persist(const T& record) {
    append(record, false);
  }
  /// Makes `record` the whole durable log: a checkpoint.
  template <class T>
  void persist_only(const T& record) {
    append(record, true);
  }
  void persist_block(const BlockRef& block) { put<PersistBlock>(held(block)); }
  /// Tells observers; changes nothing. A block that nobody has seen yet is shown with it.
  void note(Milestone milestone, View view, std::uint64_t value = 0, const Digest& subject = {},
            const BlockRef& block = {}) {
    if (!outbox_.keeps_notes) return;
    put<Note>(milestone, view, value, subject, held(block));
  }
  // Counts for whoever looks (see tallies.h); they change nothing.
  /// A proposal of `from` was handled.
  void tally(ReplicaId from, ProposalFate fate) {
    if (environment_.tallies == nullptr || from == self()) [[likely]]
      return;
    ++environment_.tallies->proposals[static_cast<std::size_t>(fate)];
  }
  /// A vote of `from` in a phase of EngineInfo::vote_phases was handled.
  void tally(ReplicaId from, std::size_t phase, VoteFate fate) {
    if (environment_.tallies == nullptr || from == self()) [[likely]]
      return;
    ++environment_.tallies->votes[phase % Tallies::kPhases][static_cast<std::size_t>(fate)];
  }
  /// A progress timer fired, of EngineInfo::timer_phases: beside the note of it.
  void tally_timeout(std::size_t phase) {
    if (environment_.tallies != nullptr) ++environment_.tallies->timeouts[phase];
  }
  /// Tells which view this replica is in and who leads it (role:leader in scenarios). A protocol
  /// whose views (rounds) begin anew at every height says the height, too: later is what has the
  /// greater (height, view).
  void enter_view(View view, ReplicaId leader, Height height = Height(0)) {
    put<EnterView>(view, leader, height);
  }

  /// For wrappers around an engine: the effects recorded so far.
  Outbox& outbox() { return outbox_; }

 private:
  static const Block* held(BlockRef block) { return block.detach(); }
  /// Made in its place: a copy of what was just written in pieces would wait for them.
  template <class E, class... Members>
  [[gnu::always_inline]] void put(Members... members) {
    outbox_.effects.put<E>(members...);
  }
  template <class T>
  void append(const T& value, bool replace) {
    const auto begin = static_cast<std::uint32_t>(outbox_.bytes.size());
    ByteWriter writer(outbox_.bytes);
    byzlab::encode(value, writer);
    put<Persist>(begin, static_cast<std::uint32_t>(outbox_.bytes.size()), replace);
  }

  const Environment& environment_;
  Time now_;
  Outbox& outbox_;
};

/// What DurableState::replace_records() wrote last, or `otherwise` where nothing was.
template <class T>
T last_record(const Context& ctx, T otherwise = {}) {
  if (ctx.recovered().records.empty()) return otherwise;
  T record = otherwise;
  ByteReader reader(ctx.recovered().records.last(), ctx.crypto().hash_scheme());
  return byzlab::decode(reader, record) ? record : otherwise;
}

}  // namespace byzlab
