// The last batches of a journal, for those who follow it in this process. What is older is to be loaded.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>

#include "store/journal.h"

namespace skein::store {

class RecentBatches {
 public:
  static constexpr size_t kKeptMax = 500;                      // as many as Docker keeps for slow managers
  static constexpr size_t kKeptBytesMax = 4 * kBatchBytesMax;  // the last one is kept in any case

  // What is at or before `index` is not here.
  explicit RecentBatches(uint64_t index) : kept_(std::make_shared<Kept>(Kept{index, {}, 0, {}})) {}

  void add(Batch batch);
  // It may outlive this, and then waits for ever.
  std::unique_ptr<BatchStream> follow(uint64_t index) const;

 private:
  class Stream;
  struct News;  // that a stream waits for
  struct Kept {
    uint64_t after;  // the index before the oldest
    std::deque<std::shared_ptr<const Batch>> batches;
    size_t bytes;
    std::vector<std::weak_ptr<News>> waiting;
  };
  std::shared_ptr<Kept> kept_;
};

}  // namespace skein::store
