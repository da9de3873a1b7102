// What was asked for when a container was created, where the engine shows something else: its own default in place of
// nothing, its own word in place of Docker's. Kept with the container as one label, which is hidden from every answer,
// and shown in inspections again. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/values/own_labels.h"

namespace skein::engine {

// Of a body of POST /containers/create.
std::string asked_label(const nlohmann::json& body);

// A member of HostConfig as it was asked for, or null; `labels` are the container's.
nlohmann::json asked_of_host(const nlohmann::json& labels, const char* name);

// An inspection, with its labels; those are left as they are. Where there is no such label, only what can be nothing
// but the engine's own is changed.
void show_asked(nlohmann::json& container);

}  // namespace skein::engine
