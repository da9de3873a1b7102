#include "api/containers/life/health_events.h"

#include "api/containers/show/present.h"
#include "containers/facts/container_json.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

awaitable<void> tell(engine::Engine& engine, EventBus& bus, std::string id, containers::Health health, WallTime now) {
  auto container = co_await engine.inspect(id);
  if (!container.ok()) co_return;  // removed meanwhile
  auto record = engine::NetworkingRecord::from_labels(containers::labels_of(*container));
  present_container(*container, record, {}, {});
  json attributes = containers::labels_of(*container).is_object() ? containers::labels_of(*container) : json::object();
  attributes["image"] = text_of(at(*container, "Config"), "Image");
  attributes["name"] = containers::identity_of(*container).name;
  const std::string action = std::string("health_status: ") + containers::health_name(health);
  bus.publish(make_event("container", action, id, attributes, "local", now));
}

}  // namespace

void tell_health(io::TaskScope& tasks, engine::Engine& engine, containers::HealthBoard& board, Clock& clock,
                 EventBus& bus) {
  board.listen([&](const std::string& id, containers::Health health) {
    tasks.spawn("health-event", tell(engine, bus, id, health, clock.wall()));
  });
}

}  // namespace skein::api
