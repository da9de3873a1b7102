// One open `service logs`: the lines of all nodes, in the order in which they arrive, on their way to one reader.
//
// Bounded: publishers wait for the reader, and with them the tasks' nodes. Shared by the broker, the publishing calls
// and the reader; whoever goes first ends it. On the loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "io/rpc/signal.h"
#include "manager/logs/log_coverage.h"
#include "manager/logs/log_progress.h"

namespace skein::manager {

class LogSubscription {
 public:
  LogSubscription(const boost::asio::any_io_executor& executor, std::string id, api::LogSelector selector,
                  api::LogSubscriptionOptions options);

  const std::string& id() const { return id_; }
  LogCoverage& coverage() { return coverage_; }
  bool is_over() const { return end_.has_value(); }

  // What a node is told, now that it is told for the first time, or again.
  api::SubscriptionMessage opening(const std::string& node_id);
  api::SubscriptionMessage closing() const;

  // ---- publishers
  // False when the subscription is over.
  static boost::asio::awaitable<bool> wait_for_room(std::shared_ptr<LogSubscription> self);
  void put(api::LogMessage message);
  // A node has ended; the reader hears of the end when all have.
  void end_node(const std::string& node_id, const std::string& why = {});

  // ---- the end
  void end(Result<void> outcome);

  // ---- the reader: at least one message; nullopt when everything was told; an error when something is missing, or
  // when nobody can tell any more. One reader at a time.
  using Messages = std::vector<api::LogMessage>;
  static boost::asio::awaitable<Result<std::optional<Messages>>> next(std::shared_ptr<LogSubscription> self);

 private:
  bool has_room() const;

  std::string id_;
  api::LogSelector selector_;
  api::LogSubscriptionOptions options_;
  LogCoverage coverage_;
  LogProgress progress_;
  std::deque<api::LogMessage> queue_;
  size_t queued_bytes_ = 0;
  std::optional<Result<void>> end_;
  rpc::Signal came_;   // for the reader
  rpc::Signal taken_;  // for the publishers
};

}  // namespace skein::manager
