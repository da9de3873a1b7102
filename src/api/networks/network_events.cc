#include "api/networks/network_events.h"

#include "api/events/event_bus.h"

namespace skein::api {

using nlohmann::json;

json network_event(const model::api::Network& network, const std::string& action, WallTime time) {
  const std::string& driver = network.spec().driver_config().name();
  return make_event("network", action, network.id(),
                    {{"name", model::name_of(network)}, {"type", driver.empty() ? "bridge" : driver}}, "local", time);
}

}  // namespace skein::api
