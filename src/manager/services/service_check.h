// What a user may ask of a service: everything that can be refused when the request is made is refused then, in
// Docker's words. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "store/tables.h"

namespace skein::manager {

// More than one manager could keep in number, and than the largest network has addresses.
inline constexpr uint64_t kReplicasMax = 65'535;
// Of a spec on the wire: with the networks, a node gets it in one message of at most 4 MiB.
// A service holds two specs, a task one with copies of its networks; each must fit into a batch of the store.
inline constexpr size_t kServiceSpecSizeMax = size_t{384} << 10;
inline constexpr size_t kTaskSizeMax = size_t{512} << 10;  // as it begins

// The spec alone. Networks are looked at by resolve_networks (service_networks.h). kInvalidArgument; kUnimplemented for
// what this version cannot do.
Result<void> check_service_spec(const model::api::ServiceSpec& spec);

// The container in it: image, mounts, health check, references to secrets and configs.
Result<void> check_container_spec(const model::api::ContainerSpec& container);

// The spec next to the other objects of the swarm: published ports, secrets, configs. `id` is the service's own.
Result<void> check_service_fits(const model::api::ServiceSpec& spec, const store::Tables& view, const std::string& id);

// An update may change anything but name and mode: kUnimplemented.
Result<void> check_service_change(const model::api::ServiceSpec& before, const model::api::ServiceSpec& after);

}  // namespace skein::manager
