// Metrics of a swarm, as its manager sees it. Names are those of Docker's daemon. Pure.
#pragma once

#include "api/metrics/families.h"
#include "store/tables.h"

namespace skein::api {

// Of each state that a node or a task can have, also where nobody has it.
void add_swarm_metrics(const store::Tables& view, Families& out);

}  // namespace skein::api
