// The networks that a service's tasks are on. Pure.
#pragma once

#include "base/result.h"
#include "store/tables.h"

namespace skein::manager {

// Puts ids in place of the names and prefixes that users write, and what stands in the deprecated ServiceSpec.networks
// to the task's. Errors in Docker's words: kNotFound "network x not found", kPermissionDenied for networks that are
// neither overlays nor predefined (host, bridge), kInvalidArgument for the ingress network and for one that is listed
// twice.
Result<void> resolve_networks(model::api::ServiceSpec& spec, const store::Tables& view);

}  // namespace skein::manager
