#include "engine/values/container_life.h"

#include <nlohmann/json.hpp>
#include <string>

namespace skein::engine {

using nlohmann::json;

namespace {

const json& state_of(const json& container) {
  static const json kNone = json::object();
  return container.is_object() && container.contains("State") && container["State"].is_object() ? container["State"]
                                                                                                : kNone;
}

// Without the "Z", times of one form are ordered as text, however many digits their fractions have.
std::string time_of(const json& state, const char* name) {
  if (!state.contains(name) || !state[name].is_string()) return {};
  std::string text = state[name];
  if (text.ends_with('Z')) text.pop_back();
  return text;
}

}  // namespace

Life life_of(const json& container) {
  const json& state = state_of(container);
  std::string status =
      state.contains("Status") && state["Status"].is_string() ? state["Status"].get<std::string>() : "";
  auto is_set = [&](const char* name) { return state.contains(name) && state[name] == true; };
  if (is_set("Running") || is_set("Paused")) return Life::kRunning;
  const bool has_unfinished_run = time_of(state, "FinishedAt") < time_of(state, "StartedAt");
  // Podman calls what ran when the host went down "created", with that run's beginning and no end.
  if (status == "created" || status == "configured" || status == "initialized")
    return has_unfinished_run ? Life::kEnding : Life::kNew;
  return status == "stopping" || has_unfinished_run ? Life::kEnding : Life::kEnded;
}

int exit_code_of(const json& container) {
  const json& state = state_of(container);
  return state.contains("ExitCode") && state["ExitCode"].is_number_integer() ? state["ExitCode"].get<int>() : 0;
}

}  // namespace skein::engine
