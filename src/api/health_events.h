// Tells of containers that become healthy or unhealthy, as Docker's events do: "health_status: healthy".
#pragma once

#include <boost/asio/io_context.hpp>

#include "agent/health_board.h"
#include "api/event_bus.h"
#include "engine/engine.h"

namespace skein::api {

// What `board` changes goes to `bus`, with the names and labels that `engine` knows. All outlive the loop's last turn.
void tell_health(boost::asio::io_context& loop, engine::Engine& engine, agent::HealthBoard& board, Clock& clock,
                 EventBus& bus);

}  // namespace skein::api
