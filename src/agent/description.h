// What a node tells the manager about itself: name, platform, resources, plugins, and who issued its certificate.
#pragma once

#include "agent/join.h"
#include "model/objects.h"

namespace skein::agent {

// Reads host name, CPUs and memory of this machine. `engine_version` is shown by `node ls`.
model::api::NodeDescription describe_node(const std::string& engine_version, const Identity& identity);

}  // namespace skein::agent
