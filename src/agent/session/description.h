// What a node tells the manager about itself: name, platform, resources, plugins, who holds
// published ports, and who issued its certificate.
#pragma once

#include "agent/session/join.h"
#include "model/engine_settings.h"
#include "model/objects.h"
#include "overlay/endpoints/port_holder.h"

namespace skein::agent {

// Reads host name, CPUs and memory of this machine. `engine_version` is shown by `node ls`; our own labels win over the
// administrator's.
model::api::NodeDescription describe_node(const std::string& engine_version, const model::EngineSettings& settings,
                                          const Identity& identity,
                                          const std::vector<overlay::PortHolder>& port_holders);

}  // namespace skein::agent
