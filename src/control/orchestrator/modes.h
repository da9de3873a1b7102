// The four modes of a service: which places it has. Each brings the service's places to the number and nodes that its
// spec asks for, restarts what ended there and (not for jobs) hands the rest to the updater.
#pragma once

#include "control/orchestrator/pass/pass.h"

namespace skein::control {

// Slots 1…replicas. Too many: those without a running task go first, then those of the nodes with most of the service.
// Too few: the lowest free numbers are filled.
void reconcile_replicated(Pass& pass);

// Every node that is neither down nor drained and satisfies the constraints. On a paused node nothing is started.
void reconcile_global(Pass& pass);

// Slots 0…total_completions-1, each until one task succeeded, max_concurrent at a time (0: all). Tasks of earlier
// iterations are removed. A slot whose task failed for good is not tried again.
void reconcile_replicated_job(Pass& pass);

// Once on every node that is ready and active and satisfies the constraints.
void reconcile_global_job(Pass& pass);

}  // namespace skein::control
