// Tells the manager the logs of this node's tasks that somebody reads there: gRPC LogBroker, the node's side.
//
// Lives through sessions; each has a connection of its own. Everything it does waits: for the engine, and for a manager
// that reads slowly, so that neither holds up the other parts of the daemon. On the loop's thread.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.h"
#include "io/loop/task_scope.h"
#include "io/rpc/client.h"

namespace skein::agent {

class LogLink;

class LogPublisher {
 public:
  // Runs in `tasks`. `node_id` is this node's.
  LogPublisher(io::TaskScope& tasks, engine::Engine& engine, std::string node_id);
  // Ends all publishing.
  ~LogPublisher();
  LogPublisher(const LogPublisher&) = delete;
  LogPublisher& operator=(const LogPublisher&) = delete;

  // The connection of the session that has just been opened; null when it broke. What is being published over another
  // one ends: the manager asks again over the new one.
  void use(std::shared_ptr<rpc::Channel> channel);

  // A container has started: it may be of a task whose logs are followed.
  void container_started();

 private:
  io::TaskScope& tasks_;
  engine::Engine& engine_;
  std::string node_id_;
  std::shared_ptr<LogLink> link_;  // of the session that is open
};

}  // namespace skein::agent
