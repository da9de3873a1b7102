// The container of a task, as a user of the Engine API would ask for it, and how it is ended. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "base/time/clock.h"
#include "model/objects.h"

namespace skein::agent {

struct TaskContainer {
  std::string name;
  // Of POST /containers/create, networks and ports included. Its healthcheck is "NONE": the agent does the checking.
  nlohmann::json body;
};

// kInvalidArgument for templates that cannot be expanded.
Result<TaskContainer> task_container(const model::api::Task& task, const model::api::Node& self);

// Between the stop signal and the kill: whole seconds, as the engine counts; Docker's default is ten.
int stop_grace_s(const model::api::Task& task);

// How long other hosts may take to send nothing new: service label skein.drain-timeout, five seconds without it.
Duration drain_limit(const model::api::Task& task);

// Label skein.readiness of the container, else of the service: a command for the shell; empty if there is none.
std::string readiness_command(const model::api::Task& task);

}  // namespace skein::agent
