// One log subscription as this node answers it: the logs of all containers that it means, over one call to the manager.
// Only for log_publisher.cc.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "agent/logs/log_request.h"
#include "engine/engine.h"
#include "io/loop/task_scope.h"
#include "io/rpc/client.h"
#include "io/rpc/signal.h"

namespace skein::agent {

class LogPublication : public std::enable_shared_from_this<LogPublication> {
 public:
  using Requests = rpc::Requests<docker::swarmkit::v1::PublishLogsMessage, docker::swarmkit::v1::PublishLogsResponse>;

  // `on_engine_lost`: what is followed has broken off, and has to be begun anew.
  LogPublication(io::TaskScope& tasks, engine::Engine& engine, std::string node_id,
                 docker::swarmkit::v1::SubscriptionMessage wanted, std::unique_ptr<Requests> manager,
                 std::function<void()> on_engine_lost);

  void start();
  // The reader, the session or the node has gone.
  void stop();
  void look_again();

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  class Reading;

  Awaitable<void> run();
  Awaitable<void> tell_all();
  Awaitable<Result<void>> read_new_containers();
  Awaitable<void> run_reader(LoggedContainer container);
  Awaitable<Result<void>> read(LoggedContainer container);
  Awaitable<Result<void>> copy(LoggedContainer container, io::http::BodySource& source, bool has_terminal);
  Awaitable<void> until_stopped();
  void miss(const Error& why, const std::string& container_id);

  io::TaskScope& tasks_;
  engine::Engine& engine_;
  std::string node_id_;
  docker::swarmkit::v1::SubscriptionMessage wanted_;
  std::unique_ptr<Requests> manager_;
  std::function<void()> on_engine_lost_;
  bool is_stopped_ = false;
  bool is_look_due_ = false;
  bool is_incomplete_ = false;  // some log could not be read
  size_t readers_ = 0;
  std::set<std::string> read_;  // container ids
  rpc::Signal changed_;         // any of the above
};

}  // namespace skein::agent
