// The settings of a swarm. Pure.
#pragma once

#include "model/objects.h"

namespace skein::cluster {

// Those of a swarm for which the user asked nothing, as Docker's.
model::api::ClusterSpec default_cluster_spec();

// kInvalidArgument for times with which a swarm could not live; zero stands for the default.
Result<void> check_cluster_spec(const model::api::ClusterSpec& spec);

}  // namespace skein::cluster
