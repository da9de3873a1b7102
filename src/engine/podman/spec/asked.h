// What was asked for when a container was created, where the engine shows something else: its own default in place of
// nothing, its own word in place of Docker's. Kept with the container as one label, which is hidden from every answer,
// and shown in inspections again. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace skein::engine {

inline constexpr const char* kAskedLabel = "io.skein.asked";

// Of a body of POST /containers/create.
std::string asked_label(const nlohmann::json& body);

// HostConfig.LogConfig as it was asked for; `labels` are the container's.
nlohmann::json asked_log_config(const nlohmann::json& labels);

// An inspection, with its labels; those are left as they are. Where there is no such label, only what can be nothing
// but the engine's own is changed.
void show_asked(nlohmann::json& container);

}  // namespace skein::engine
