// Where committed changes are made durable. One implementation per place: memory, SQLite, etcd.
//
// Ready for several managers, of which one writes: each append says what its writer knows to be the last batch, and is
// refused when another writer was first. Batches are bounded, as Docker's are by its raft log.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/objects.h"

namespace skein::store {

struct Record {
  model::Kind kind;
  std::string id;
  std::string body;  // serialized object; empty with is_removed
  bool is_removed = false;
};

// A place in the journal: a batch's index, and the epoch of the writer that it is of. Both only grow.
struct Position {
  uint64_t index = 0;  // version of every object in the batch
  uint64_t epoch = 0;  // each manager that begins to write takes a new one
  auto operator<=>(const Position&) const = default;
};

struct Batch {
  Position at;
  std::vector<Record> records;
};

constexpr size_t kBatchRecordsMax = 128;
constexpr size_t kBatchBytesMax = size_t{1} << 20;  // of ids and bodies

size_t bytes_of(const Record& record);
// Whether this batch may follow what is `held`, for a writer that expects `expected` there: else kAborted, by
// which a lost leadership is told from a disk that fails, and kResourceExhausted when it is too large.
Result<void> check_append(const Batch& batch, const Position& held, const Position& expected);

// Batches in their order, as they come. For one reader at a time.
class BatchStream {
 public:
  virtual ~BatchStream() = default;
  // Waits for it. kOutOfRange when it is no longer kept: then everything is to be loaded anew.
  virtual boost::asio::awaitable<Result<std::shared_ptr<const Batch>>> next() = 0;
};

class Journal {
 public:
  virtual ~Journal() = default;
  // Hands over all objects in bounded pieces, between which others have their turn. What is appended meanwhile may be
  // in them or not: the batches after the position that comes back bring whoever takes them to a state that there was.
  using Take = std::function<Result<void>(std::vector<Record>)>;
  virtual boost::asio::awaitable<Result<Position>> load(Take take) = 0;
  // Returns only when the batch would survive the loss of the process (and, for SQLite, of power). One at a time; not
  // given up when the coroutine is cancelled. An error means that nothing of it was stored.
  virtual boost::asio::awaitable<Result<void>> append(Batch batch, Position expected) = 0;
  // The batches after this index.
  virtual std::unique_ptr<BatchStream> follow(uint64_t index) = 0;
};

}  // namespace skein::store
