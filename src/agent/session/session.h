// This node's session with a manager: register, beat, follow assignments, and start again when anything breaks.
//
// On the loop's thread. Runs until stop(); reconnects with a random, growing pause (at most 8 s). Rules: dispatcher
// wire facts, "Session life cycle".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/tasks/task_set.h"
#include "base/random.h"
#include "base/time/clock.h"
#include "io/loop/task_scope.h"
#include "io/rpc/client.h"
#include "wire/proto/resource.pb.h"

namespace skein::agent {

struct SessionHooks {
  // Every message repeats the whole state: node object, managers, keys, root.
  std::function<void(const api::SessionMessage&)> on_message;
  std::function<void(const TaskSet::Difference&)> on_tasks;
  // A session is open over this connection, in place of an earlier one; on_message was called.
  std::function<void(std::shared_ptr<rpc::Channel>)> on_open;
  // The session broke; it is being opened again.
  std::function<void(const Error&)> on_broken;
  // What to tell the manager about this node; asked at every registration.
  std::function<api::NodeDescription()> describe;
};

class Session {
 public:
  // Runs in `tasks`.
  Session(io::TaskScope& tasks, rpc::Transport& transport, std::shared_ptr<rpc::TlsConfig> tls,
          std::vector<HostPort> managers, SessionHooks hooks, Random& random);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  void stop();

  // Registers again over a new connection, with what describe() says now; calls that wait for an answer get it over the
  // old one. Not a break: the session keeps its id, and on_broken is not called.
  void reopen();

  bool is_registered() const;
  const TaskSet& tasks() const;
  std::vector<HostPort> managers() const;
  // Our own address towards the manager; none before the first connection.
  std::optional<IpAddress> local_address() const;

  // Waits until registered (at most `patience`), then calls the manager. kUnavailable names the last failure.
  boost::asio::awaitable<Result<std::string>> attach_network(api::NetworkAttachmentConfig config,
                                                             std::string container_id, Duration patience);
  boost::asio::awaitable<Result<void>> detach_network(std::string attachment_id);
  // The latest state of a task; repeated after every reconnection while the task is assigned.
  void report(const std::string& task_id, api::TaskStatus status);

  struct State;

 private:
  io::TaskScope& tasks_;
  std::shared_ptr<State> state_;
};

}  // namespace skein::agent
