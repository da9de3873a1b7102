#include "api/events/endpoint_events.h"

#include "overlay/endpoints/container_endpoints.h"

namespace skein::api {

using nlohmann::json;

json endpoint_event(const std::string& container, const overlay::EndpointStatus& endpoint, bool is_there,
                    WallTime time) {
  return make_event(
      "network", is_there ? "connect" : "disconnect", endpoint.network_id,
      {{"container", container}, {"name", endpoint.network_name}, {"type", endpoint.is_local ? "bridge" : "overlay"}},
      "local", time);
}

void EndpointEvents::changed(const overlay::Endpoint& endpoint, bool is_there) {
  const auto left = left_.find(endpoint.container_id);
  const bool was_told = left != left_.end() && left->second.erase(endpoint.network.id) > 0;
  if (!is_there && was_told) return;
  events_.publish(endpoint_event(endpoint.container_id, overlay::endpoint_status(endpoint), is_there, clock_.wall()));
}

void EndpointEvents::on_start(const std::string& container, WallTime time) {
  const auto left = left_.extract(container);
  if (left.empty()) return;
  for (const auto& endpoint : networks_.status(container))
    if (left.mapped().contains(endpoint.network_id)) events_.publish(endpoint_event(container, endpoint, true, time));
}

void EndpointEvents::on_end(const std::string& container) {
  for (const auto& endpoint : networks_.status(container))
    if (left_[container].insert(endpoint.network_id).second)
      events_.publish(endpoint_event(container, endpoint, false, clock_.wall()));
}

}  // namespace skein::api
