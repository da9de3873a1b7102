// Routes of /_ping, /version, /info, /plugins. The first three cost the engine nothing that it has been asked before:
// every tool begins with one of them.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "api/system/info.h"
#include "engine/engine.h"
#include "io/http/router.h"
#include "model/engine_settings.h"

namespace skein::api {

struct SystemHooks {
  // The "Swarm" section of /info, as in Docker's: LocalNodeState, ControlAvailable, NodeID …
  std::function<nlohmann::json()> swarm_info;
  DaemonFacts daemon;
  const model::EngineSettings* engine_settings = nullptr;  // as they are now
};

// `engine` must outlive the router.
void add_system_routes(io::http::Router& router, engine::Engine& engine, const SystemHooks& hooks);

// The Swarm header of /_ping: "inactive", "active/manager", "active/worker" … Pure.
std::string swarm_header(const nlohmann::json& swarm_info);

}  // namespace skein::api
