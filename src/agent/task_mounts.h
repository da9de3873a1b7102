// A task's mounts: what the engine binds, and the volumes that must be made before. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "agent/task_template.h"

namespace skein::agent {

struct TaskMounts {
  nlohmann::json mounts = nlohmann::json::array();   // HostConfig.Mounts
  nlohmann::json volumes = nlohmann::json::array();  // bodies of POST /volumes/create: those with a driver or labels
};

// Sources, targets, labels and options of volumes are templates.
Result<TaskMounts> task_mounts(const model::api::ContainerSpec& spec, const TemplateContext& context);

}  // namespace skein::agent
