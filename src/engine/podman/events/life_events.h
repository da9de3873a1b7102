// Events of the lives of containers in Docker's order, whatever Podman tells of them, and when:
//
//   start                                  restart: kill, die, stop, start, restart
//   kill (signal), die (exitCode, execDuration), stop
//
// Podman tells of a creation, a start and an end late, of a restart before it begins, of a stop before the end, and of
// no signal but those that users send. So kill, stop and restart are told here, of requests; a start that was asked for
// as soon as it is done, the end as soon as it is known; of an attachment, who attaches. Pure.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/time/clock.h"
#include "engine/engine.h"

namespace skein::engine {

// A request that starts a container, ends it, or both.
enum class LifeVerb : uint8_t { kNone, kStart, kStop, kKill, kRestart, kRemove };
struct LifeCall {
  LifeVerb verb = LifeVerb::kNone;
  std::string called;                // name, id or its beginning
  std::string signal;                // as asked for; empty: the default
  std::optional<Duration> patience;  // before it is killed, if asked for
};
// `target` without version prefix. A removal that is not forced ends nothing.
LifeCall parse_life_call(std::string_view method, std::string_view target);

class LifeEvents {
 public:
  using Tell = std::function<void(nlohmann::json)>;
  explicit LifeEvents(Tell tell) : tell_(std::move(tell)) {}

  // What Podman tells, in Docker's form.
  void take(nlohmann::json event);
  // Before Podman tells of them. `container`: an inspection, or as much of it.
  void on_created(const nlohmann::json& container, WallTime now);
  void on_exit(const ContainerExit& exit, WallTime now);

  // `container`: its inspection before the call. Each begin has an end, unless the container is not there.
  struct Ending {
    LifeVerb verb = LifeVerb::kNone;
    std::string id;
  };
  Ending begin(const LifeCall& call, const nlohmann::json& container, WallTime now);
  // Of a start, where the container is known well enough.
  std::optional<Ending> begin_known(const LifeCall& call);
  void end(const Ending& ending, bool is_done, WallTime now);

 private:
  struct Life {
    nlohmann::json attributes = nlohmann::json::object();
    bool is_made = false;     // its creation has been told, and Podman will tell again
    bool is_running = false;  // its start has been told, and no end since
    WallTime started;
    std::optional<ContainerExit> early_exit;  // the first of a run whose start has not been told
    WallTime ended;
    int told_before = 0;         // ends of which Podman will tell again
    int starts_told_before = 0;  // likewise
    // Of the calls that are under way, or over.
    int signal = 0;
    std::optional<WallTime> killed_after;
    bool has_started = false, has_ended = false;  // since the call
    bool stop_follows = false, restart_follows = false;
  };
  void start(const std::string& id, Life& life, nlohmann::json event);
  void die(const std::string& id, Life& life, int exit_code, nlohmann::json event);
  void tell(const std::string& action, const std::string& id, nlohmann::json attributes, WallTime now);

  Tell tell_;
  std::map<std::string, Life> lives_;
};

}  // namespace skein::engine
