// Where a container is in its life, from the engine's inspection. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace skein::engine {

enum class Life {
  kNew,      // never started
  kRunning,  // or paused
  kEnding,   // no longer running, but its exit code is not known yet
  kEnded,
};

// Podman answers "not running" some milliseconds before it knows the exit code: until FinishedAt is after StartedAt,
// the code shown is that of the run before, or 0.
Life life_of(const nlohmann::json& container);

// As Docker shows a container whose end nobody saw.
inline constexpr int kExitCodeUnknown = 255;

int exit_code_of(const nlohmann::json& container);

}  // namespace skein::engine
