#include "cmd/lab/host/control.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "cmd/lab/host/state.h"

namespace skein::lab {
namespace {

constexpr int kAcceptPauseMs = 100;  // who waits to be accepted goes on waiting: without a pause the init would spin

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof(address.sun_path))
    return make_error(Code::kInvalidArgument, "socket path too long: " + path.string());
  std::strcpy(address.sun_path, path.c_str());
  return address;
}

void set_timeout(int fd, int seconds) {
  const timeval limit{seconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

// Up to the first newline or the end.
std::string receive_line(int fd) {
  std::string line;
  std::array<char, 256> part;
  while (line.size() < 4096 && line.find('\n') == std::string::npos) {
    const ssize_t length = recv(fd, part.data(), part.size(), 0);
    if (length <= 0) break;
    line.append(part.data(), static_cast<size_t>(length));
  }
  return line.substr(0, line.find('\n'));
}

void send_line(int fd, const std::string& text) {
  const std::string line = text + "\n";
  (void)!send(fd, line.data(), line.size(), MSG_NOSIGNAL);
}

}  // namespace

std::filesystem::path control_path(const std::string& lab, const std::string& machine) {
  return state_folder(lab, machine) / "control";
}

Result<Descriptor> listen_control(const std::filesystem::path& path) {
  SKEIN_TRY_ASSIGN(const sockaddr_un address, address_of(path));
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener || bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), 16) != 0)
    return errno_error("listen on " + path.string());
  return listener;
}

void serve_control(const Descriptor& listener, const std::function<std::string(const std::string&)>& answer) {
  const Descriptor caller(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!caller) {
    poll(nullptr, 0, kAcceptPauseMs);
    return;
  }
  set_timeout(caller.get(), 1);
  send_line(caller.get(), answer(receive_line(caller.get())));
}

Result<std::string> ask_control(const std::string& lab, const std::string& machine, const std::string& request) {
  SKEIN_TRY(find_init(lab, machine));
  SKEIN_TRY_ASSIGN(const sockaddr_un address, address_of(control_path(lab, machine)));
  const Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_timeout(connection.get(), 10);
  if (!connection || connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return errno_error("ask the init of " + machine);
  send_line(connection.get(), request);
  const std::string answer = receive_line(connection.get());
  if (answer.empty()) return make_error(Code::kUnavailable, "the init of " + machine + " does not answer");
  if (answer.starts_with("error ")) return make_error(Code::kFailedPrecondition, answer.substr(6));
  return answer;
}

}  // namespace skein::lab
