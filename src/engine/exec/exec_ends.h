// The ends of what an exec reads and writes: ours, and those of whoever runs it.
#pragma once

#include <sys/types.h>

#include "base/descriptor.h"
#include "base/result.h"
#include "engine/exec/console_socket.h"
#include "engine/values/exec_request.h"

namespace skein::engine {

// What is not wanted is /dev/null. A terminal takes the place of all three.
struct ExecWants {
  bool terminal = false, input = false, output = false, errors = false;
};
ExecWants wants_of(const ExecRequest& request, bool is_detached);

// Our ends; those of the process's streams are non-blocking, and not there for what is not wanted.
struct SpawnedExec {
  pid_t runtime = -1;  // a child of ours, which stays as long as the process, and ends with its exit code
  Descriptor death;    // a pidfd of it
  Descriptor input, output, errors;
  ConsoleSocket console;  // with a terminal, instead of the three: where its master side comes from …
  Descriptor terminal;    // … or that itself
  Descriptor started;     // the process's number comes here when its command runs, and the end if it never does
  Descriptor log;         // what the runtime wrote about itself, a file: JSON lines, as crun writes them
};

struct ExecEnds {
  Descriptor input, output, errors;  // /dev/null with a terminal
  Descriptor started, log;
};

// Makes all of both but the runtime, its death, the console and the terminal. `ours.log` is a second name of
// `theirs.log`.
Result<void> connect_exec(const ExecWants& wants, SpawnedExec& ours, ExecEnds& theirs);

// A file in memory with this content.
Result<Descriptor> make_memory_file(const char* name, const std::string& content);

}  // namespace skein::engine
