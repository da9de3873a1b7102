// Load for the benchmarks: one program, server and client, so that both sides of a comparison do the same work.
//
//   load serve PORT                        TCP and UDP until killed
//   load rr|crr|stream|streams4|nodelay|udp HOST PORT SECONDS
//
// Prints one number: rr transactions/s, crr connections/s, stream bit/s (streams4: of four together; nodelay: with
// TCP_NODELAY, so that the end of each write need not wait for the next), udp packets/s received by the server.
// TCP uses cubic whatever the machine's default is.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// The first byte of a connection says what it is for.
constexpr char kEcho = 'e', kSink = 's', kCount = 'c';
constexpr size_t kMessageBytes = 64;

void send_at_once(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int tcp_socket() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) != 0) die("cubic");
  return fd;
}

bool read_all(int fd, char* buffer, size_t size) {
  while (size > 0) {
    ssize_t got = read(fd, buffer, size);
    if (got <= 0) return false;
    buffer += got;
    size -= size_t(got);
  }
  return true;
}

sockaddr_in address(const char* host, uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  if (inet_pton(AF_INET, host, &out.sin_addr) != 1) die(host);
  return out;
}

int dial(const sockaddr_in& to) {
  int fd = tcp_socket();
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) die("connect");
  return fd;
}

void serve_connection(int fd, uint64_t* packets) {
  std::vector<char> buffer(1 << 20);
  char purpose = 0;
  if (!read_all(fd, &purpose, 1)) _exit(0);
  if (purpose == kCount) {
    uint64_t now = __atomic_load_n(packets, __ATOMIC_RELAXED);
    (void)!write(fd, &now, sizeof now);
  } else if (purpose == kEcho) {
    send_at_once(fd);
    while (read_all(fd, buffer.data(), kMessageBytes))
      if (write(fd, buffer.data(), kMessageBytes) < 0) break;
  } else {
    while (read(fd, buffer.data(), buffer.size()) > 0) {
    }
  }
}

[[noreturn]] void serve(uint16_t port) {
  int listener = tcp_socket(), packets_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in any = address("0.0.0.0", port);
  if (bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 || listen(listener, 1024) != 0) die("listen");
  if (bind(packets_fd, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) die("bind");
  uint64_t received = 0, *packets = &received;
  // Short connections are served here, one after another; long ones by children of their own.
  fd_set both;
  std::vector<char> buffer(65536);
  for (;;) {
    FD_ZERO(&both);
    FD_SET(listener, &both);
    FD_SET(packets_fd, &both);
    if (select(std::max(listener, packets_fd) + 1, &both, nullptr, nullptr, nullptr) < 0) continue;
    if (FD_ISSET(packets_fd, &both))
      for (int i = 0; i < 64 && recv(packets_fd, buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0; ++i) ++*packets;
    if (!FD_ISSET(listener, &both)) continue;
    int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    char purpose = 0;
    recv(fd, &purpose, 1, MSG_PEEK);
    if (purpose == kCount) {
      serve_connection(fd, packets);
    } else if (purpose == kEcho && recv(fd, buffer.data(), 2, MSG_PEEK) == 1) {
      // crr: one byte there, one byte back.
      (void)!read(fd, &purpose, 1);
      (void)!write(fd, &purpose, 1);
    } else if (fork() == 0) {
      serve_connection(fd, packets);
      _exit(0);
    }
    close(fd);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double request_response(const sockaddr_in& to, double seconds) {
  int fd = dial(to);
  send_at_once(fd);
  std::vector<char> message(kMessageBytes + 1, kEcho);
  if (write(fd, message.data(), kMessageBytes + 1) < 0 || !read_all(fd, message.data(), kMessageBytes)) die("echo");
  uint64_t count = 0;
  auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    if (write(fd, message.data(), kMessageBytes) < 0 || !read_all(fd, message.data(), kMessageBytes)) die("echo");
    ++count;
  }
  return double(count) / seconds_since(start);
}

double connections(const sockaddr_in& to, double seconds) {
  uint64_t count = 0;
  auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    int fd = dial(to);
    char byte = kEcho;
    if (write(fd, &byte, 1) != 1 || !read_all(fd, &byte, 1)) die("connection");
    // No TIME_WAIT: the ports would run out.
    linger now{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    ++count;
  }
  return double(count) / seconds_since(start);
}

double stream(const sockaddr_in& to, double seconds, int flows, bool is_nodelay = false) {
  int results[2];
  if (pipe(results) != 0) die("pipe");
  for (int i = 0; i < flows; ++i) {
    if (fork() != 0) continue;
    int fd = dial(to);
    if (is_nodelay) send_at_once(fd);
    std::vector<char> block(1 << 17, kSink);
    double bytes = 0;
    auto start = Clock::now();
    while (seconds_since(start) < seconds) {
      ssize_t put = write(fd, block.data(), block.size());
      if (put < 0) die("stream");
      bytes += double(put);
    }
    double rate = bytes * 8 / seconds_since(start);
    (void)!write(results[1], &rate, sizeof rate);
    _exit(0);
  }
  double total = 0, one = 0;
  for (int i = 0; i < flows; ++i)
    if (read(results[0], &one, sizeof one) == sizeof one) total += one;
  while (wait(nullptr) > 0) {
  }
  return total;
}

uint64_t packets_at(const sockaddr_in& to) {
  int fd = dial(to);
  char purpose = kCount;
  uint64_t out = 0;
  if (write(fd, &purpose, 1) != 1 || !read_all(fd, reinterpret_cast<char*>(&out), sizeof out)) die("count");
  close(fd);
  return out;
}

double datagrams(const sockaddr_in& to, double seconds) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) die("connect");
  char message[kMessageBytes] = {};
  uint64_t before = packets_at(to);
  auto start = Clock::now();
  while (seconds_since(start) < seconds)
    for (int i = 0; i < 32; ++i) (void)!send(fd, message, sizeof message, 0);
  double took = seconds_since(start);
  return double(packets_at(to) - before) / took;
}

}  // namespace

int main(int argc, char** argv) {
  std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "serve" && argc == 3) serve(uint16_t(std::atoi(argv[2])));
  if (argc != 5) {
    std::fprintf(stderr, "usage: load serve PORT | load rr|crr|stream|streams4|nodelay|udp HOST PORT SECONDS\n");
    return 2;
  }
  sockaddr_in to = address(argv[2], uint16_t(std::atoi(argv[3])));
  double seconds = std::atof(argv[4]), out = 0;
  if (mode == "rr")
    out = request_response(to, seconds);
  else if (mode == "crr")
    out = connections(to, seconds);
  else if (mode == "stream")
    out = stream(to, seconds, 1);
  else if (mode == "streams4")
    out = stream(to, seconds, 4);
  else if (mode == "nodelay")
    out = stream(to, seconds, 1, true);
  else if (mode == "udp")
    out = datagrams(to, seconds);
  else
    return 2;
  std::printf("%.0f\n", out);
  return 0;
}
