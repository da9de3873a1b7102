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
#include "cluster/logs.h"
#include "io/rpc/server.h"
#include "manager/logs/log_subscription.h"
#include "store/store.h"

namespace skein::manager {

class LogBroker final : public cluster::Logs {
 public:
  using SubscriptionWriter = rpc::Writer<api::SubscriptionMessage>;
  using PublishReader = rpc::Reader<api::PublishLogsMessage>;
  template <class T>
  using Reply = boost::asio::awaitable<Result<T>>;

  // `store` and `random` outlive it.
  LogBroker(boost::asio::any_io_executor executor, store::Store& store, Random& random);
  ~LogBroker() override;
  void register_with(rpc::Server& server);

  Result<std::unique_ptr<cluster::LogReader>> subscribe(api::LogSelector selector,
                                                        api::LogSubscriptionOptions options) override;

  // ---- what the methods do, for a caller whose certificate was checked
  void listen(const std::string& node_id, const std::shared_ptr<SubscriptionWriter>& writer);
  Reply<api::PublishLogsResponse> publish(std::string node_id, std::shared_ptr<PublishReader> messages);

 private:
  struct State;
  std::shared_ptr<State> state_;  // publishing calls may outlive the broker
  store::Store::Watch watch_;
};

}  // namespace skein::manager
