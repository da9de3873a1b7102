#include "store/sqlite_journal.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

namespace skein::store {

namespace asio = boost::asio;

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
    "PRAGMA secure_delete=ON;"  // what an object said before is overwritten
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
  SKEIN_TRY_ASSIGN(journal->at_.index, journal->state("index"));
  SKEIN_TRY_ASSIGN(journal->at_.epoch, journal->state("epoch"));
  journal->recent_ = RecentBatches(journal->at_.index);
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

// Zero when it was never written.
Result<uint64_t> SqliteJournal::state(const char* name) {
  auto row = prepare(db_, "SELECT value FROM state WHERE name = ?1");
  if (!row) return failure("read");
  sqlite3_bind_text(row.get(), 1, name, -1, SQLITE_STATIC);
  const int code = sqlite3_step(row.get());
  if (code == SQLITE_ROW) return static_cast<uint64_t>(sqlite3_column_int64(row.get(), 0));
  if (code != SQLITE_DONE) return failure("read");
  return uint64_t{0};
}

// A piece of the objects, in the order of their keys: from the first on, or after `last`.
Result<std::vector<Record>> SqliteJournal::read_after(const Record* last) {
  auto rows = prepare(
      db_, "SELECT kind, id, body FROM objects WHERE (kind, id) > (?1, ?2) ORDER BY kind, id LIMIT ?3");  // by the key
  if (!rows) return failure("read");
  sqlite3_bind_int(rows.get(), 1, last ? static_cast<int>(last->kind) : -1);
  sqlite3_bind_text(rows.get(), 2, last ? last->id.data() : "", last ? int(last->id.size()) : 0, SQLITE_STATIC);
  sqlite3_bind_int64(rows.get(), 3, kBatchRecordsMax);
  std::vector<Record> out;
  size_t bytes = 0;
  int code = SQLITE_DONE;
  while (bytes < kBatchBytesMax && (code = sqlite3_step(rows.get())) == SQLITE_ROW) {
    Record record;
    record.kind = static_cast<model::Kind>(sqlite3_column_int(rows.get(), 0));
    record.id.assign(reinterpret_cast<const char*>(sqlite3_column_text(rows.get(), 1)),
                     size_t(sqlite3_column_bytes(rows.get(), 1)));
    if (int size = sqlite3_column_bytes(rows.get(), 2); size > 0)
      record.body.assign(static_cast<const char*>(sqlite3_column_blob(rows.get(), 2)), size_t(size));
    bytes += bytes_of(record);
    out.push_back(std::move(record));
  }
  if (code != SQLITE_DONE && code != SQLITE_ROW) return failure("read");
  return out;
}

// No statement is open while others have their turn, in which they may write.
asio::awaitable<Result<Position>> SqliteJournal::load(Take take) {
  const Position begun = at_;
  std::optional<Record> last;
  for (;;) {
    SKEIN_CO_TRY_ASSIGN(std::vector<Record> piece, read_after(last ? &*last : nullptr));
    if (piece.empty()) co_return begun;
    last = Record{piece.back().kind, piece.back().id, {}};
    SKEIN_CO_TRY(take(std::move(piece)));
    co_await asio::post(asio::use_awaitable);
  }
}

Result<void> SqliteJournal::write(const Batch& batch) {
  auto put = prepare(db_, "INSERT OR REPLACE INTO objects(kind, id, body) VALUES(?1, ?2, ?3)");
  auto remove = prepare(db_, "DELETE FROM objects WHERE kind = ?1 AND id = ?2");
  auto at = prepare(db_, "INSERT OR REPLACE INTO state(name, value) VALUES('index', ?1), ('epoch', ?2)");
  if (!put || !remove || !at) return failure("write");
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
  sqlite3_bind_int64(at.get(), 1, static_cast<sqlite3_int64>(batch.at.index));
  sqlite3_bind_int64(at.get(), 2, static_cast<sqlite3_int64>(batch.at.epoch));
  if (sqlite3_step(at.get()) != SQLITE_DONE) return failure("write");
  return {};
}

asio::awaitable<Result<void>> SqliteJournal::append(Batch batch, Position expected) {
  SKEIN_CO_TRY(check_append(batch, at_, expected));
  SKEIN_CO_TRY(execute("BEGIN IMMEDIATE"));
  auto written = write(batch);
  if (written.ok()) written = execute("COMMIT");
  if (!written.ok()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  if (written.ok()) {
    at_ = batch.at;
    recent_.add(std::move(batch));
  }
  co_return written;
}

}  // namespace skein::store
