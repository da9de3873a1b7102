#include "containers/life/life_step.h"

namespace skein::containers {

using engine::Life;

namespace {

LifeStep step_to_nothing(const LifeSight& sight) {
  if (sight.body) return LifeStep::kRemove;
  return sight.is_housed || sight.is_attached ? LifeStep::kRaze : LifeStep::kNothing;
}

}  // namespace

LifeStep next_step(const LifeSight& sight) {
  if (sight.wanted == Wanted::kGone) return step_to_nothing(sight);
  if (!sight.body) {
    const bool is_ready = sight.is_housed || !sight.needs_house;
    return is_ready ? LifeStep::kCreate : LifeStep::kBuild;
  }
  // In somebody else's network it has no endpoints of its own.
  const bool has_network = sight.needs_house;
  if (sight.body == Life::kRunning) return has_network && !sight.is_attached ? LifeStep::kAttach : LifeStep::kNothing;
  if (sight.wanted == Wanted::kRunning) return has_network && !sight.is_attached ? LifeStep::kAttach : LifeStep::kStart;
  return sight.is_attached && !sight.comes_back ? LifeStep::kDetach : LifeStep::kNothing;
}

Wanted retreat(const LifeSight& sight) { return sight.body ? Wanted::kThere : Wanted::kGone; }

const char* step_name(LifeStep step) {
  switch (step) {
    case LifeStep::kNothing: return "nothing";
    case LifeStep::kBuild: return "build";
    case LifeStep::kCreate: return "create";
    case LifeStep::kAttach: return "attach";
    case LifeStep::kStart: return "start";
    case LifeStep::kDetach: return "detach";
    case LifeStep::kRemove: return "remove";
    case LifeStep::kRaze: return "raze";
  }
  return "?";
}

}  // namespace skein::containers
