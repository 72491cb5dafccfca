// The index of all runs, written from their folders.
#include "observe/store.h"

#include <fmt/format.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <thread>

#include "observe/results_folder.h"
#include "observe/store_schema.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

using Reason = StoreError::Reason;

/// What people read when SQLite refused.
StoreError store_error(const fs::path& file, const DatabaseError& e) {
  if (e.disk_full)
    return {Reason::disk_full, "cannot write " + file.string() + ": the disk is full or gone"};
  switch (e.primary()) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {Reason::damaged,
              file.string() + " is damaged (" + e.what() +
                  "); the runs are safe in their folders: byzlab runs --rebuild makes it anew"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Reason::busy, file.string() + " is being written by another process for too long"};
    default: return {Reason::other, "cannot use " + file.string() + ": " + e.what()};
  }
}

/// WAL needs memory that all its users share: several machines have none.
bool on_network(const fs::path& folder) {
  struct statfs system{};
  if (::statfs(folder.c_str(), &system) != 0) return false;
  constexpr std::array<std::uint32_t, 9> kinds{
      0x6969,                    // NFS
      0x517b,      0xfe534d42u,  // SMB
      0xff534d42u,               // CIFS
      0x0bd00bd0,                // Lustre
      0x47504653,                // GPFS
      0x19830326,                // BeeGFS
      0x00c36400,                // Ceph
      0x01021997,                // 9p
  };
  return std::ranges::find(kinds, static_cast<std::uint32_t>(system.f_type)) != kinds.end();
}

void remove_store(const fs::path& file) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code error;
    fs::remove(file.string() + suffix, error);
    if (error) throw StoreError(Reason::other, "cannot remove " + file.string() + suffix);
  }
}

std::string run_columns() {
  std::string columns;
  for (const auto& key : kKeyMetrics) columns += fmt::format(", {}", key.column);
  return columns;
}

std::string places(std::size_t count) {
  std::string text = "?";
  for (std::size_t i = 1; i < count; ++i) text += ",?";
  return text;
}

/// Every finished folder below results/, with the time of its summary.
std::map<std::string, std::int64_t> folders_on_disk(const fs::path& results) {
  std::map<std::string, std::int64_t> found;
  std::error_code error;
  const auto hidden = [](const fs::path& p) { return p.filename().string().starts_with('.'); };
  for (fs::directory_iterator name(results, error), end; !error && name != end;
       name.increment(error)) {
    if (hidden(name->path()) || name->is_symlink() || !name->is_directory()) continue;
    std::error_code inner;
    for (fs::directory_iterator folder(name->path(), inner); !inner && folder != end;
         folder.increment(inner)) {
      if (hidden(folder->path())) continue;
      if (const auto stamp = stamp_of(folder->path()))
        found.emplace(folder->path().lexically_relative(results).generic_string(), *stamp);
    }
  }
  return found;
}

}  // namespace

struct Store::Statements {
  explicit Statements(const Database& d)
      : find_word(d.prepare("SELECT id FROM word WHERE text = ?")),
        add_word(d.prepare("INSERT INTO word(text) VALUES(?) RETURNING id")),
        forget(d.prepare("DELETE FROM folder WHERE path = ?")),
        folder(d.prepare("INSERT INTO folder(path, written, kind, name, file, date, verdict, "
                         "reason, protocol, n, f, seed, last_seed, runs, passed, failed, "
                         "inconclusive, trace_hash, transport, version, interrupted, beyond_bound, "
                         "simulated_seconds, events, wall_seconds, cpu_seconds) VALUES(" +
                         places(26) + ") RETURNING id")),
        cell(d.prepare("INSERT INTO cell VALUES(" + places(12) + ")")),
        cell_metric(d.prepare("INSERT OR REPLACE INTO cell_metric VALUES(" + places(7) + ")")),
        run(d.prepare("INSERT INTO run(folder, position, cell, seed, verdict, reason, trace_hash, "
                      "events" +
                      run_columns() + ") VALUES(" + places(8 + std::size(kKeyMetrics)) + ")")),
        expectation(d.prepare("INSERT OR REPLACE INTO expectation VALUES(" + places(4) + ")")),
        metric(d.prepare("INSERT OR REPLACE INTO metric VALUES(" + places(4) + ")")) {}
  Statement find_word, add_word, forget, folder, cell, cell_metric, run, expectation, metric;
};

fs::path store_file(const fs::path& results) { return results / "index.sqlite"; }

// ----------------------------------------------------------------------------------- opening

Store::Store(const fs::path& results) try : results_(results), database_(store_file(results)) {
  // Another process may be making it at this moment; SQLite does not wait for that by itself.
  for (int attempt = 0;; ++attempt) {
    try {
      open();
      return;
    } catch (const DatabaseError& e) {
      if (e.primary() != SQLITE_BUSY || attempt == 50) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  }
} catch (const DatabaseError& e) {
  throw store_error(store_file(results), e);
}

Store::Store(const fs::path& results, InMemory) : results_(results), database_(":memory:") {
  database_.execute("PRAGMA foreign_keys = ON");
  database_.execute(kStoreSchema);
}

Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

void Store::open() {
  const auto application = database_.number("PRAGMA application_id");
  const auto schema = database_.number("PRAGMA user_version");
  if (schema != 0 || application != 0) {
    const auto file = store_file(results_).string();
    if (application != kStoreApplication)
      throw StoreError(Reason::foreign, file + " is no store of byzlab's; it was left alone");
    if (schema != kSchema)
      throw StoreError(
          Reason::other_schema,
          fmt::format("{} is of {} byzlab (schema {}, here {}): use that one, or make "
                      "it anew from the folders: byzlab runs --rebuild",
                      file, schema > kSchema ? "a newer" : "an older", schema, kSchema));
  }
  database_.execute(on_network(results_) ? "PRAGMA journal_mode = DELETE"
                                         : "PRAGMA journal_mode = WAL");
  // A power cut may cost the last rows, never the file; sync() finds them again.
  database_.execute("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  if (schema == 0) {
    Transaction transaction(database_);
    if (database_.number("PRAGMA user_version") == 0) {
      database_.execute(kStoreSchema);
      database_.execute(fmt::format("PRAGMA user_version = {}; PRAGMA application_id = {}", kSchema,
                                    kStoreApplication));
    }
    transaction.commit();
  }
}

Store Store::for_reading(const fs::path& results, std::string& warning) {
  std::error_code error;
  if (fs::is_directory(results, error)) {
    try {
      Store store(results);
      const auto sync = store.sync();
      for (const auto& line : sync.unreadable) warning += (warning.empty() ? "" : "\n") + line;
      return store;
    } catch (const StoreError& e) {
      warning = e.what();
    }
  }
  Store store(results, InMemory{});
  store.sync();
  return store;
}

Store::Statements& Store::statements() {
  if (!statements_) statements_ = std::make_unique<Statements>(database_);
  return *statements_;
}

// ----------------------------------------------------------------------------------- writing

void Store::add(const fs::path& folder) try {
  const auto stamp = stamp_of(folder);
  const auto read = read_folder(results_, folder);
  Transaction transaction(database_);
  const auto id = insert_folder(read, stamp.value_or(0));
  insert_cells(id, read);
  if (read.run) {
    insert_run(id, 0, *read.run, true);
  } else {
    std::uint64_t position = 0;
    for_each_run(folder, [&](const RecordedRun& run) { insert_run(id, position++, run, false); });
  }
  transaction.commit();
} catch (const DatabaseError& e) {
  words_.clear();  // some may have been rolled back
  throw store_error(store_file(results_), e);
}

std::int64_t Store::insert_folder(const RecordedFolder& r, std::int64_t stamp) {
  auto& s = statements();
  s.forget.bind(r.id).run();
  s.folder.bind(r.id, stamp, r.kind, r.name, r.file, r.date, r.verdict, r.reason, r.protocol, r.n,
                r.f, r.first_seed, r.last_seed, r.runs, r.passed, r.failed, r.inconclusive,
                r.trace_hash, r.transport, r.version, r.interrupted ? 1 : 0, r.beyond_bound ? 1 : 0,
                r.simulated_seconds, r.events, r.wall_seconds, r.cpu_seconds);
  s.folder.step();
  const auto id = s.folder.integer(0);
  s.folder.reset();
  return id;
}

void Store::insert_cells(std::int64_t folder, const RecordedFolder& read) {
  auto& s = statements();
  for (std::uint32_t i = 0; i < read.cells.size(); ++i) {
    const auto& c = read.cells[i];
    s.cell
        .bind(folder, i, c.label, c.protocol, c.n, c.excluded, c.violated, c.runs, c.passed,
              c.failed, c.inconclusive, c.unsafe)
        .run();
    for (const auto& m : c.metrics)
      s.cell_metric.bind(folder, i, word(m.name), m.value, m.low, m.high, m.samples).run();
  }
}

void Store::insert_run(std::int64_t folder, std::uint64_t position, const RecordedRun& run,
                       bool with_metrics) {
  auto& s = statements();
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    s.run
        .bind(folder, position, run.cell, run.seed, run.verdict, run.reason, run.trace_hash,
              run.events, run.metric(kKeyMetrics[I].metric)...)
        .run();
  }(std::make_index_sequence<std::size(kKeyMetrics)>{});
  const auto id = static_cast<std::int64_t>(sqlite3_last_insert_rowid(database_.handle()));
  for (const auto& e : run.expectations)
    s.expectation.bind(id, word(e.id), e.status, e.value).run();
  if (!with_metrics) return;
  for (const auto& m : run.metrics) s.metric.bind(id, word(m.name), m.value, m.samples).run();
}

/// The number of a name. Within a transaction, so that no other process adds it meanwhile.
std::int64_t Store::word(const std::string& text) {
  if (const auto known = words_.find(text); known != words_.end()) return known->second;
  auto& s = statements();
  std::int64_t id = 0;
  if (s.find_word.bind(text).step()) {
    id = s.find_word.integer(0);
    s.find_word.reset();
  } else {
    s.add_word.bind(text).step();
    id = s.add_word.integer(0);
    s.add_word.reset();
  }
  words_.emplace(text, id);
  return id;
}

Store::Sync Store::sync() try {
  Sync result;
  auto on_disk = folders_on_disk(results_);
  result.folders = on_disk.size();
  std::vector<std::string> gone;
  auto known = database_.prepare("SELECT path, written FROM folder");
  while (known.step()) {
    const auto found = on_disk.find(std::string(known.text(0)));
    if (found == on_disk.end()) {
      gone.emplace_back(known.text(0));
    } else if (found->second == known.integer(1)) {
      on_disk.erase(found);
    }
  }
  if (!gone.empty()) {
    Transaction transaction(database_);
    for (const auto& path : gone) statements().forget.bind(path).run();
    transaction.commit();
  }
  result.removed = gone.size();
  for (const auto& [path, stamp] : on_disk) {
    try {
      add(results_ / path);
      ++result.added;
    } catch (const StoreError&) {
      throw;
    } catch (const std::runtime_error& e) {
      result.unreadable.emplace_back(e.what());
    }
  }
  return result;
} catch (const DatabaseError& e) {
  throw store_error(store_file(results_), e);
}

Store::Sync Store::rebuild(const fs::path& results) {
  const auto file = store_file(results);
  std::error_code error;
  if (!fs::is_directory(results, error))
    throw StoreError(Reason::other, "there is no results folder " + results.string());
  try {
    // In place while that is possible: other processes may have it open.
    Store store(results);
    Transaction transaction(store.database_);
    store.database_.execute("DELETE FROM folder");
    transaction.commit();
    auto check = store.database_.prepare("PRAGMA quick_check");
    if (check.step() && check.text(0) == "ok") return store.sync();
  } catch (const StoreError& e) {
    if (e.reason != Reason::damaged && e.reason != Reason::other_schema) throw;
  } catch (const DatabaseError& e) {
    const auto error_here = store_error(file, e);
    if (error_here.reason != Reason::damaged) throw error_here;
  }
  remove_store(file);
  Store store(results);
  return store.sync();
}

// ----------------------------------------------------------------------------------- telling

std::string Store::dump() const {
  std::string text;
  for (const char* table :
       {"results ORDER BY id", "runs ORDER BY id, position", "cells ORDER BY id, position",
        "cell_metrics ORDER BY id, cell, metric", "expectations ORDER BY id, position, expectation",
        "metrics ORDER BY id, position, metric"}) {
    auto rows = database_.prepare(std::string("SELECT * FROM ") + table);
    text += fmt::format("-- {}\n", table);
    while (rows.step()) {
      for (int c = 0; c < rows.columns(); ++c)
        text += fmt::format("{}{}", c == 0 ? "" : "|",
                            rows.is_null(c) ? std::string_view("NULL") : rows.text(c));
      text += '\n';
    }
  }
  return text;
}

void index_finished_folder(const fs::path& results, const fs::path& folder) {
  if (!stamp_of(folder)) return;
  try {
    Store(results).add(folder);
  } catch (const StoreError& e) {
    if (e.reason == Reason::disk_full)
      throw ResultsError(std::string(e.what()) + "; the run is complete in " + folder.string());
    static std::atomic<bool> said{false};
    if (!said.exchange(true)) std::fprintf(stderr, "byzlab: warning: %s\n", e.what());
  } catch (const std::runtime_error& e) {
    std::fprintf(stderr, "byzlab: warning: not in the index: %s\n", e.what());
  }
}

}  // namespace byzlab
