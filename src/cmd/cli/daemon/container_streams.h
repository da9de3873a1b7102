// One container (or exec) with its streams joined to ours: what is asked of the daemon, and how it ended.
//
// Order as Docker's client: attach, then ask to be told of the exit, then start; so no output and no exit is missed.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace skein::cli {

struct StreamsPlan {
  std::string hijack_target;  // POST, upgraded
  std::string hijack_body;    // JSON, or empty
  std::string wait_target;    // POST; empty: the end of the stream is the end
  std::string start_target;   // POST; empty: it runs already, or the hijack starts it
  std::string resize_target;  // POST, h and w are added; used with a terminal only
  std::string kill_target;    // POST, signal is added; empty: signals are ours
  bool has_stdin = false;
  bool is_terminal = false;  // raw bytes instead of frames
  std::string detach_keys = "ctrl-p,ctrl-q";
};

struct StreamsEnd {
  int exit_status = 0;  // of wait_target
  std::string error;    // why the daemon could not run it, if it says so
  bool is_detached = false;
};

}  // namespace skein::cli
