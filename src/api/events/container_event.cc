#include "api/events/container_event.h"

#include "api/events/event_bus.h"
#include "engine/podman/events/event_attributes.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using nlohmann::json;

json container_event(const json& container, const std::string& action, const json& more, WallTime time) {
  json attributes = engine::container_attributes(container);
  attributes.update(more);
  return make_event("container", action, engine::text_of(container, "Id"), attributes, "local", time);
}

}  // namespace skein::api
