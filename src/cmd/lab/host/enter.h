// Into the namespaces of a machine.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "cmd/lab/files/files.h"
#include "cmd/lab/network/layout.h"

namespace skein::lab {

// What an init is started with.
struct Boot {
  std::vector<std::string> environment;  // "NAME=value", also for the daemon
  Descriptor disk;                       // none for the switch
};

// Starts the machine's init (or the switch's) in new namespaces and returns its pid when it is set up. If this process
// dies first, so does the init.
Result<pid_t> start_init(const Spec& spec, const std::string& machine, const Boot& boot);

// What the running init of a machine was started with, for its successor.
Result<Boot> boot_of(pid_t init);

// Moves this process into the network namespace of `init`.
Result<void> enter_network(pid_t init);

// Runs a command on the machine: all its namespaces and its cgroups; standard streams, terminal and working folder (if
// the machine has it) are the caller's. Returns the command's exit status as a shell tells it: 128 + n after signal n,
// 127 if there is no such command. Signals sent to this process are passed on. Moves this process: call it last.
Result<int> run_on_machine(const std::string& lab, const std::string& machine, const std::vector<std::string>& command);

}  // namespace skein::lab
