// Containers of the process engine as Docker's API shows them. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/time/clock.h"
#include "engine/process/launch/process_record.h"

namespace skein::engine {

// GET /containers/{id}/json. `folder` holds its log.
nlohmann::json show_process(const ProcessRecord& record, const std::string& folder);

// An entry of GET /containers/json.
nlohmann::json list_process(const ProcessRecord& record, WallTime now);

// An event of GET /events.
nlohmann::json process_event(const ProcessRecord& record, const std::string& action, WallTime now);

// "created", "running" or "exited".
std::string process_status(const ProcessRecord& record);

// `label` is "key" or "key=value".
bool has_label(const ProcessRecord& record, const std::string& label);

}  // namespace skein::engine
