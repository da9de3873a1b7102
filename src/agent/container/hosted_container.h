// Containers of tasks on this host: made, started and removed on the engine together with their namespace and files,
// and found again after a restart of the daemon. Loop's thread.
#pragma once

#include <memory>

#include "agent/container/task_step.h"
#include "agent/container/task_tools.h"
#include "containers/health/health_check.h"
#include "containers/life/life.h"

namespace skein::agent {

struct HostedContainer {
  std::string id;  // empty: there is none
  std::string task_id;
  std::optional<containers::House> house;  // none in the host's network
  TaskLife life = TaskLife::kAbsent;
  int exit_code = 0;
  int pid = 0;

  // Ports of the host that it was given.
  overlay::AssignedPorts assigned_ports() const { return house ? house->state.assigned : overlay::AssignedPorts(); }
};

// One that exists under the task's name is taken over if it is the task's own.
boost::asio::awaitable<Result<HostedContainer>> make_container(std::shared_ptr<TaskTools> tools, SharedTask task,
                                                               model::api::Node self);

// Secrets and configs, endpoints, then the start; the result runs, or has ended already. On error nothing is attached.
boost::asio::awaitable<Result<HostedContainer>> start_container(std::shared_ptr<TaskTools> tools, SharedTask task,
                                                                model::api::Node self, HostedContainer container);

// As the engine sees it now. Its exit code may come some milliseconds after its end: that is waited for, and is 255 if
// nobody will ever know (the host went down).
boost::asio::awaitable<Result<HostedContainer>> look_at_container(std::shared_ptr<TaskTools> tools, std::string id);

// All containers of tasks.
boost::asio::awaitable<Result<std::vector<HostedContainer>>> find_containers(std::shared_ptr<TaskTools> tools);

// The container must have ended, or nobody cares.
boost::asio::awaitable<Result<void>> remove_container(std::shared_ptr<TaskTools> tools, HostedContainer container);

// After the engine has lost the container: its endpoints, namespace and files, secrets among them.
void forget_container(TaskTools& tools, const HostedContainer& container);

// The task's healthcheck, as far as it leaves it to the image: the image's.
boost::asio::awaitable<Result<containers::HealthCheck>> find_health_check(std::shared_ptr<TaskTools> tools,
                                                                          SharedTask task);

}  // namespace skein::agent
