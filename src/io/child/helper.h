// A small process of the program itself, forked early in the daemon's life, for work that the daemon's own size or
// death must not touch. It has one socket to the daemon, and nothing else open. On the loop's thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace skein::io {

class Helper {
 public:
  // `name`: in `ps` (15 characters) and in the log. `socket_type`: SOCK_STREAM or SOCK_SEQPACKET. `serve` runs in the
  // helper, with its end of the socket, in a session of its own, all signals as by default; it does not return.
  Helper(std::string name, int socket_type, void (*serve)(int socket));

  // Forks. Called again, there is another one; the one before hears that its socket has ended.
  Result<void> start();
  // The daemon's end; -1: there is none, and no helper that could be asked.
  int socket() const { return socket_.get(); }
  // It is asked nothing more, at which it ends, or goes on alone.
  void hang_up() { socket_.reset(); }
  // After hang_up(), of one that ends then.
  void wait_for_end();
  pid_t pid() const { return pid_; }

 private:
  std::string name_;
  int socket_type_;
  void (*serve_)(int socket);
  Descriptor socket_;
  pid_t pid_ = -1;
};

// All signals as by default, and none blocked: in a child, before it runs what it is for. Async-signal-safe.
void reset_signals();

}  // namespace skein::io
