// A task's mounts, as a user of the Engine API would ask for them. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "model/task_template.h"

namespace skein::agent {

// HostConfig.Mounts, with all that the spec asks of them. Sources, targets, labels and options of volumes are
// templates.
Result<nlohmann::json> task_mounts(const model::api::ContainerSpec& spec, const model::TemplateContext& context);

}  // namespace skein::agent
