// Docker tells that an image was deleted when it is gone; the engine, whenever a name of it was removed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>

#include "api/events/event_bus.h"
#include "engine/engine.h"

namespace skein::api {

// Publishes the event of an image's deletion unless the engine still has the image. Both must outlive it.
boost::asio::awaitable<void> tell_deletion(engine::Engine& engine, EventBus& events, nlohmann::json event);

}  // namespace skein::api
