// What is to be run, as the OCI runtime is told it: `process` of its configuration. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/exec/request/accounts.h"
#include "engine/exec/request/exec_container.h"
#include "engine/values/exec_request.h"

namespace skein::engine {

// Docker's defaults, then the container's variables, then those of the request, of which one without '=' is taken out.
std::vector<std::string> exec_environment(const ExecContainer& container, const ExecRequest& request,
                                          const std::string& home);

// `container_process`: `process` of the container's own configuration, from which all comes that is not asked for
// otherwise. `all_capabilities`: those that a privileged process gets. kUnavailable when the configuration is damaged.
Result<nlohmann::json> exec_spec(nlohmann::json container_process, const ExecContainer& container,
                                 const ExecRequest& request, const AccountFiles& files,
                                 const std::vector<std::string>& all_capabilities);

// The names of the capabilities of a mask, as in /proc/PID/status.
std::vector<std::string> capability_names(uint64_t mask);

}  // namespace skein::engine
