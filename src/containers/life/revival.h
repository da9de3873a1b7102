// What becomes of containers that have ended, when that is seen and when a daemon starts, as Docker decides it. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "containers/life/life_notes.h"

namespace skein::containers {

enum class Revival {
  kLeave,
  kStart,   // its restart policy says so
  kRemove,  // --rm, and nobody was there when it ended
};

// A container that has run and does not run now.
struct Remains {
  std::string policy;   // "no", "always", "unless-stopped", "on-failure"
  int retries_max = 0;  // of on-failure; 0: no limit
  int restarts = 0;     // by its policy, since the user started it
  int exit_code = 0;
  bool is_auto_removed = false;
  bool is_stopped_by_user = false;
};

// Ours, or else the engine's own: after a reboot that one starts nothing either.
RestartPolicy policy_of(const nlohmann::json& container, const LifeNote& note);

// From an inspection; a lost exit code counts as 255.
Remains remains_of(const nlohmann::json& container, const LifeNote& note);

// When a daemon starts.
Revival revival_of(const Remains& remains);
// When an end is seen: a stop by the user is final as long as the daemon lives.
bool is_restarted(const Remains& remains);

// Of a run that ends now or has ended, from an inspection.
Duration run_time(const nlohmann::json& container, WallTime now);

// Of the attached containers, those that do not run or do not exist.
std::set<std::string> ended_containers(const std::set<std::string>& attached, const nlohmann::json& listed);

// Whether the signal is one by which users end a container: KILL, TERM, INT, QUIT, ABRT, or the one that it is stopped
// by. Others, as HUP, are orders. By name with or without SIG, or by number; empty: KILL, as Docker has it.
bool is_ending_signal(const std::string& signal, const std::string& stop_signal);

// Shows a lost run as Docker does: exit code 255, ended when that was found.
void present_lost_run(nlohmann::json& container, WallTime lost_at);
void present_lost_entry(nlohmann::json& entry, WallTime lost_at, WallTime now);

// How the run ended after which a container waits for its restart. Docker counts the wait as running.
struct RunEnd {
  int exit_code = 0;
  WallTime at;
};
void present_restarting(nlohmann::json& container, const RunEnd& end);
void present_restarting_entry(nlohmann::json& entry, const RunEnd& end, WallTime now);

}  // namespace skein::containers
