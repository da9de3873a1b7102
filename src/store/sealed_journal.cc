#include "store/sealed_journal.h"

#include <openssl/crypto.h>

#include <optional>
#include <utility>

#include "wire/aes_gcm.h"

namespace skein::store {

namespace asio = boost::asio;

namespace {

static_assert(SealedJournal::kOverheadBytes == wire::kGcmNonceBytes + wire::kGcmTagBytes);

bool was_always_sealed(const Record& record) {
  return record.kind == model::Kind::kSecret || record.kind == model::Kind::kConfig;
}

std::string place_of(const Record& record) { return std::to_string(static_cast<int>(record.kind)) + "/" + record.id; }

}  // namespace

struct SealedJournal::Keys {
  Keys(std::string now_key, std::string earlier_key) : now(std::move(now_key)), earlier(std::move(earlier_key)) {
    check();
  }
  ~Keys() {
    OPENSSL_cleanse(now.data(), now.size());
    forget_earlier();
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  void check() const { SKEIN_ASSERT(now.size() == kKeyBytes && (earlier.empty() || earlier.size() == kKeyBytes)); }
  void forget_earlier() {
    OPENSSL_cleanse(earlier.data(), earlier.size());
    earlier.clear();
  }
  std::optional<std::string> open(const Record& record) const {
    auto plain = wire::gcm_open(now, record.body, place_of(record));
    return plain || earlier.empty() ? plain : wire::gcm_open(earlier, record.body, place_of(record));
  }

  std::string now;
  std::string earlier;  // empty: nothing is sealed with another one
};

namespace {

Result<void> open_bodies(std::vector<Record>& records, const auto& keys) {
  for (Record& record : records) {
    if (record.is_removed) continue;
    auto plain = keys.open(record);
    if (!plain)
      return make_error(Code::kDataLoss, "an encrypted object of the store cannot be opened",
                        "the store's key is not the one it was written with, or the store is damaged",
                        "restore the swarm's folder as a whole");
    record.body = std::move(*plain);
  }
  return {};
}

template <class Keys>
class OpeningStream final : public BatchStream {
 public:
  OpeningStream(std::unique_ptr<BatchStream> beneath, std::shared_ptr<Keys> keys)
      : beneath_(std::move(beneath)), keys_(std::move(keys)) {}

  asio::awaitable<Result<std::shared_ptr<const Batch>>> next() override {
    SKEIN_CO_TRY_ASSIGN(auto sealed, co_await beneath_->next());
    auto plain = std::make_shared<Batch>(*sealed);
    SKEIN_CO_TRY(open_bodies(plain->records, *keys_));
    co_return std::shared_ptr<const Batch>(std::move(plain));
  }

 private:
  std::unique_ptr<BatchStream> beneath_;
  std::shared_ptr<Keys> keys_;
};

}  // namespace

SealedJournal::SealedJournal(std::unique_ptr<Journal> beneath, std::string key, Random& random, Form form,
                             std::string earlier_key)
    : beneath_(std::move(beneath)),
      keys_(std::make_shared<Keys>(std::move(key), std::move(earlier_key))),
      random_(random),
      form_(form) {}

SealedJournal::~SealedJournal() = default;

void SealedJournal::renew(std::string key) {
  SKEIN_ASSERT(keys_->earlier.empty());
  keys_->earlier = std::exchange(keys_->now, std::move(key));
  keys_->check();
}

void SealedJournal::forget_earlier() { keys_->forget_earlier(); }

asio::awaitable<Result<Position>> SealedJournal::load(Take take) {
  std::vector<Record> in_clear;
  Take opened = [&](std::vector<Record> records) -> Result<void> {
    if (form_ == Form::kPartlySealed) {
      std::vector<Record> sealed;
      for (Record& record : records) {
        const bool is_sealed = was_always_sealed(record) || keys_->open(record);
        (is_sealed ? sealed : in_clear).push_back(std::move(record));
      }
      records = std::move(sealed);
    }
    SKEIN_TRY(open_bodies(records, *keys_));
    return take(std::move(records));
  };
  SKEIN_CO_TRY_ASSIGN(Position at, co_await beneath_->load(std::move(opened)));
  if (!in_clear.empty()) {
    SKEIN_CO_TRY(take(in_clear));
    SKEIN_CO_TRY_ASSIGN(at, co_await seal_all(std::move(in_clear), at));
  }
  form_ = Form::kSealed;
  co_return at;
}

// Where it is cut off, the next load goes on.
asio::awaitable<Result<Position>> SealedJournal::seal_all(std::vector<Record> records, Position at) {
  Batch batch;
  size_t bytes = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    bytes += bytes_of(records[i]) + kOverheadBytes;
    batch.records.push_back(std::move(records[i]));
    const bool is_full = batch.records.size() == kBatchRecordsMax ||
                         (i + 1 < records.size() && bytes + bytes_of(records[i + 1]) + kOverheadBytes > kBatchBytesMax);
    if (!is_full && i + 1 < records.size()) continue;
    const Position next{at.index + 1, at.epoch};
    batch.at = next;
    SKEIN_CO_TRY(co_await append(std::exchange(batch, {}), at));
    at = next;
    bytes = 0;
  }
  co_return at;
}

asio::awaitable<Result<void>> SealedJournal::append(Batch batch, Position expected) {
  for (Record& record : batch.records)
    if (!record.is_removed) record.body = wire::gcm_seal(keys_->now, record.body, place_of(record), random_);
  co_return co_await beneath_->append(std::move(batch), expected);
}

std::unique_ptr<BatchStream> SealedJournal::follow(uint64_t index) {
  return std::make_unique<OpeningStream<Keys>>(beneath_->follow(index), keys_);
}

}  // namespace skein::store
