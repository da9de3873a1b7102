// A journal in which all objects lie encrypted: their bodies are sealed with AES-256-GCM before they go into the
// journal beneath, and into all that it writes. Which object it is stays readable, and is authenticated: a body cannot
// stand for another.
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

  // Earlier versions sealed secrets and configs alone. Such a store's other objects are sealed when it is loaded.
  enum class Form : uint8_t { kSealed, kPartlySealed };

  // With an earlier key, what was not sealed anew yet is opened by that.
  SealedJournal(std::unique_ptr<Journal> beneath, std::string key, Random& random, Form form = Form::kSealed,
                std::string earlier_key = {});
  ~SealedJournal() override;

  // From now on all is sealed with this key; what lies there is opened by the one of before until that is forgotten.
  void renew(std::string key);
  void forget_earlier();

  // kDataLoss when the key is not the one that something was sealed with, or what was sealed has been changed.
  boost::asio::awaitable<Result<Position>> load(Take take) override;
  boost::asio::awaitable<Result<void>> append(Batch batch, Position expected) override;
  // It may outlive the journal.
  std::unique_ptr<BatchStream> follow(uint64_t index) override;

 private:
  boost::asio::awaitable<Result<Position>> seal_all(std::vector<Record> records, Position at);

  std::unique_ptr<Journal> beneath_;
  struct Keys;
  std::shared_ptr<Keys> keys_;  // with those who follow
  Random& random_;
  Form form_;
};

}  // namespace skein::store
