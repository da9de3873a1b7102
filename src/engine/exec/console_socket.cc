#include "engine/exec/console_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "io/child/descriptors.h"

namespace skein::engine {

Result<ConsoleSocket> ConsoleSocket::listen(std::string path) {
  ConsoleSocket out;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return make_error(Code::kUnavailable, "the path of the terminal's socket is too long: " + path);
  path.copy(address.sun_path, path.size());
  out.listener_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.listener_ || ::bind(out.listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return make_error(Code::kUnavailable, "make the terminal's socket " + path, std::strerror(errno));
  out.path_ = std::move(path);
  if (::listen(out.listener_.get(), 1) != 0)
    return make_error(Code::kUnavailable, "listen for the terminal", std::strerror(errno));
  return out;
}

ConsoleSocket::~ConsoleSocket() {
  if (listener_) ::unlink(path_.c_str());
}

Descriptor ConsoleSocket::take() const {
  const Descriptor connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) return Descriptor();
  auto received = io::receive_descriptors(connection.get(), MSG_DONTWAIT);
  Descriptor master = received.descriptors.empty() ? Descriptor() : std::move(received.descriptors.front());
  if (master) ::fcntl(master.get(), F_SETFL, O_NONBLOCK);
  return master;
}

}  // namespace skein::engine
