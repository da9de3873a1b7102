// The unlock key of a swarm's managers, as the cluster object keeps it: one of the subsystem "swarm-manager" while
// autolock is on. Pure.
#pragma once

#include <string>

#include "base/random.h"
#include "model/objects.h"

namespace skein::cluster {

// Brings the keys in line with the spec: a new one where autolock has just been turned on, or where one is to be
// replaced, and none without autolock.
void update_unlock_keys(model::api::Cluster& cluster, bool is_replaced, Random& random);

// Empty: the managers are not locked.
std::string unlock_key_of(const model::api::Cluster& cluster);

}  // namespace skein::cluster
