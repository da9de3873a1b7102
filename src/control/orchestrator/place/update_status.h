// The steps of a service's update_status, in Docker's words. Pure, on a copy of the service.
#pragma once

#include <string>

#include "control/orchestrator/place/place.h"

namespace skein::control {

// Neither paused nor over.
bool is_updating(const api::Service& service);
bool is_paused(const api::Service& service);

api::Service with_update_started(api::Service service, WallTime now);
api::Service with_update_completed(api::Service service, WallTime now);
// An update becomes PAUSED, a rollback ROLLBACK_PAUSED. `more` is why nothing else is done; it may be empty.
api::Service with_update_paused(api::Service service, const std::string& failed_task, const std::string& more);
// The previous spec comes back, and there is no previous one any more. The service must have one.
api::Service with_rollback_started(api::Service service, const std::string& failed_task);

}  // namespace skein::control
