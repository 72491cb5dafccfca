// recording.json: what a run did, for those who look at it later: blocks with their parents and
// fates, commits, views, states and notes of every replica. Tables are columns; time is simulated
// seconds.
//
// Rows beyond a bound are counted in "truncated", not kept, so that no run makes a page too large
// to open and nothing is lost in silence. Of requests, which are many, a twentieth of that bound is
// kept, evenly over the run.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "testbed/run.h"

namespace byzlab {

class Recording final : public RunObserver {
 public:
  /// At most `rows` of each table.
  explicit Recording(std::size_t rows = 200'000) : rows_(rows) {}

  Interest interest() const override;
  void begin(const RunInfo& info) override;
  void on(Time now, const Event& event) override;

  /// The file's content.
  std::string json() const { return json(id_digits()); }
  /// The same with blocks called by so many digits: while it grows, names must not change.
  std::string json(int digits) const;

  /// How much of a recording that still grows somebody has seen, of all there ever was.
  struct Seen {
    std::size_t blocks = 0, commits = 0, views = 0, states = 0, notes = 0;
    std::uint64_t changes = 0;  ///< of blocks
    bool operator==(const Seen&) const = default;
  };
  Seen all() const;
  /// The rows that are no longer there, of the beginning.
  const Seen& forgotten() const { return forgotten_; }
  /// The tables' rows since `seen`, in the form of json(); empty when there are none.
  std::string rows_since(const Seen& seen, int digits) const;
  /// Blocks of before `seen` that changed since: {"row":[…], …all columns}; empty for none. Rows
  /// are counted from the first that is there.
  std::string blocks_changed_since(const Seen& seen, int digits) const;
  /// The oldest quarter of each table goes that one more event could make full. What points to a
  /// block that went points nowhere then.
  void make_room();

  /// Two honest replicas committed different blocks at a height (or one did, one after the other).
  struct Conflict {
    struct Commit {
      Time at;
      ReplicaId replica;
      Digest block;
    };
    Commit first, second;
  };
  /// The first one; among the rows kept.
  std::optional<Conflict> conflict() const;

  /// How many hex digits of its digest name a block: as few as are unique in the run, six or more.
  int id_digits() const;

 private:
  using BlockIndex = std::int32_t;
  static constexpr BlockIndex kNone = -1;

  struct BlockRow {
    Digest digest;
    Digest parent{};           // zero: the engine's blocks name none
    BlockIndex below = kNone;  // then: what its first committer has beneath it
    std::uint64_t height = 0, view = 0;
    std::int32_t proposer = -1;
    std::int32_t tx = 0;
    Time seen{};
    Time committed = kNever, reverted = kNever, published = kNever;
    std::uint32_t commits = 0;
    bool withheld = false;
    bool known = false;         // the block itself was seen, not only its digest
    std::uint64_t changed = 0;  // changes_ when it last did
  };
  struct CommitRow {
    Time at;
    std::uint32_t replica;
    BlockIndex block;
  };
  struct ViewRow {
    Time at;
    std::uint32_t replica, leader;
    std::uint64_t view, height;
  };
  struct StateRow {
    Time at;
    std::uint32_t replica;
    ReplicaState::Now now;
  };
  struct RequestRow {
    Time at;  ///< accepted by its client
    std::uint32_t client;
    Duration latency;
  };
  struct NoteRow {
    Time at;
    std::uint32_t replica;
    Milestone what;
    std::uint64_t view, value;
    BlockIndex block;
  };
  struct DigestHash {
    std::size_t operator()(const Digest& d) const { return d.words[0]; }
  };

  void note(Time now, const Committed& e);
  void note(Time now, const ViewEntered& e);
  void note(Time now, const Noted& e);
  void note(Time now, const ReplicaState& e);
  void note(Time now, const RequestCompleted& e);
  /// The row of a block; a new one when there is room, else kNone.
  BlockIndex row_of(Time now, const Digest& digest);
  BlockIndex row_of(Time now, const Block& block);
  BlockIndex find(const Digest& digest) const;
  BlockIndex parent_of(const BlockRow& block) const;
  void forget_blocks(std::size_t count);
  void publish(Time now, BlockIndex tip);
  void revert(Time now, BlockIndex tip, std::uint64_t depth);
  bool is_byzantine(std::int64_t replica) const;
  BlockRow& edit(BlockIndex b);
  std::string tables_json(const Seen& from, int digits) const;
  std::string requests_json() const;
  std::string places_json() const;
  std::string blocks_json(std::span<const BlockRow> rows, int digits) const;

  std::size_t rows_;
  RunInfo info_;
  std::vector<bool> byzantine_;  // by replica

  std::vector<BlockRow> blocks_;
  boost::unordered_flat_map<Digest, BlockIndex, DigestHash> index_;
  std::vector<CommitRow> commits_;
  /// What a process has at a height: of the rows in commits_.
  boost::unordered_flat_map<std::uint64_t, BlockIndex> at_height_;
  std::vector<ViewRow> views_;
  std::vector<StateRow> states_;
  std::vector<NoteRow> notes_;
  /// Every so many of the completed ones: where the table would be full, every other row goes.
  std::vector<RequestRow> requests_;
  std::uint64_t requests_every_ = 1, requests_seen_ = 0;
  std::uint64_t changes_ = 0;
  Seen forgotten_;
  /// By process, where it is not 0: what it has up to there is no longer known.
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> forgotten_heights_;
  struct {
    std::uint64_t blocks = 0, commits = 0, views = 0, states = 0, notes = 0;
  } left_out_;
};

}  // namespace byzlab
