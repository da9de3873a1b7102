// A journal in which secrets and configs lie encrypted: their bodies are sealed with AES-256-GCM before they go into
// the journal beneath, and into all that it writes. Which object it is stays readable, and is authenticated: a body
// cannot stand for another.
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "store/journal.h"

namespace skein::store {

class SealedJournal final : public Journal {
 public:
  static constexpr size_t kKeyBytes = 32;
  static constexpr size_t kOverheadBytes = 28;  // that a body grows by

  SealedJournal(std::unique_ptr<Journal> beneath, std::string key, Random& random);
  ~SealedJournal() override;

  // kDataLoss when the key is not the one that something was sealed with, or what was sealed has been changed.
  boost::asio::awaitable<Result<Position>> load(Take take) override;
  boost::asio::awaitable<Result<void>> append(Batch batch, Position expected) override;
  // It may outlive the journal.
  std::unique_ptr<BatchStream> follow(uint64_t index) override;

 private:
  std::unique_ptr<Journal> beneath_;
  std::string key_;
  Random& random_;
};

}  // namespace skein::store
