// Services and tasks in Docker's JSON. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "store/tables.h"

namespace skein::api {

namespace swarm = docker::swarmkit::v1;

nlohmann::json service_to_json(const swarm::Service& service);
nlohmann::json service_spec_to_json(const swarm::ServiceSpec& spec);
nlohmann::json task_to_json(const swarm::Task& task);

// Its parts.
nlohmann::json container_spec_to_json(const swarm::ContainerSpec& container);
nlohmann::json task_spec_to_json(const swarm::TaskSpec& task);
nlohmann::json ports_to_json(const google::protobuf::RepeatedPtrField<swarm::PortConfig>& ports);
// The object of NetworksAttachments.
nlohmann::json attached_network_to_json(const swarm::Network& network);

// What the user left out, as insertDefaults=true shows it.
swarm::ServiceSpec with_defaults(swarm::ServiceSpec spec);

// ServiceStatus of a list with status=true.
nlohmann::json service_status(const swarm::Service& service, const store::Tables& view);

}  // namespace skein::api
