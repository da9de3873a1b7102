#include "esp/control_server.h"

#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/log.h"
#include "base/resident.h"
#include "esp/control/control_client.h"

namespace skein::esp {
namespace {

// A client that does not read its answer is left, so that others get theirs.
constexpr timeval kAnswerTime{.tv_sec = 2, .tv_usec = 0};
// After so long without a request: the libraries have tested all their ciphers when they were loaded, and one is used.
constexpr int kQuietMs = 10'000;

Error socket_error(const std::string& path) {
  return make_error(Code::kUnavailable, "socket " + path, std::strerror(errno));
}

}  // namespace

Result<ControlServer> ControlServer::listen(const std::string& path, Worker& worker) {
  SKEIN_TRY_ASSIGN(sockaddr_un address, unix_address(path));
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return socket_error(path);
  unlink(path.c_str());
  const mode_t before = umask(0177);
  const bool is_bound = bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  umask(before);
  if (!is_bound || ::listen(listener.get(), kClientsMax) != 0) return socket_error(path);
  return ControlServer(path, std::move(listener), worker);
}

Result<void> ControlServer::run() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  const Descriptor signals(signalfd(-1, &ends, SFD_CLOEXEC));
  if (!signals) return make_error(Code::kInternal, "signalfd", std::strerror(errno));
  bool is_small = false;
  for (;;) {
    std::vector<pollfd> waiting{{signals.get(), POLLIN, 0},
                                {listener_.get(), static_cast<short>(clients_.size() < kClientsMax ? POLLIN : 0), 0}};
    for (const Client& client : clients_) waiting.push_back({client.socket.get(), POLLIN, 0});
    const int ready = poll(waiting.data(), waiting.size(), is_small ? -1 : kQuietMs);
    if (ready < 0) continue;
    is_small = ready == 0;
    if (is_small) {
      if (auto given = give_back_file_pages(); !given.ok()) log_warning("memory-kept", {{"why", given.error().text()}});
      continue;
    }
    if (waiting[0].revents) break;
    size_t index = 2;
    for (Client& client : clients_)
      if (waiting[index++].revents) read_client(client);
    clients_.remove_if([](const Client& client) { return client.is_over; });
    if (waiting[1].revents) accept_client();
  }
  unlink(path_.c_str());
  return {};
}

void ControlServer::accept_client() {
  Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket) return;
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kAnswerTime, sizeof kAnswerTime);
  clients_.emplace_back().socket = std::move(socket);
}

void ControlServer::read_client(Client& client) {
  char bytes[65536];
  const ssize_t got = recv(client.socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  client.is_over = got <= 0;
  if (client.is_over) return;
  client.reader.add({bytes, static_cast<size_t>(got)});
  OPENSSL_cleanse(bytes, static_cast<size_t>(got));
  while (!client.is_over) {
    auto request = client.reader.next();
    if (!request.ok()) log_warning("control-client-left", {{"why", request.error().text()}});
    client.is_over = !request.ok();
    if (client.is_over || !*request) return;
    client.is_over = !send_all(client.socket.get(), encode_message(answer(**request))).ok();
  }
}

std::string ControlServer::answer(std::string& text) {
  auto request = parse_request(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!request.ok()) return error_reply(request.error());
  if (std::holds_alternative<StatusRequest>(*request)) return status_reply(worker_->status());
  Config& config = std::get<Config>(*request);
  log_info("config", {{"peers", std::to_string(config.peers.size())}});
  auto applied = worker_->apply(std::move(config));
  if (applied.ok()) return ok_reply();
  log_warning("config-refused", {{"why", applied.error().text()}});
  return error_reply(applied.error());
}

}  // namespace skein::esp
