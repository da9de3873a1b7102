// Starts a process in a running container by the OCI runtime (crun). The runtime stays as long as the process, has its
// output and its exit code, and lives in a session of its own: it outlives the daemon.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "engine/exec/exec_ends.h"

namespace skein::engine {

struct ExecOrder {
  std::string container;  // its id
  std::string process;    // JSON: `process` of an OCI configuration
  ExecWants wants;
  std::string console_path;  // for a terminal: where a socket may be made
};

Result<SpawnedExec> spawn_exec(const std::string& runtime_program, const ExecOrder& order);

// All that is in the log, up to 64 KiB.
std::string read_runtime_log(const Descriptor& log);

// Ends what was started, and all that this started and that has not left its session.
void kill_exec(pid_t runtime, pid_t process);

}  // namespace skein::engine
