// Starts a container's command under a supervisor: a small process that outlives the daemon, keeps the output in a
// bounded log and, when the command has ended, its exit code in a file.
//
// The command is the first process of a process namespace, so that nothing of it outlives it; if the supervisor is
// killed, the command is killed by the kernel. Mounts are the host's as they change, and its own on top.
//
//   FOLDER/exit          "CODE NANOSECONDS", there when the supervisor has ended
//   FOLDER/log, log.old  see process_log.h
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "engine/process/launch/process_spec.h"
#include "io/child/process_id.h"

namespace skein::engine {

struct Launched {
  io::ProcessId supervisor;  // a child of whoever launches
  io::ProcessId process;
};

// `record` is called when both processes are there and the command's first instruction has not run; if it fails, or the
// caller dies in it, nothing is run. Blocks for some milliseconds. A command that cannot be run is told in Docker's
// words; there is no process left then.
Result<void> launch(const ProcessSpec& spec, const std::string& folder,
                    const std::function<Result<void>(const Launched&)>& record);

}  // namespace skein::engine
