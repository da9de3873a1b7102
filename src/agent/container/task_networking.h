// A task's networks and ports: what its container shows of them, and what ContainerNetworks is asked for. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "overlay/endpoints/container_networks.h"
#include "overlay/host/container_files.h"

namespace skein::agent {

// Puts the task's networks and host-mode ports into a body of POST /containers/create. Predefined networks ("host") are
// the container's mode.
void add_task_networking(const model::api::Task& task, nlohmann::json& body);

// Endpoints as the manager gave them, by the names of their networks, which interfaces follow; the task's place in its
// service, and its host-mode ports. kFailedPrecondition for a network without an address. A task without networks gets
// the default bridge.
Result<overlay::ContainerNetworkRequest> task_network_request(const model::api::Task& task,
                                                              const overlay::AssignedPorts& assigned);

// Host-mode ports whose number the host chooses ("80/tcp").
std::vector<std::string> task_ports_to_assign(const model::api::Task& task);

// The host-mode ports as they are bound, for the task's status.
model::api::PortStatus task_port_status(const model::api::Task& task, const overlay::AssignedPorts& assigned);

}  // namespace skein::agent
