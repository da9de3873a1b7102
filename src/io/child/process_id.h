// Processes, named so that a number used again is not mistaken for them, and how those end that are our children.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/descriptor.h"

namespace skein::io {

struct ProcessId {
  pid_t pid = 0;
  uint64_t start = 0;  // clock ticks after boot: field 22 of /proc/PID/stat (proc(5))
  bool operator==(const ProcessId&) const = default;
};

// Changes with every boot of the host; empty where the kernel does not tell.
std::string boot_id();

// start = 0 when there is no such process.
ProcessId identify(pid_t pid);

// A pidfd (close-on-exec), readable once the process has ended; none, with errno, where there is no such process.
Descriptor open_pidfd(pid_t pid);

// As open_pidfd(); none as well where the number is another process's by now.
Descriptor open_process(const ProcessId& process);

// Ended, and waited for by its parent.
inline bool is_gone(const ProcessId& process) { return identify(process.pid) != process; }

// False when the process is gone.
bool signal_process(const ProcessId& process, int signal);
bool signal_process(const Descriptor& pidfd, int signal);

struct ChildEnd {
  int code = 0;
  int signal = 0;  // that killed it; 0: it has ended by itself
  // As shells count: 128 and the signal where one killed it.
  int exit_code() const { return signal == 0 ? code : 128 + signal; }
  std::string text() const;
};

// How a child that has ended did so; it is no zombie then. Of one that has not, or is not ours, it tells nothing.
ChildEnd reap(pid_t child);

}  // namespace skein::io
