// What a PBFT replica must not forget in a crash, as records of its durable log.
//
// Batches are kept by the host (persist_block); the last one written at a height is the executed
// one. A stable checkpoint replaces all records by one Snapshot.
#pragma once

#include <vector>

#include "consensus/pbft/messages.h"

namespace byzlab::pbft {

enum class RecordKind : std::uint8_t { view, accepted, prepared, committed, executed, snapshot };
BOOST_DESCRIBE_ENUM(RecordKind, view, accepted, prepared, committed, executed, snapshot)

/// The view this replica is in, and O's digests from o_first on once it is active.
struct ViewRecord {
  View view{};
  bool active = false;
  Height o_first{};
  std::vector<Digest> o{};
};
BOOST_DESCRIBE_STRUCT(ViewRecord, (), (view, active, o_first, o))

/// A pre-prepare accepted (or sent, by the primary): no other may be accepted at (view, seq).
/// Stands for the PREPARE it led to.
using AcceptedRecord = Place;

/// Stands for the COMMIT it led to.
using PreparedRecord = Prepared;

/// Executed up to here, and proof of committed(m, v, n), the batch apart: who restarts can still
/// show it to who missed it.
struct CommittedRecord {
  Place place{};
  AggregateSignature commits{};
};
BOOST_DESCRIBE_STRUCT(CommittedRecord, (), (place, commits))

/// Executed up to here by state transfer.
struct ExecutedRecord {
  Height executed{};
};
BOOST_DESCRIBE_STRUCT(ExecutedRecord, (), (executed))

struct SnapshotRecord {
  ViewRecord view{};
  StableCheckpoint stable{};
  Height executed{};
  std::vector<AcceptedRecord> accepted{};
  std::vector<PreparedRecord> prepared{};
  std::vector<CommittedRecord> committed{};
};
BOOST_DESCRIBE_STRUCT(SnapshotRecord, (), (view, stable, executed, accepted, prepared, committed))

/// A PreparedRecord as it is written, without copying the certificate.
struct PreparedWriter {
  const Place& place;
  const Signature& pre_prepare;
  const AggregateSignature& prepares;
  void encode(ByteWriter& w) const {
    byzlab::encode(place, w);
    byzlab::encode(pre_prepare, w);
    byzlab::encode(prepares, w);
  }
  static bool decode(ByteReader&, PreparedWriter&) { return false; }
};

/// The same of a CommittedRecord.
struct CommittedWriter {
  const Place& place;
  const AggregateSignature& commits;
  void encode(ByteWriter& w) const {
    byzlab::encode(place, w);
    byzlab::encode(commits, w);
  }
  static bool decode(ByteReader&, CommittedWriter&) { return false; }
};

/// A record as it is written: its kind, then itself.
template <class Record>
struct Tagged {
  RecordKind kind;
  const Record& record;  // or a temporary, for the length of one expression
  void encode(ByteWriter& w) const {
    byzlab::encode(kind, w);
    byzlab::encode(record, w);
  }
  static bool decode(ByteReader&, Tagged&) { return false; }
};

}  // namespace byzlab::pbft
