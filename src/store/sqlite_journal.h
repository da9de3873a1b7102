// The journal of a swarm with one manager: a SQLite file in WAL mode with full synchronisation, so that an
// acknowledged write survives kill -9 and loss of power. Commits block the loop for one fsync.
#pragma once

#include <memory>
#include <string>

#include "store/journal.h"
#include "store/recent_batches.h"

struct sqlite3;

namespace skein::store {

class SqliteJournal final : public Journal {
 public:
  // Creates the file (mode 0600) when it is missing. Only one process may have it open: a second gets kUnavailable.
  static Result<std::unique_ptr<SqliteJournal>> open(const std::string& path);
  ~SqliteJournal() override;

  boost::asio::awaitable<Result<Position>> load(Take take) override;
  boost::asio::awaitable<Result<void>> append(Batch batch, Position expected) override;
  // What was appended before the file was opened is not there to be followed.
  std::unique_ptr<BatchStream> follow(uint64_t index) override { return recent_.follow(index); }

 private:
  SqliteJournal(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  Result<void> execute(const char* sql);
  Result<uint64_t> state(const char* name);
  Result<std::vector<Record>> read_after(const Record* last);
  Result<void> write(const Batch& batch);
  Error failure(const std::string& what) const;

  sqlite3* db_;
  std::string path_;
  Position at_;  // nobody else writes to the file
  RecentBatches recent_{0};
};

}  // namespace skein::store
