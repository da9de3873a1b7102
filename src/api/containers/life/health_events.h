// Tells of containers that become healthy or unhealthy, as Docker's events do: "health_status: healthy".
#pragma once

#include "api/events/event_bus.h"
#include "containers/health/health_board.h"
#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::api {

// What `board` changes goes to `bus`, with the names and labels that `engine` knows, as long as `tasks` is open.
void tell_health(io::TaskScope& tasks, engine::Engine& engine, containers::HealthBoard& board, Clock& clock,
                 EventBus& bus);

}  // namespace skein::api
