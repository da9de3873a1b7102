// Runs the tasks of services that the manager assigns to this node: one TaskRun each.
//
// Containers of an earlier life of the daemon are found by their labels and go on; those of tasks that are not assigned
// any more are removed once the manager has told the whole set. A task's containers outlive the runner, not the node's
// membership in the swarm. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "agent/container/task_tools.h"

namespace skein::agent {

struct TaskRunnerHooks {
  // The latest state of a task that is assigned.
  std::function<void(const std::string& task_id, const model::api::TaskStatus& status)> report;
};

class TaskRunner {
 public:
  TaskRunner(boost::asio::io_context& loop, engine::Engine& engine, overlay::TaskNetworks& networks,
             containers::HealthBoard& health, Clock& clock, Random& random, TaskRunnerHooks hooks,
             TaskRunnerOptions options);
  ~TaskRunner();
  TaskRunner(const TaskRunner&) = delete;
  TaskRunner& operator=(const TaskRunner&) = delete;

  // The engine is up, and the containers API has tidied its files: from here on the runner acts.
  void start();

  // The whole set of assigned tasks, whenever it or the node changes. Tasks that are no service's are left alone.
  void take(const SharedTasks& tasks, const model::api::Node& self, std::shared_ptr<const Dependencies> dependencies);

  // What the engine tells (engine::Observer).
  void container_exited(const engine::ContainerExit& exit);
  void container_removed(const std::string& id);

  // The node leaves its swarm: stops looking after the tasks, and removes their containers at once.
  boost::asio::awaitable<void> leave();
  // Stops looking after the tasks; returns when nothing of it runs any more. A container that is just being made or
  // started is made or started to the end, so that the next daemon finds it whole. Before the runner is destroyed,
  // unless the loop has dropped all coroutines.
  boost::asio::awaitable<void> close();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace skein::agent
