// Who listens at a socket of the file system: so is a child known again that an earlier daemon started.
#pragma once

#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace skein::io {

struct Listener {
  pid_t pid = 0;       // of who began to listen; 0: nobody does, or it has ended since
  Descriptor process;  // its pidfd
  // Its command names the socket. If not, the number has become another's: who began to listen has handed the socket on
  // and ended; or somebody else's program listens there.
  bool is_of_socket = false;
};

// Asks by a connection, which is closed at once.
Listener find_listener(const std::string& socket_path);

// Asks who listens to end (SIGTERM), if it is a program started for that socket; else nothing happens. Does not wait.
// `name` and `why` are for the log.
void ask_listener_to_end(const std::string& socket_path, const std::string& name, const std::string& why);

}  // namespace skein::io
