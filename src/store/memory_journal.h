// A journal that forgets: for tests and the simulator. It can be told to fail, and it keeps what was appended so that
// a restarted store finds it again.
#pragma once

#include <map>
#include <memory>

#include "store/journal.h"

namespace skein::store {

class MemoryJournal final : public Journal {
 public:
  // What survives a restart in a test: pass the same contents to the next journal.
  struct Contents {
    uint64_t index = 0;
    std::map<std::pair<model::Kind, std::string>, std::string> objects;
    bool is_failing = false;
  };
  explicit MemoryJournal(std::shared_ptr<Contents> contents) : contents_(std::move(contents)) {}

  Result<Batch> load() override;
  boost::asio::awaitable<Result<void>> append(const Batch& batch) override;

 private:
  std::shared_ptr<Contents> contents_;
};

}  // namespace skein::store
