// SQLite's C interface, wrapped.
#include "observe/database.h"

namespace byzlab {
namespace {

/// SQLITE_FULL is ENOSPC; a quota or a limit on the size of files is a write that fails.
bool is_full(int code) {
  return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE;
}

[[noreturn]] void fail(sqlite3* database, int code) {
  const std::string what = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  throw DatabaseError(code, what, is_full(code));
}

/// SQLite asks before it prepares anything: yes to reading, no to all else.
int only_reading(void*, int action, const char*, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ: return SQLITE_OK;
    case SQLITE_FUNCTION:
      return second && std::string_view(second) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_DENY;  // an int of SQLite's, not an enum; new actions are denied, too
  }
}

int must_end(void* interrupt) {
  return static_cast<const std::atomic<bool>*>(interrupt)->load() ? 1 : 0;
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  statement_.reset(made);
  if (code != SQLITE_OK) fail(database, code);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto* database = sqlite3_db_handle(statement_.get());
  const int extended = sqlite3_extended_errcode(database);
  // The statement is done for; its reset would only repeat the error.
  const std::string what = sqlite3_errmsg(database);
  sqlite3_reset(statement_.get());
  throw DatabaseError(extended, what, is_full(extended));
}

std::string_view Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::set(int at, std::string_view value) {
  // Copied: statements outlive the strings that they are given.
  sqlite3_bind_text(statement_.get(), at, value.data() ? value.data() : "",
                    static_cast<int>(value.size()), SQLITE_TRANSIENT);
}

void Statement::set(int at, std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(INT64_MAX)) {
    set(at, static_cast<std::int64_t>(value));
  } else {
    set(at, std::to_string(value));
  }
}

Database::Database(const std::filesystem::path& file, std::chrono::milliseconds patience) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(opened, code);
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, static_cast<int>(patience.count()));
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, 64 << 20);
  // "text" in double quotes is a column or an error, never silently a text.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_.get(), code);
}

std::int64_t Database::number(std::string_view sql) const {
  auto statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

Transaction::~Transaction() {
  // Failed already, perhaps: then SQLite rolled back by itself.
  if (database_) sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

ReadingOnly::ReadingOnly(const Database& database, const std::atomic<bool>* interrupt)
    : handle_(database.handle()) {
  sqlite3_set_authorizer(handle_, only_reading, nullptr);
  if (interrupt) {
    sqlite3_progress_handler(handle_, 10'000, must_end, const_cast<std::atomic<bool>*>(interrupt));
  }
}

ReadingOnly::~ReadingOnly() {
  sqlite3_set_authorizer(handle_, nullptr, nullptr);
  sqlite3_progress_handler(handle_, 0, nullptr, nullptr);
}

}  // namespace byzlab
