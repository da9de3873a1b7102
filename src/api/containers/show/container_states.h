// What Docker's daemon says where a container's state does not allow what is asked of it. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "io/http/message.h"

namespace skein::api {

enum class Phase { kCreated, kRunning, kPaused, kRestarting, kExited, kRemoving, kDead };
enum class Verb { kStart, kStop, kKill, kPause, kUnpause, kRemove, kAttach, kTop, kResize };

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

// What to call it in messages: its id, and what the request called it.
struct Called {
  std::string id;
  std::string name;
};

// Nothing where the state allows it.
std::optional<io::http::Response> refusal(Verb verb, Phase phase, const Called& container);

}  // namespace skein::api
