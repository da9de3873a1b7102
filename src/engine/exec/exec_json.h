// Execs as Docker's API shows them. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/time/clock.h"
#include "engine/exec/exec_table.h"

namespace skein::engine {

// The answer to GET /exec/{id}/json.
nlohmann::json show_exec(const Exec& exec);

// `action`: "exec_create", "exec_start", which Docker tells with the command, "exec_detach" or "exec_die".
nlohmann::json exec_event(const Exec& exec, const std::string& action, WallTime now);

// Puts the ids of a container's execs into its inspection, null if there are none.
void put_exec_ids(nlohmann::json& container, const std::vector<std::string>& ids);

}  // namespace skein::engine
