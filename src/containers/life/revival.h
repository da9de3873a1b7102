// What becomes of the containers that a daemon finds when it starts, as Docker decides it. Pure.
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

// From an inspection; a lost exit code counts as 255.
Remains remains_of(const nlohmann::json& container, const LifeNote& note);

Revival revival_of(const Remains& remains);

// Of the attached containers, those that do not run or do not exist.
std::set<std::string> ended_containers(const std::set<std::string>& attached, const nlohmann::json& listed);

// Whether the signal is one by which users end a container: KILL, TERM, INT, QUIT, ABRT, or the one that it is stopped
// by. Others, as HUP, are orders. By name with or without SIG, or by number; empty: KILL, as Docker has it.
bool is_ending_signal(const std::string& signal, const std::string& stop_signal);

// Shows a lost run as Docker does: exit code 255, ended when that was found.
void present_lost_run(nlohmann::json& container, WallTime lost_at);
void present_lost_entry(nlohmann::json& entry, WallTime lost_at, WallTime now);

}  // namespace skein::containers
