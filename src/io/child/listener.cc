#include "io/child/listener.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/child/child_log.h"
#include "io/child/process_id.h"
#include "io/file/file.h"
#include "io/file/readable.h"

namespace skein::io {

namespace {

// In our own process namespace; 0 when nobody listens.
pid_t pid_behind(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return 0;
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool is_known = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                        ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return is_known ? peer.pid : 0;
}

}  // namespace

Listener find_listener(const std::string& socket_path) {
  Listener out;
  const pid_t pid = pid_behind(socket_path);
  if (pid <= 0) return out;
  out.process = open_pidfd(pid);
  if (!out.process) return out;
  const auto command = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  if (is_readable(out.process.get())) return out;  // what was read may be of who has the number now
  out.pid = pid;
  out.is_of_socket = command.ok() && command->find(socket_path) != std::string::npos;
  return out;
}

void ask_listener_to_end(const std::string& socket_path, const std::string& name, const std::string& why) {
  const Listener found = find_listener(socket_path);
  if (!found.is_of_socket) return;
  log_child(LogLevel::kInfo, "child-ending", {name, found.pid, why});
  signal_process(found.process, SIGTERM);
}

}  // namespace skein::io
