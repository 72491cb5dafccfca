// SQLite as values: a database, a prepared statement, errors as exceptions. The one place, with
// database.cpp, that knows its C interface.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace byzlab {

/// What SQLite refused; code is its result code, extended.
struct DatabaseError : std::runtime_error {
  DatabaseError(int code, const std::string& what, bool disk_full)
      : std::runtime_error(what), code(code), disk_full(disk_full) {}
  int code;
  bool disk_full;
  int primary() const { return code & 0xff; }
};

/// A prepared statement, used many times: bind(1, 2, 3), then step() until it is false.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);

  /// Starts anew with these values for ?1, ?2, …; those that it does not have are left out.
  template <class... Values>
  Statement& bind(const Values&... values) {
    reset();
    int at = 0;
    (set(++at, values), ...);
    return *this;
  }
  /// The next row; false when there is none.
  bool step();
  /// For a statement without rows.
  void run() {
    while (step()) {
    }
    reset();
  }
  void reset() { sqlite3_reset(statement_.get()); }

  int columns() const { return sqlite3_column_count(statement_.get()); }
  const char* name(int column) const { return sqlite3_column_name(statement_.get(), column); }
  bool is_null(int column) const { return type(column) == SQLITE_NULL; }
  int type(int column) const { return sqlite3_column_type(statement_.get(), column); }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  double real(int column) const { return sqlite3_column_double(statement_.get(), column); }
  /// Valid until the next step.
  std::string_view text(int column) const;

 private:
  void set(int at, std::string_view value);
  void set(int at, const std::string& value) { set(at, std::string_view(value)); }
  void set(int at, const char* value) { set(at, std::string_view(value)); }
  void set(int at, double value) { sqlite3_bind_double(statement_.get(), at, value); }
  void set(int at, std::int64_t value) { sqlite3_bind_int64(statement_.get(), at, value); }
  void set(int at, std::uint32_t value) { set(at, static_cast<std::int64_t>(value)); }
  void set(int at, int value) { set(at, static_cast<std::int64_t>(value)); }
  /// What is no 64-bit integer of SQLite's becomes its digits.
  void set(int at, std::uint64_t value);
  void set(int at, std::nullptr_t) { sqlite3_bind_null(statement_.get(), at); }
  template <class T>
  void set(int at, const std::optional<T>& value) {
    if (value) {
      set(at, *value);
    } else {
      set(at, nullptr);
    }
  }

  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  /// Opens or makes the file; ":memory:" is nowhere. Waits up to `patience` for other writers.
  explicit Database(const std::filesystem::path& file,
                    std::chrono::milliseconds patience = std::chrono::seconds{30});

  /// One or more statements without values.
  void execute(const std::string& sql);
  Statement prepare(std::string_view sql) const { return Statement(handle_.get(), sql); }
  /// The first column of the first row, 0 without one.
  std::int64_t number(std::string_view sql) const;

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* d) const { sqlite3_close(d); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// BEGIN IMMEDIATE … COMMIT, or ROLLBACK when it is left without commit().
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(&database) {
    database.execute("BEGIN IMMEDIATE");
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    database_->execute("COMMIT");
    database_ = nullptr;
  }

 private:
  Database* database_;
};

/// While it lives, statements of this database can be prepared only if they read, and end when
/// `interrupt` becomes true.
class ReadingOnly {
 public:
  explicit ReadingOnly(const Database& database, const std::atomic<bool>* interrupt = nullptr);
  ~ReadingOnly();
  ReadingOnly(const ReadingOnly&) = delete;
  ReadingOnly& operator=(const ReadingOnly&) = delete;

 private:
  sqlite3* handle_;
};

}  // namespace byzlab
