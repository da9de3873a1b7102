// Whether a container can publish the ports that it asks for: each port of the host has one holder. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "overlay/endpoints/endpoint.h"
#include "overlay/endpoints/port_holder.h"
#include "plan/mesh.h"

namespace skein::overlay {

using PortsWanted = std::vector<plan::PublishedPort>;

// Errors are kUnknown, in Docker's words.

// None of them is another container's, of those that run here, or named twice.
Result<void> check_containers(const EndpointBook& book, const std::string& container_id, const PortsWanted& wanted);

// None is one by which the swarm's services are reached at every host.
Result<void> check_mesh(const std::map<plan::MeshPort, plan::MeshTarget>& mesh, const PortsWanted& wanted);

// No program of the host waits for clients there. `holders` may have other ports, too.
Result<void> check_programs(const std::vector<PortHolder>& holders, const PortsWanted& wanted);

}  // namespace skein::overlay
