// gRPC service LogBroker: nodes hear which logs are wanted, and publish them; readers on this manager get them.
//
//   auto reader = broker.subscribe(selector, options);
//   while (auto messages = co_await (*reader)->next(); messages.ok() && *messages) …
//
// Subscriptions live in memory and end with their reader. On the loop's thread.
#pragma once

#include <functional>
#include <memory>

#include "base/random.h"
#include "io/rpc/server.h"
#include "manager/logs/log_subscription.h"
#include "store/store.h"

namespace skein::manager {

// The reader's end of a subscription. Dropping it ends the subscription, and the nodes are told. It may outlive the
// broker: then next() is kAborted.
class LogReader {
 public:
  LogReader(std::shared_ptr<LogSubscription> subscription, std::function<void()> on_gone)
      : subscription_(std::move(subscription)), on_gone_(std::move(on_gone)) {}
  ~LogReader() { on_gone_(); }
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // At least one message, in order of arrival; nullopt when all nodes have told everything; kUnknown "warning:
  // incomplete log stream. …" when some could not, after what the others told.
  boost::asio::awaitable<Result<std::optional<LogSubscription::Messages>>> next() {
    return LogSubscription::next(subscription_);
  }

 private:
  std::shared_ptr<LogSubscription> subscription_;
  std::function<void()> on_gone_;
};

class LogBroker {
 public:
  using SubscriptionWriter = rpc::Writer<api::SubscriptionMessage>;
  using PublishReader = rpc::Reader<api::PublishLogsMessage>;
  template <class T>
  using Reply = boost::asio::awaitable<Result<T>>;

  // `store` and `random` outlive it.
  LogBroker(boost::asio::any_io_executor executor, store::Store& store, Random& random);
  ~LogBroker();
  void register_with(rpc::Server& server);

  // kInvalidArgument for a selector that selects nothing; kResourceExhausted beyond 256 subscriptions.
  Result<std::unique_ptr<LogReader>> subscribe(api::LogSelector selector, api::LogSubscriptionOptions options);

  // ---- what the methods do, for a caller whose certificate was checked
  void listen(const std::string& node_id, const std::shared_ptr<SubscriptionWriter>& writer);
  Reply<api::PublishLogsResponse> publish(std::string node_id, std::shared_ptr<PublishReader> messages);

 private:
  struct State;
  std::shared_ptr<State> state_;  // publishing calls may outlive the broker
  store::Store::Watch watch_;
};

}  // namespace skein::manager
