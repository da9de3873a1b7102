#include "esp/control/control_client.h"

#include <openssl/crypto.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

namespace skein::esp {

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return invalid_argument("socket path must have 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Result<void> send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return make_error(Code::kUnavailable, "send", std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

Result<ControlClient> ControlClient::connect(const std::string& path, Duration limit) {
  SKEIN_TRY_ASSIGN(sockaddr_un address, unix_address(path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(limit).count();
  const timeval time{.tv_sec = micros / 1'000'000, .tv_usec = micros % 1'000'000};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  if (!socket || ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return make_error(Code::kUnavailable, "connect to " + path, std::strerror(errno));
  return ControlClient(std::move(socket));
}

Result<std::string> ControlClient::ask(std::string request) {
  std::string message = encode_message(request);
  auto sent = send_all(socket_.get(), message);
  OPENSSL_cleanse(message.data(), message.size());
  OPENSSL_cleanse(request.data(), request.size());
  if (!sent.ok()) return std::move(sent).error();
  for (;;) {
    SKEIN_TRY_ASSIGN(auto reply, reader_.next());
    if (reply) return *std::move(reply);
    char bytes[65536];
    const ssize_t got = recv(socket_.get(), bytes, sizeof bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return make_error(Code::kUnavailable, "the worker closed the connection");
    if (got < 0) return make_error(Code::kDeadlineExceeded, "no answer", std::strerror(errno));
    reader_.add({bytes, static_cast<size_t>(got)});
  }
}

Result<void> ControlClient::apply(const Config& config) {
  SKEIN_TRY_ASSIGN(std::string reply, ask(config_request(config)));
  return parse_ok_reply(reply);
}

Result<Status> ControlClient::status() {
  SKEIN_TRY_ASSIGN(std::string reply, ask(status_request()));
  return parse_status_reply(reply);
}

}  // namespace skein::esp
