// What all tasks of a runner share. Once is_stopped is set, no further step is begun.
#pragma once

#include <functional>
#include <string>

#include "agent/container/image_pulls.h"
#include "agent/container/shared_task.h"
#include "agent/container/task_dependencies.h"
#include "agent/container/volatile_files.h"
#include "base/random.h"
#include "base/time/clock.h"
#include "containers/health/health_board.h"
#include "containers/housing/housing.h"
#include "containers/life/turns.h"
#include "engine/engine.h"
#include "engine/values/mount_check.h"
#include "io/loop/task_scope.h"
#include "overlay/endpoints/task_networks.h"

namespace skein::agent {

struct TaskRunnerOptions {
  containers::HousingOptions housing;  // the keeper's (containers/life/keeper.h)
  VolatileRoot volatile_root;          // where secrets and configs are while containers have them
  Duration dependency_patience = std::chrono::seconds(10);
  engine::PathExists exists = engine::path_exists();
  Duration retry_pause = std::chrono::seconds(1);  // as Docker's
  Duration readiness_interval = std::chrono::seconds(2);
  Duration readiness_timeout = std::chrono::seconds(5);
};

struct TaskTools {
  io::TaskScope& tasks;  // the runner's, in which all of it runs
  engine::Engine& engine;
  overlay::TaskNetworks& networks;
  containers::HealthBoard& health;
  Clock& clock;
  Random& random;
  std::function<void(const std::string& task_id, const model::api::TaskStatus&)> report;
  TaskRunnerOptions options;
  boost::asio::any_io_executor executor = tasks.executor();
  containers::Housing housing{networks, random, options.housing};
  ImagePulls pulls{tasks, engine};
  containers::Turns starts{executor, engine.facts().starts_max};
  VolatileFiles files{options.volatile_root};
  std::shared_ptr<const Dependencies> dependencies = std::make_shared<const Dependencies>();  // as told last
  bool is_stopped = false;
};

}  // namespace skein::agent
