// Where committed changes are made durable. One implementation per place: memory, SQLite, etcd.
//
// append() returns only when the batch would survive the loss of the process (and, for SQLite, of power). Batches are
// appended one at a time, in the order of their index, and are not given up when the coroutine is cancelled.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
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

struct Batch {
  uint64_t index = 0;  // version of every object in it
  std::vector<Record> records;
};

class Journal {
 public:
  virtual ~Journal() = default;
  // Everything appended so far, with the highest index.
  virtual Result<Batch> load() = 0;
  virtual boost::asio::awaitable<Result<void>> append(const Batch& batch) = 0;
};

}  // namespace skein::store
