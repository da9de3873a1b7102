// Docker's events of containers on their networks: "connect" before a start, "disconnect" after an end. Endpoints may
// outlive an end, and wait for the next start, of which Docker knows nothing. Loop's thread.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/events/event_bus.h"
#include "overlay/endpoints/container_networks.h"
#include "overlay/endpoints/endpoint.h"

namespace skein::api {

// Pure.
nlohmann::json endpoint_event(const std::string& container, const overlay::EndpointStatus& endpoint, bool is_there,
                              WallTime time);

class EndpointEvents {
 public:
  // All must outlive it.
  EndpointEvents(overlay::ContainerNetworks& networks, EventBus& events, Clock& clock)
      : networks_(networks), events_(events), clock_(clock) {}

  // It has come, or gone.
  void changed(const overlay::Endpoint& endpoint, bool is_there);

  // Before the start is told, and after the end.
  void on_start(const std::string& container, WallTime time);
  void on_end(const std::string& container);
  void on_removal(const std::string& container) { left_.erase(container); }

 private:
  overlay::ContainerNetworks& networks_;
  EventBus& events_;
  Clock& clock_;
  // Of which it was told that the container has left them, though its endpoints are there: container → network ids.
  std::map<std::string, std::set<std::string>> left_;
};

}  // namespace skein::api
