#include "api/events/image_events.h"

#include "api/replies/passing.h"
#include "engine/values/json_fields.h"

namespace skein::api {

boost::asio::awaitable<void> tell_deletion(engine::Engine& engine, EventBus& events, nlohmann::json event) {
  const std::string id = engine::text_of(engine::at(event, "Actor"), "ID");
  const Asked asked = co_await ask_engine(engine, "GET", encode_path("/images/" + id + "/json"));
  if (asked.refusal) events.publish(std::move(event));
}

}  // namespace skein::api
