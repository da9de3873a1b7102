#include "store/sqlite_journal.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace skein::store {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Statement prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* out = nullptr;
  sqlite3_prepare_v2(db, sql, -1, &out, nullptr);
  return Statement(out);
}

constexpr const char* kSetup =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS objects(kind INTEGER NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY(kind, "
    "id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS state(name TEXT PRIMARY KEY, value INTEGER NOT NULL);";

}  // namespace

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::string& path) {
  // SQLite would create the file by the umask; it holds the root's private key.
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  sqlite3* db = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteJournal> journal(new SqliteJournal(db, path));
  if (code != SQLITE_OK) return journal->failure("open");
  SKEIN_TRY(journal->execute(kSetup));
  // Takes the exclusive lock now, not at the first write.
  SKEIN_TRY(journal->execute("BEGIN IMMEDIATE; COMMIT;"));
  return journal;
}

SqliteJournal::~SqliteJournal() { sqlite3_close(db_); }

Error SqliteJournal::failure(const std::string& what) const {
  return make_error(Code::kUnavailable, "cannot " + what + " the store " + path_,
                    db_ ? sqlite3_errmsg(db_) : "out of memory",
                    "check free space, permissions and that no second daemon uses it");
}

Result<void> SqliteJournal::execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure("write");
  return {};
}

Result<Batch> SqliteJournal::load() {
  Batch all;
  if (auto index = prepare(db_, "SELECT value FROM state WHERE name = 'index'");
      index && sqlite3_step(index.get()) == SQLITE_ROW)
    all.index = static_cast<uint64_t>(sqlite3_column_int64(index.get(), 0));
  auto rows = prepare(db_, "SELECT kind, id, body FROM objects");
  if (!rows) return failure("read");
  int code;
  while ((code = sqlite3_step(rows.get())) == SQLITE_ROW) {
    Record record;
    record.kind = static_cast<model::Kind>(sqlite3_column_int(rows.get(), 0));
    record.id.assign(reinterpret_cast<const char*>(sqlite3_column_text(rows.get(), 1)),
                     size_t(sqlite3_column_bytes(rows.get(), 1)));
    if (int size = sqlite3_column_bytes(rows.get(), 2); size > 0)
      record.body.assign(static_cast<const char*>(sqlite3_column_blob(rows.get(), 2)), size_t(size));
    all.records.push_back(std::move(record));
  }
  if (code != SQLITE_DONE) return failure("read");
  return all;
}

Result<void> SqliteJournal::write(const Batch& batch) {
  auto put = prepare(db_, "INSERT OR REPLACE INTO objects(kind, id, body) VALUES(?1, ?2, ?3)");
  auto remove = prepare(db_, "DELETE FROM objects WHERE kind = ?1 AND id = ?2");
  auto index = prepare(db_, "INSERT OR REPLACE INTO state(name, value) VALUES('index', ?1)");
  if (!put || !remove || !index) return failure("write");
  for (const Record& record : batch.records) {
    sqlite3_stmt* statement = record.is_removed ? remove.get() : put.get();
    sqlite3_bind_int(statement, 1, static_cast<int>(record.kind));
    sqlite3_bind_text(statement, 2, record.id.data(), int(record.id.size()), SQLITE_STATIC);
    // A null pointer would bind NULL; an object with default values serializes to nothing.
    if (!record.is_removed)
      sqlite3_bind_blob(statement, 3, record.body.empty() ? "" : record.body.data(), int(record.body.size()),
                        SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE) return failure("write");
    sqlite3_reset(statement);
  }
  sqlite3_bind_int64(index.get(), 1, static_cast<sqlite3_int64>(batch.index));
  if (sqlite3_step(index.get()) != SQLITE_DONE) return failure("write");
  return {};
}

boost::asio::awaitable<Result<void>> SqliteJournal::append(const Batch& batch) {
  SKEIN_CO_TRY(execute("BEGIN IMMEDIATE"));
  auto written = write(batch);
  if (written.ok()) written = execute("COMMIT");
  if (!written.ok()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  co_return written;
}

}  // namespace skein::store
