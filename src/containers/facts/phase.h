// The state of a container as Docker names it. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace skein::containers {

enum class Phase : uint8_t { kCreated, kRunning, kPaused, kRestarting, kExited, kRemoving, kDead };

// The engine's word for it, which is Docker's or one of its own.
Phase phase_of_word(const std::string& word);
// Of a container's inspection, and of an entry of the list.
Phase phase_of(const nlohmann::json& container);
Phase phase_of_entry(const nlohmann::json& entry);
// Docker's word; none is the word of every state.
const char* phase_name(Phase phase);
std::optional<Phase> phase_named(const std::string& name);

// A process of its is there.
bool is_alive(Phase phase);

}  // namespace skein::containers
