// Starts a process in a running container by the OCI runtime (crun). The runtime stays as long as the process, has its
// output and its exit code, and lives in a session of its own: it outlives the daemon.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "engine/exec/console_socket.h"

namespace skein::engine {

struct ExecOrder {
  std::string container;  // its id
  std::string process;    // JSON: `process` of an OCI configuration
  bool has_terminal = false, wants_input = false, wants_output = false, wants_errors = false;
  std::string console_path;  // for has_terminal: where a socket may be made
};

// Our ends; those of the process's streams are non-blocking, and not there for what is not wanted.
struct SpawnedExec {
  pid_t runtime = -1;  // a child of ours
  Descriptor death;    // a pidfd of it
  Descriptor input, output, errors;
  ConsoleSocket console;  // with a terminal, instead of the three
  Descriptor started;     // the process's number comes here when its command runs, and the end if it never does
  Descriptor log;         // what the runtime wrote about itself, a file
};

Result<SpawnedExec> spawn_exec(const std::string& runtime_program, const ExecOrder& order);

// All that is in the log, up to 64 KiB.
std::string read_runtime_log(const Descriptor& log);

// Ends what was started, and all that this started and that has not left its session.
void kill_exec(pid_t runtime, pid_t process);

}  // namespace skein::engine
