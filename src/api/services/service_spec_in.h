// A user's ServiceSpec (the body of POST /services/create and of updates) as the swarm's. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/requests/members.h"
#include "wire/proto/objects.pb.h"

namespace skein::api {

namespace swarm = docker::swarmkit::v1;

// kInvalidArgument names the member that is unknown, of a wrong type, or makes no sense; so do plugins.
// What the spec means is checked by the manager (manager/services/service_check.h).
Result<swarm::ServiceSpec> service_spec_from_json(const nlohmann::json& body);

// Its parts.
void read_container_spec(Members& from, swarm::ContainerSpec& out);
void read_mount(Members& from, swarm::Mount& out);
void read_task_spec(Members& from, swarm::TaskSpec& out);

}  // namespace skein::api
