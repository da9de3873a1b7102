#include "api/containers/show/container_states.h"

namespace skein::api {

using containers::is_alive;
using containers::Phase;
using containers::phase_name;
using io::http::Response;

namespace {

std::optional<Response> conflict(const std::string& message) { return Response::of_message(409, message); }

std::optional<Response> not_running(const Called& container) {
  return conflict("Container " + container.id + " is not running");
}

std::optional<Response> restarting(const std::string& container) {
  return conflict("Container " + container + " is restarting, wait until the container is running");
}

std::optional<Response> refuse_removal(Phase phase, const Called& container) {
  const std::string begin = "cannot remove container \"/" + container.name + "\": container is " + phase_name(phase);
  switch (phase) {
    case Phase::kPaused: return conflict(begin + " and must be unpaused first");
    case Phase::kRunning:
    case Phase::kRestarting: return conflict(begin + ": stop the container before removing or force remove");
    case Phase::kRemoving: return conflict("removal of container " + container.name + " is already in progress");
    default: return std::nullopt;
  }
}

std::optional<Response> refuse_start(Phase phase) {
  switch (phase) {
    case Phase::kPaused: return conflict("cannot start a paused container, try unpause instead");
    case Phase::kRunning:
    case Phase::kRestarting: return Response::of_status(304);
    case Phase::kRemoving:
    case Phase::kDead: return conflict("container is marked for removal and cannot be started");
    default: return std::nullopt;
  }
}

std::optional<Response> refuse_attach(Phase phase, const Called& container) {
  if (phase == Phase::kPaused)
    return conflict("Container " + container.name + " is paused, unpause the container before attach");
  if (phase == Phase::kRestarting) return restarting(container.name);
  return std::nullopt;
}

}  // namespace

std::optional<Response> refusal(Verb verb, Phase phase, const Called& container) {
  switch (verb) {
    case Verb::kStart: return refuse_start(phase);
    case Verb::kStop: return is_alive(phase) ? std::nullopt : std::optional(Response::of_status(304));
    case Verb::kRemove: return refuse_removal(phase, container);
    case Verb::kAttach: return refuse_attach(phase, container);
    case Verb::kKill:
      if (is_alive(phase)) return std::nullopt;
      return conflict("Cannot kill container: " + container.name + ": Container " + container.id + " is not running");
    case Verb::kPause:
      if (!is_alive(phase)) return not_running(container);
      if (phase == Phase::kPaused) return conflict("Container " + container.id + " is already paused");
      return phase == Phase::kRestarting ? restarting(container.id) : std::nullopt;
    case Verb::kUnpause:
      if (phase == Phase::kPaused) return std::nullopt;
      return Response::of_message(500, "Container " + container.id + " is not paused");
    case Verb::kTop:
      if (!is_alive(phase)) return not_running(container);
      return phase == Phase::kRestarting ? restarting(container.id) : std::nullopt;
    case Verb::kResize: return is_alive(phase) ? std::nullopt : not_running(container);
  }
  return std::nullopt;
}

}  // namespace skein::api
