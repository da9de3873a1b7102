#include "containers/facts/phase.h"

#include <algorithm>
#include <array>

#include "engine/values/json_fields.h"

namespace skein::containers {

namespace {

constexpr std::array kNames{"created", "running", "paused", "restarting", "exited", "removing", "dead"};

}  // namespace

Phase phase_of_word(const std::string& word) {
  if (word == "running" || word == "stopping") return Phase::kRunning;
  if (word == "paused") return Phase::kPaused;
  if (word == "restarting") return Phase::kRestarting;
  if (word == "removing") return Phase::kRemoving;
  if (word == "dead") return Phase::kDead;
  if (word == "created" || word == "configured" || word == "initialized") return Phase::kCreated;
  return Phase::kExited;  // also "stopped"
}

Phase phase_of(const nlohmann::json& container) {
  return phase_of_word(engine::text_of(engine::at(container, "State"), "Status"));
}

Phase phase_of_entry(const nlohmann::json& entry) { return phase_of_word(engine::text_of(entry, "State")); }

const char* phase_name(Phase phase) { return kNames.at(static_cast<size_t>(phase)); }

std::optional<Phase> phase_named(const std::string& name) {
  auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Phase>(found - kNames.begin());
}

bool is_alive(Phase phase) {
  return phase == Phase::kRunning || phase == Phase::kPaused || phase == Phase::kRestarting;
}

}  // namespace skein::containers
