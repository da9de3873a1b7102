#include "store/sealed_journal.h"

#include <openssl/crypto.h>

#include "wire/aes_gcm.h"

namespace skein::store {

namespace asio = boost::asio;

namespace {

static_assert(SealedJournal::kOverheadBytes == wire::kGcmNonceBytes + wire::kGcmTagBytes);

bool is_sealed(const Record& record) {
  return !record.is_removed && (record.kind == model::Kind::kSecret || record.kind == model::Kind::kConfig);
}

std::string place_of(const Record& record) { return std::to_string(static_cast<int>(record.kind)) + "/" + record.id; }

Result<void> open_bodies(std::vector<Record>& records, const std::string& key) {
  for (Record& record : records) {
    if (!is_sealed(record)) continue;
    auto plain = wire::gcm_open(key, record.body, place_of(record));
    if (!plain)
      return make_error(Code::kDataLoss, "an encrypted object of the store cannot be opened",
                        "the store's key is not the one it was written with, or the store is damaged",
                        "restore the swarm's folder as a whole");
    record.body = std::move(*plain);
  }
  return {};
}

class OpeningStream final : public BatchStream {
 public:
  OpeningStream(std::unique_ptr<BatchStream> beneath, std::string key)
      : beneath_(std::move(beneath)), key_(std::move(key)) {}
  ~OpeningStream() override { OPENSSL_cleanse(key_.data(), key_.size()); }

  asio::awaitable<Result<std::shared_ptr<const Batch>>> next() override {
    SKEIN_CO_TRY_ASSIGN(auto sealed, co_await beneath_->next());
    auto plain = std::make_shared<Batch>(*sealed);
    SKEIN_CO_TRY(open_bodies(plain->records, key_));
    co_return std::shared_ptr<const Batch>(std::move(plain));
  }

 private:
  std::unique_ptr<BatchStream> beneath_;
  std::string key_;
};

}  // namespace

SealedJournal::SealedJournal(std::unique_ptr<Journal> beneath, std::string key, Random& random)
    : beneath_(std::move(beneath)), key_(std::move(key)), random_(random) {
  SKEIN_ASSERT(key_.size() == kKeyBytes);
}

SealedJournal::~SealedJournal() { OPENSSL_cleanse(key_.data(), key_.size()); }

asio::awaitable<Result<Position>> SealedJournal::load(Take take) {
  Take opened = [this, &take](std::vector<Record> records) -> Result<void> {
    SKEIN_TRY(open_bodies(records, key_));
    return take(std::move(records));
  };
  co_return co_await beneath_->load(std::move(opened));
}

asio::awaitable<Result<void>> SealedJournal::append(Batch batch, Position expected) {
  for (Record& record : batch.records)
    if (is_sealed(record)) record.body = wire::gcm_seal(key_, record.body, place_of(record), random_);
  co_return co_await beneath_->append(std::move(batch), expected);
}

std::unique_ptr<BatchStream> SealedJournal::follow(uint64_t index) {
  return std::make_unique<OpeningStream>(beneath_->follow(index), key_);
}

}  // namespace skein::store
