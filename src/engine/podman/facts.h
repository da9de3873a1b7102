// Podman's description of itself made into facts. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/engine_facts.h"
#include "engine/podman/config.h"

namespace skein::engine {

// What our own configuration says already: true before the service has been asked.
EngineFacts configured_facts(const PodmanOptions& options);

// Those, and what GET /libpod/info answered; members that it lacks stay as configured.
EngineFacts facts_of(const nlohmann::json& info, const PodmanOptions& options);

}  // namespace skein::engine
