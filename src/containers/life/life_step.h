// The life of a container on this host, of a user's as of a task's: what is to be done next so that it is as somebody
// wants it. Pure (docs/design/containers.md).
//
// A container has a house (its namespace and files, of its own or somebody else's), a body (what the engine keeps of
// it), and endpoints (its addresses, and so its names). The order holds everywhere: no body without a house, no first
// instruction without endpoints, no endpoints without a body that runs or is about to, no house without a body.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/values/container_life.h"

namespace skein::containers {

enum class Wanted : uint8_t {
  kGone,
  kThere,    // as it is: nobody starts it; what the engine runs by itself may run
  kRunning,  // once more, if it has ended
};

struct LifeSight {
  Wanted wanted = Wanted::kThere;
  std::optional<engine::Life> body;  // none: the engine has no such container
  bool needs_house = false;          // it has a network of its own
  bool is_housed = false;
  bool is_attached = false;
  bool comes_back = false;  // ended, and the engine's restart policy is about to start it: its endpoints wait
};

enum class LifeStep : uint8_t {
  kNothing,
  kBuild,   // the house
  kCreate,  // the body
  kAttach,
  kStart,
  kDetach,
  kRemove,  // the body, running or not
  kRaze,    // the house, with endpoints that are left
};

LifeStep next_step(const LifeSight& sight);

// Where to go when a step has failed: back to what can stand by itself.
Wanted retreat(const LifeSight& sight);

const char* step_name(LifeStep step);

}  // namespace skein::containers
