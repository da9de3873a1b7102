// A journal that forgets: for tests and the simulator. It can be told to fail, and it keeps what was appended so that
// a restarted store finds it again.
#pragma once

#include <map>
#include <memory>

#include "store/journal.h"
#include "store/recent_batches.h"

namespace skein::store {

class MemoryJournal final : public Journal {
 public:
  // What survives a restart in a test: pass the same contents to the next journal. Two journals may have them at once.
  struct Contents {
    Position at;
    std::map<std::pair<model::Kind, std::string>, std::string> objects;
    RecentBatches recent{0};
    bool is_failing = false;
  };
  explicit MemoryJournal(std::shared_ptr<Contents> contents) : contents_(std::move(contents)) {}

  boost::asio::awaitable<Result<Position>> load(Take take) override;
  boost::asio::awaitable<Result<void>> append(Batch batch, Position expected) override;
  std::unique_ptr<BatchStream> follow(uint64_t index) override { return contents_->recent.follow(index); }

 private:
  std::shared_ptr<Contents> contents_;
};

}  // namespace skein::store
