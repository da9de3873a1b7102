#include "containers/life/revival.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/time/duration.h"
#include "base/time/moment.h"
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

RestartPolicy policy_of(const json& container, const LifeNote& note) {
  if (note.policy) return *note.policy;
  if (auto ours = policy_of(container)) return *ours;
  return policy_in(at(container, "HostConfig")).value_or(RestartPolicy{kNoPolicy});
}

Remains remains_of(const json& container, const LifeNote& note) {
  const RestartPolicy policy = policy_of(container, note);
  Remains out;
  out.policy = policy.name;
  out.retries_max = policy.retries_max;
  out.restarts = number_of(container, "RestartCount") + note.restarts;
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

bool is_restarted(const Remains& remains) {
  return !remains.is_stopped_by_user && revival_of(remains) == Revival::kStart;
}

Duration run_time(const json& container, WallTime now) {
  const json& state = at(container, "State");
  const auto started = parse_time(text_of(state, "StartedAt"));
  if (!started.ok()) return Duration::zero();
  const auto finished = parse_time(text_of(state, "FinishedAt"));
  return (finished.ok() && *finished > *started ? *finished : now) - *started;
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

void present_restarting(json& container, const RunEnd& end) {
  json& state = container["State"];
  if (!state.is_object()) return;
  state["Status"] = phase_name(Phase::kRestarting);
  state["Running"] = state["Restarting"] = true;
  state["Pid"] = 0;
  state["ExitCode"] = end.exit_code;
  state["FinishedAt"] = end.at.rfc3339();
}

void present_restarting_entry(json& entry, const RunEnd& end, WallTime now) {
  entry["State"] = phase_name(Phase::kRestarting);
  entry["Status"] = "Restarting (" + std::to_string(end.exit_code) + ") " + show_duration(now - end.at) + " ago";
}

}  // namespace skein::containers
