#include "store/journal.h"

#include <numeric>

namespace skein::store {

size_t bytes_of(const Record& record) { return record.id.size() + record.body.size(); }

Result<void> check_append(const Batch& batch, const Position& held, const Position& expected) {
  SKEIN_ASSERT(batch.at.index > expected.index && batch.at.epoch >= expected.epoch);
  if (held != expected)
    return make_error(Code::kAborted, "another manager writes to the swarm's store",
                      "this one knows it up to change " + std::to_string(expected.index) + ", and it is at " +
                          std::to_string(held.index),
                      "ask that manager, or restart this daemon, which then reads the store anew");
  if (batch.records.size() > kBatchRecordsMax)
    return make_error(Code::kResourceExhausted, "the change is too large to be stored",
                      "it concerns " + std::to_string(batch.records.size()) + " objects, and at most " +
                          std::to_string(kBatchRecordsMax) + " can be changed at once");
  const size_t bytes = std::accumulate(batch.records.begin(), batch.records.end(), size_t{0},
                                       [](size_t sum, const Record& record) { return sum + bytes_of(record); });
  if (bytes > kBatchBytesMax)
    return make_error(Code::kResourceExhausted, "the change is too large to be stored",
                      "its objects have " + std::to_string(bytes) + " bytes, and at most " +
                          std::to_string(kBatchBytesMax) + " can be changed at once");
  return {};
}

}  // namespace skein::store
