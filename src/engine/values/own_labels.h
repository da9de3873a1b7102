// Labels of ours that containers carry in the engine, and nobody is shown. Pure.
#pragma once

#include <nlohmann/json.hpp>

namespace skein::engine {

inline constexpr const char* kNetworkingLabel = "io.skein.networking";  // networking_record.h
inline constexpr const char* kAskedLabel = "io.skein.asked";            // podman/spec/asked.h
inline constexpr const char* kRestartLabel = "io.skein.restart";        // containers/facts/restart_policy.h

inline void hide_own_labels(nlohmann::json& labels) {
  if (!labels.is_object()) return;
  for (const char* ours : {kNetworkingLabel, kAskedLabel, kRestartLabel}) labels.erase(ours);
}

}  // namespace skein::engine
