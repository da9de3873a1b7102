#include "store/recent_batches.h"

#include <algorithm>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <numeric>

namespace skein::store {

namespace asio = boost::asio;

namespace {

size_t bytes_of(const Batch& batch) {
  return std::accumulate(batch.records.begin(), batch.records.end(), sizeof(Batch),
                         [](size_t sum, const Record& record) { return sum + sizeof(Record) + bytes_of(record); });
}

}  // namespace

// A channel belongs to a context, and so what waits for it goes with that.
struct RecentBatches::News {
  explicit News(const asio::any_io_executor& executor) : came(executor, 1) {}
  asio::experimental::channel<void(boost::system::error_code)> came;
};

class RecentBatches::Stream final : public BatchStream {
 public:
  Stream(std::shared_ptr<Kept> kept, uint64_t index) : kept_(std::move(kept)), index_(index) {}

  asio::awaitable<Result<std::shared_ptr<const Batch>>> next() override {
    for (;;) {
      if (index_ < kept_->after)
        co_return make_error(Code::kOutOfRange,
                             "the changes after " + std::to_string(index_) + " are not kept any more", "",
                             "load the store");
      auto later = [this](const auto& batch) { return batch->at.index > index_; };
      auto found = std::ranges::find_if(kept_->batches, later);
      if (found != kept_->batches.end()) {
        index_ = (*found)->at.index;
        co_return *found;
      }
      auto news = std::make_shared<News>(co_await asio::this_coro::executor);
      std::erase_if(kept_->waiting, [](const auto& weak) { return weak.expired(); });
      kept_->waiting.push_back(news);
      co_await news->came.async_receive(asio::use_awaitable);
    }
  }

 private:
  std::shared_ptr<Kept> kept_;
  uint64_t index_;  // of the last one that was handed on
};

void RecentBatches::add(Batch batch) {
  SKEIN_ASSERT(batch.at.index > (kept_->batches.empty() ? kept_->after : kept_->batches.back()->at.index));
  kept_->bytes += bytes_of(batch);
  kept_->batches.push_back(std::make_shared<const Batch>(std::move(batch)));
  while (kept_->batches.size() > kKeptMax || (kept_->bytes > kKeptBytesMax && kept_->batches.size() > 1)) {
    kept_->after = kept_->batches.front()->at.index;
    SKEIN_ASSERT(kept_->bytes >= bytes_of(*kept_->batches.front()));
    kept_->bytes -= bytes_of(*kept_->batches.front());
    kept_->batches.pop_front();
  }
  for (const auto& weak : std::exchange(kept_->waiting, {}))
    if (auto news = weak.lock()) news->came.try_send(boost::system::error_code());
}

std::unique_ptr<BatchStream> RecentBatches::follow(uint64_t index) const {
  return std::make_unique<Stream>(kept_, index);
}

}  // namespace skein::store
