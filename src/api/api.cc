#include "api/api.h"

#include "api/containers/life/health_events.h"
#include "api/events/image_events.h"
#include "api/images/images.h"
#include "api/images/registry_routes.h"
#include "api/system/disk_usage.h"
#include "api/volumes/volumes.h"
#include "engine/values/json_fields.h"

namespace skein::api {

Api::Api(ApiParts parts, io::http::Router& router)
    : tasks_(parts.loop.get_executor()),
      events_(parts.loop),
      endpoint_events_(parts.networks, events_, parts.clock),
      mount_events_(tasks_, parts.engine, events_, endpoint_events_, parts.clock),
      keeper_(parts.loop, tasks_, parts.engine, parts.networks, parts.health, parts.clock, parts.random, parts.keeper),
      containers_(keeper_, parts.engine, parts.networks, parts.health, parts.clock, parts.secrets_folder) {
  add_system_routes(router, parts.engine, parts.system);
  containers_.add_routes(router);
  containers_.observe_starts([this](const nlohmann::json& container) { mount_events_.learn(container); });
  containers_.observe_deeds([this](nlohmann::json event) { mount_events_.take(std::move(event)); });
  add_image_routes(router, parts.engine);
  add_registry_routes(router);
  add_volume_routes(router, parts.engine, parts.random);
  add_disk_usage_route(router, parts.engine, containers_);
  router.add("GET", "/events", [this](io::http::Request& request) { return events_.answer(request); });

  parts.engine.observe(keeper_.observer());
  engine::Observer all;
  all.on_event = [this, &engine = parts.engine](nlohmann::json event) {
    containers_.complete(event);
    if (engine::text_of(event, "Type") == "image" && engine::text_of(event, "Action") == "delete")
      tasks_.spawn("image-event", tell_deletion(engine, events_, std::move(event)));
    else
      mount_events_.take(std::move(event));
  };
  parts.engine.observe(std::move(all));
  tell_health(tasks_, parts.engine, parts.health, parts.clock, events_);
}

}  // namespace skein::api
