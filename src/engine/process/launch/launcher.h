// Starts the commands of containers from a small process of its own, "skein-launcher", which is forked early. A fork of
// the daemon would leave it every page to copy at the next write: a third of the processor time of a host that starts
// 75 containers. It ends with the daemon; what it has started goes on.
#pragma once

#include <sys/types.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "engine/exec/exec_ends.h"
#include "engine/process/launch/exec_runtime.h"
#include "engine/process/launch/supervisor.h"
#include "io/child/helper.h"

namespace skein::engine {

class Launcher {
 public:
  Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;
  ~Launcher();

  // Forks, so that it is small: early in the daemon's life.
  Result<void> start();

  // launch() of supervisor.h, for the spec of parse_process_spec(). One that has been killed is started again; what it
  // was about to start does not run then. Blocks for some milliseconds.
  Result<void> launch(const nlohmann::json& spec, const std::string& id, const std::string& folder,
                      const std::function<Result<void>(const Launched&)>& record);

  // run_in_container() of exec_runtime.h; `container` is a pidfd. The ends stay the caller's. Blocks as launch().
  Result<pid_t> launch_exec(const ProcessExec& exec, const ExecEnds& ends, const Descriptor& container);

  pid_t pid() const { return helper_.pid(); }

 private:
  bool order(const std::string& text);
  Result<nlohmann::json> hear();

  io::Helper helper_;
};

}  // namespace skein::engine
