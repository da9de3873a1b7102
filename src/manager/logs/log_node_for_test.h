// For tests: a node of the swarm, as the log broker sees it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "io/rpc/signal.h"
#include "manager/logs/log_broker.h"

namespace skein::manager {

// Its ListenSubscriptions stream.
class ListeningForTest final : public rpc::ServerStream {
 public:
  const rpc::Call& call() const override { return call_; }
  bool is_open() const override { return is_open_; }
  Result<void> send(std::string message) override {
    if (!is_open_) return make_error(Code::kUnavailable, "the call is over");
    if (is_failing) {
      close();
      return make_error(Code::kResourceExhausted, "the peer reads this stream too slowly");
    }
    api::SubscriptionMessage parsed;
    EXPECT_TRUE(parsed.ParseFromString(message));
    heard.push_back(std::move(parsed));
    return {};
  }
  void finish(Result<void>) override { is_open_ = false; }
  size_t queued_bytes() const override { return 0; }
  bool is_congested() const override { return false; }
  void on_drained(std::function<void()>) override {}
  void on_closed(std::function<void()> callback) override { on_closed_ = std::move(callback); }
  void close() {
    is_open_ = false;
    if (auto callback = std::exchange(on_closed_, nullptr)) callback();
  }

  std::vector<api::SubscriptionMessage> heard;
  bool is_failing = false;

 private:
  rpc::Call call_{rpc::Peer{}, "ListenSubscriptions"};
  bool is_open_ = true;
  std::function<void()> on_closed_;
};

// Its PublishLogs stream: what it has sent.
class PublishingForTest final : public rpc::RequestReader {
 public:
  explicit PublishingForTest(boost::asio::io_context& io) : came_(io.get_executor()) {}
  boost::asio::awaitable<Result<std::optional<std::string>>> next() override {
    while (sent_.empty() && !is_ended_ && !is_broken_) (void)co_await came_.wait();
    if (is_broken_) co_return make_error(Code::kCanceled, "the call is over");
    if (sent_.empty()) co_return std::optional<std::string>();
    std::optional<std::string> out = std::move(sent_.front());
    sent_.pop_front();
    ++taken;
    co_return out;
  }
  void send(const api::PublishLogsMessage& message) {
    sent_.push_back(message.SerializeAsString());
    came_.notify();
  }
  void end() { is_ended_ = true, came_.notify(); }
  void break_off() { is_broken_ = true, came_.notify(); }

  int taken = 0;

 private:
  std::deque<std::string> sent_;
  bool is_ended_ = false, is_broken_ = false;
  rpc::Signal came_;
};

inline api::PublishLogsMessage published(const std::string& id, const std::string& node, const std::string& task,
                                         const std::string& data, int64_t second = 1) {
  api::PublishLogsMessage out;
  out.set_subscription_id(id);
  auto* message = out.add_messages();
  message->mutable_context()->set_node_id(node);
  message->mutable_context()->set_task_id(task);
  message->mutable_context()->set_service_id("web");
  message->mutable_timestamp()->set_seconds(second);
  message->set_stream(api::STDOUT);
  message->set_data(data);
  return out;
}
inline api::PublishLogsMessage published_end(const std::string& id) {
  api::PublishLogsMessage out;
  out.set_subscription_id(id);
  out.set_close(true);
  return out;
}

}  // namespace skein::manager
