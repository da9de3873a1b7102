#include "engine/exec/console_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace skein::engine {

namespace {

Descriptor receive_descriptor(int socket) {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0) return Descriptor();
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int))) return Descriptor();
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return Descriptor(fd);
}

}  // namespace

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
  Descriptor master = receive_descriptor(connection.get());
  if (master) ::fcntl(master.get(), F_SETFL, O_NONBLOCK);
  return master;
}

}  // namespace skein::engine
