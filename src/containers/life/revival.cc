#include "containers/life/revival.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/time/duration.h"
#include "containers/facts/container_json.h"
#include "containers/facts/phase.h"
#include "engine/values/container_life.h"

namespace skein::containers {

using engine::at;
using engine::kExitCodeUnknown;
using engine::text_of;
using nlohmann::json;

namespace {

int number_of(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_number_integer() ? value.get<int>() : 0;
}

// "SIGTERM", "term" and "15" are "TERM".
std::string signal_name(std::string signal) {
  int number = 0;
  auto [end, bad] = std::from_chars(signal.data(), signal.data() + signal.size(), number);
  if (bad == std::errc() && end == signal.data() + signal.size()) {
    const char* name = ::sigabbrev_np(number);
    return name ? name : signal;
  }
  std::transform(signal.begin(), signal.end(), signal.begin(), [](unsigned char c) { return std::toupper(c); });
  return signal.starts_with("SIG") ? signal.substr(3) : signal;
}

}  // namespace

Remains remains_of(const json& container, const LifeNote& note) {
  const json& policy = at(at(container, "HostConfig"), "RestartPolicy");
  Remains out;
  out.policy = text_of(policy, "Name");
  out.retries_max = number_of(policy, "MaximumRetryCount");
  out.restarts = number_of(container, "RestartCount");
  out.exit_code = note.lost_at ? kExitCodeUnknown : engine::exit_code_of(container);
  out.is_auto_removed = is_auto_removed(container);
  out.is_stopped_by_user = note.is_stopped_by_user;
  return out;
}

Revival revival_of(const Remains& remains) {
  // A stop by the user holds until the daemon's next start, but for one policy.
  bool is_wanted = remains.policy == "always";
  if (remains.policy == "unless-stopped") is_wanted = !remains.is_stopped_by_user;
  if (remains.policy == "on-failure")
    is_wanted = remains.exit_code != 0 && (remains.retries_max == 0 || remains.restarts < remains.retries_max);
  if (is_wanted) return Revival::kStart;
  return remains.is_auto_removed ? Revival::kRemove : Revival::kLeave;
}

std::set<std::string> ended_containers(const std::set<std::string>& attached, const json& listed) {
  std::set<std::string> out = attached;
  for (const auto& entry : listed)
    if (is_alive(phase_of_entry(entry))) out.erase(text_of(entry, "Id"));
  return out;
}

bool is_ending_signal(const std::string& signal, const std::string& stop_signal) {
  if (signal.empty()) return true;
  const std::string name = signal_name(signal);
  for (const char* ending : {"KILL", "TERM", "INT", "QUIT", "ABRT"})
    if (name == ending) return true;
  return name == signal_name(stop_signal);
}

void present_lost_run(json& container, WallTime lost_at) {
  json& state = container["State"];
  if (!state.is_object()) return;
  state["Status"] = "exited";
  state["ExitCode"] = kExitCodeUnknown;
  state["FinishedAt"] = lost_at.rfc3339();
}

void present_lost_entry(json& entry, WallTime lost_at, WallTime now) {
  entry["State"] = "exited";
  entry["Status"] = "Exited (" + std::to_string(kExitCodeUnknown) + ") " + show_duration(now - lost_at) + " ago";
}

}  // namespace skein::containers
