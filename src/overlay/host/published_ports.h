// Whether a container may publish the ports that it asks for: none is held by a program of this host, by another
// container or by the mesh.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "overlay/endpoints/container_networks.h"
#include "overlay/endpoints/port_check.h"
#include "overlay/host/host_network.h"

namespace skein::overlay {

// Programs that wait for clients on these ports; none where nobody can tell: the container is first then.
boost::asio::awaitable<std::vector<PortHolder>> programs_on(PortsWanted ports, HostNetwork& host);

// `programs`: of programs_on(). `mesh`: the ports by which the swarm's services are reached here; null: unknown. The
// error is Docker's, with the reason. Pure.
Result<void> check_published(const ContainerNetworkRequest& request, const EndpointBook& book,
                             const PublishedPorts* mesh, const std::vector<PortHolder>& programs);

}  // namespace skein::overlay
