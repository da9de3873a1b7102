// Processes that are not our children, named so that a number used again is not mistaken for them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace skein::engine {

struct ProcessId {
  pid_t pid = 0;
  uint64_t start = 0;  // clock ticks after boot: field 22 of /proc/PID/stat (proc(5))
  bool operator==(const ProcessId&) const = default;
};

// Changes with every boot of the host; empty where the kernel does not tell.
std::string boot_id();

// start = 0 when there is no such process.
ProcessId identify(pid_t pid);

// A pidfd (close-on-exec), or -1 when the process is gone. Readable once it has ended.
int open_process(const ProcessId& process);

// Ended, and waited for by its parent.
inline bool is_gone(const ProcessId& process) { return identify(process.pid) != process; }

// False when the process is gone.
bool signal_process(const ProcessId& process, int signal);

}  // namespace skein::engine
