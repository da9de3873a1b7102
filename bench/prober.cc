// Asks without pause, from inside a container's network namespace, and prints when the answer came.
//
//   prober there NAME VIP PORT    until NAME has an address and a connection to VIP:PORT is accepted
//   prober gone NAME VIP PORT     until NAME has none
//
// Prints the wall clock in nanoseconds: of the first answer that fits, then, for "there", of the connection. Gives up
// with status 1 after 20 s.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using namespace std::chrono_literals;
constexpr auto kPause = 2ms;  // between two questions
const auto give_up = std::chrono::steady_clock::now() + 20s;

long long wall_ns() { return std::chrono::system_clock::now().time_since_epoch() / 1ns; }

// One question that found no answer takes its time, so that ten of these programs leave the machine to what they watch.
void pause_or_give_up() {
  if (std::chrono::steady_clock::now() > give_up) std::exit(1);
  timespec time{0, kPause / 1ns};
  nanosleep(&time, nullptr);
}

sockaddr_in address(const char* host, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host, &out.sin_addr) != 1)
    std::fprintf(stderr, "prober: %s is no address\n", host), std::exit(2);
  return out;
}

bool resolves(const char* name) {
  std::array<unsigned char, 512> query{}, answer{};
  const int length = res_mkquery(QUERY, name, C_IN, T_A, nullptr, 0, nullptr, query.data(), query.size());
  if (length < 0) std::fprintf(stderr, "prober: %s is no name\n", name), std::exit(2);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in resolver = address("127.0.0.11", 53);
  bool found = false;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&resolver), sizeof resolver) == 0 &&
      send(fd, query.data(), size_t(length), 0) == length) {
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, 1000) == 1 && recv(fd, answer.data(), answer.size(), 0) >= HFIXEDSZ)
      found = answer[6] != 0 || answer[7] != 0;  // the number of answers
  }
  close(fd);
  return found;
}

bool connects(const sockaddr_in& to) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int error = connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wait{fd, POLLOUT, 0};
    socklen_t size = sizeof error;
    if (poll(&wait, 1, 100) != 1)
      error = ETIMEDOUT;  // less than the second after which TCP would ask again
    else
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  close(fd);
  return error == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "usage: prober there|gone NAME VIP PORT\n"), 2;
  const bool wanted = std::string(argv[1]) == "there";
  const sockaddr_in to = address(argv[3], std::atoi(argv[4]));
  while (resolves(argv[2]) != wanted) pause_or_give_up();
  std::printf("%lld\n", wall_ns());
  if (!wanted) return 0;
  while (!connects(to)) pause_or_give_up();
  std::printf("%lld\n", wall_ns());
}
