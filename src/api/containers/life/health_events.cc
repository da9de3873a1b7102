#include "api/containers/life/health_events.h"

#include "api/events/container_event.h"

namespace skein::api {

using boost::asio::awaitable;
using nlohmann::json;

namespace {

awaitable<void> tell(engine::Engine& engine, EventBus& bus, std::string id, containers::Health health, WallTime now) {
  auto container = co_await engine.inspect(id);
  if (!container.ok()) co_return;  // removed meanwhile
  const std::string action = std::string("health_status: ") + containers::health_name(health);
  bus.publish(container_event(*container, action, json::object(), now));
}

}  // namespace

void tell_health(io::TaskScope& tasks, engine::Engine& engine, containers::HealthBoard& board, Clock& clock,
                 EventBus& bus) {
  board.listen([&](const std::string& id, containers::Health health) {
    tasks.spawn("health-event", tell(engine, bus, id, health, clock.wall()));
  });
}

}  // namespace skein::api
