#include "manager/logs/log_subscription.h"

#include <utility>

#include "model/objects.h"

namespace skein::manager {

namespace asio = boost::asio;

namespace {

constexpr size_t kQueueBytesMax = 1u << 20;    // beyond, publishers wait
constexpr size_t kMessageOverheadBytes = 256;  // of one line in memory, besides its text

size_t bytes_of(const api::LogMessage& message) { return message.data().size() + kMessageOverheadBytes; }

}  // namespace

LogSubscription::LogSubscription(const asio::any_io_executor& executor, std::string id, api::LogSelector selector,
                                 api::LogSubscriptionOptions options)
    : id_(std::move(id)),
      selector_(std::move(selector)),
      options_(std::move(options)),
      coverage_(selector_, options_.follow()),
      came_(executor),
      taken_(executor) {}

api::SubscriptionMessage LogSubscription::opening(const std::string& node_id) {
  api::SubscriptionMessage message;
  message.set_id(id_);
  *message.mutable_selector() = selector_;
  *message.mutable_options() = options_;
  if (auto since = progress_.begin_again(node_id)) {
    *message.mutable_options()->mutable_since() = model::to_timestamp(*since);
    message.mutable_options()->set_tail(0);
  }
  return message;
}

api::SubscriptionMessage LogSubscription::closing() const {
  api::SubscriptionMessage message;
  message.set_id(id_);
  *message.mutable_selector() = selector_;
  *message.mutable_options() = options_;
  message.set_close(true);
  return message;
}

bool LogSubscription::has_room() const { return queued_bytes_ < kQueueBytesMax; }

asio::awaitable<bool> LogSubscription::wait_for_room(std::shared_ptr<LogSubscription> self) {
  while (!self->is_over() && !self->has_room()) {
    auto wake = co_await self->taken_.wait();
    if (wake == rpc::Signal::Wake::kCancelled) break;
  }
  co_return self->has_room() && !self->is_over();
}

void LogSubscription::put(api::LogMessage message) {
  if (is_over() || !progress_.take(message)) return;
  queued_bytes_ += bytes_of(message);
  queue_.push_back(std::move(message));
  came_.notify();
}

void LogSubscription::end_node(const std::string& node_id, const std::string& why) {
  coverage_.end(node_id, why);
  if (coverage_.is_complete()) end(coverage_.outcome());
}

void LogSubscription::end(Result<void> outcome) {
  if (is_over()) return;
  end_ = std::move(outcome);
  came_.notify();
  taken_.notify();
}

asio::awaitable<Result<std::optional<LogSubscription::Messages>>> LogSubscription::next(
    std::shared_ptr<LogSubscription> self) {
  while (self->queue_.empty() && !self->is_over()) {
    auto wake = co_await self->came_.wait();
    if (wake == rpc::Signal::Wake::kCancelled) co_return make_error(Code::kCanceled, "context canceled");
  }
  if (self->queue_.empty()) {
    if (!self->end_->ok()) co_return self->end_->error();
    co_return std::optional<Messages>();
  }
  std::optional<Messages> out(std::in_place, std::make_move_iterator(self->queue_.begin()),
                              std::make_move_iterator(self->queue_.end()));
  self->queue_.clear();
  self->queued_bytes_ = 0;
  self->taken_.notify();
  co_return out;
}

}  // namespace skein::manager
