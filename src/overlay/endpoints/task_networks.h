// What the runner of service tasks asks of networking beyond what every container needs (container_networks.h): when a
// task takes part in its service, and when it has stopped doing so on all hosts.
//
// A task's container is attached like any other, with EndpointRequest::given. On the loop's thread.
#pragma once

#include "overlay/endpoints/container_networks.h"

namespace skein::overlay {

class TaskNetworks : public ContainerNetworks {
 public:
  // Of all endpoints of the container, here and on the other hosts; kept over a restart of the daemon. Unknown
  // containers are ignored.
  virtual void set_serving(const std::string& container_id, Serving serving) = 0;

  // After set_serving(kDraining): returns when every live Skein host on the container's networks has said that it sends
  // it no new flows, or after `limit`. Hosts that are Docker Engines say nothing; for their sake at least Docker's two
  // seconds pass when there is one on such a network.
  virtual boost::asio::awaitable<void> wait_until_drained(std::string container_id, Duration limit) = 0;
};

}  // namespace skein::overlay
