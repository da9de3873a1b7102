// Who listens on a published port is found with its process, and nobody else is named.
#include "kernel/net/listeners.h"

#include <netinet/tcp.h>

#include "kernel/net/socket_owners.h"
#include "kernel/net/test_host.h"

namespace skein::kernel::net {
namespace {

MeshPorts published(std::initializer_list<std::pair<uint8_t, uint16_t>> ports) {
  MeshPorts out;
  for (auto [protocol, port] : ports) out[{protocol, std::nullopt, port}] = {};
  return out;
}

const IpAddress kEvery = IpAddress::from(Ipv4{});

TEST(LosesClients, by_protocol_and_port) {
  const MeshPorts ports = published({{IPPROTO_TCP, 8080}});
  auto loses = [&](uint8_t protocol, const char* address, uint16_t port) {
    return loses_clients({protocol, IpAddress::parse(address).value(), port, 1}, ports);
  };
  EXPECT_TRUE(loses(IPPROTO_TCP, "0.0.0.0", 8080));
  EXPECT_TRUE(loses(IPPROTO_TCP, "127.0.0.1", 8080));
  EXPECT_FALSE(loses(IPPROTO_UDP, "0.0.0.0", 8080));
  EXPECT_FALSE(loses(IPPROTO_TCP, "0.0.0.0", 8081));
  EXPECT_TRUE(loses(IPPROTO_TCP, "::1", 8080));
}

class Listeners : public TestHost {
 protected:
  Fd open(int family, int type, const char* address, uint16_t port, bool is_v6_only = false) {
    Fd out(socket(family, type | SOCK_CLOEXEC, 0));
    sockaddr_in6 own6{};
    sockaddr_in own = socket_address({}, port);
    own6.sin6_family = AF_INET6;
    own6.sin6_port = htons(port);
    const bool is_v6 = family == AF_INET6;
    EXPECT_EQ(inet_pton(family, address, is_v6 ? static_cast<void*>(&own6.sin6_addr) : &own.sin_addr), 1);
    const int on = 1, v6_only = is_v6_only;
    setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (is_v6) setsockopt(out.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    EXPECT_EQ(is_v6 ? bind(out.get(), reinterpret_cast<sockaddr*>(&own6), sizeof own6)
                    : bind(out.get(), reinterpret_cast<sockaddr*>(&own), sizeof own),
              0)
        << strerror(errno);
    EXPECT_TRUE(type != SOCK_STREAM || listen(out.get(), 1) == 0);
    return out;
  }
  static uint32_t inode_of(const Fd& fd) {
    struct stat status {};
    fstat(fd.get(), &status);
    return static_cast<uint32_t>(status.st_ino);
  }
  std::vector<Listener> found(const MeshPorts& ports) { return find_losing_listeners(ports).value(); }
};

TEST_F(Listeners, those_of_published_ports_are_found_with_the_addresses_at_which_they_are_called) {
  const Fd wide = open(AF_INET, SOCK_STREAM, "0.0.0.0", 8080), narrow = open(AF_INET, SOCK_STREAM, "127.0.0.1", 8081),
           both = open(AF_INET6, SOCK_STREAM, "::", 8082), v6_only = open(AF_INET6, SOCK_STREAM, "::", 8083, true),
           mapped = open(AF_INET6, SOCK_STREAM, "::ffff:127.0.0.1", 8084),
           datagrams = open(AF_INET, SOCK_DGRAM, "0.0.0.0", 8085), other = open(AF_INET, SOCK_STREAM, "0.0.0.0", 9000);
  const MeshPorts ports = published({{IPPROTO_TCP, 8080},
                                     {IPPROTO_TCP, 8081},
                                     {IPPROTO_TCP, 8082},
                                     {IPPROTO_TCP, 8083},
                                     {IPPROTO_TCP, 8084},
                                     {IPPROTO_UDP, 8085},
                                     {IPPROTO_UDP, 9000}});
  const IpAddress local = IpAddress::parse("127.0.0.1").value();
  EXPECT_EQ(found(ports), (std::vector<Listener>{{IPPROTO_TCP, kEvery, 8080, inode_of(wide)},
                                                 {IPPROTO_TCP, kEvery, 8082, inode_of(both)},
                                                 {IPPROTO_TCP, local, 8081, inode_of(narrow)},
                                                 {IPPROTO_TCP, local, 8084, inode_of(mapped)},
                                                 {IPPROTO_TCP, IpAddress::from(Ipv6{}), 8082, inode_of(both)},
                                                 {IPPROTO_TCP, IpAddress::from(Ipv6{}), 8083, inode_of(v6_only)},
                                                 {IPPROTO_UDP, kEvery, 8085, inode_of(datagrams)}}));
}

TEST_F(Listeners, connections_and_their_clients_hold_no_port) {
  const Fd server = open(AF_INET, SOCK_STREAM, "127.0.0.1", 8080);
  Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), datagrams = open(AF_INET, SOCK_DGRAM, "127.0.0.1", 8085);
  const sockaddr_in to = socket_address(*Ipv4::parse("127.0.0.1"), 8080);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  ASSERT_EQ(connect(datagrams.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(found(published({{IPPROTO_TCP, 8080}, {IPPROTO_UDP, 8085}})).size(), 1u);
  sockaddr_in own{};
  socklen_t size = sizeof own;
  ASSERT_EQ(getsockname(client.get(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  EXPECT_TRUE(found(published({{IPPROTO_TCP, ntohs(own.sin_port)}})).empty());
}

TEST_F(Listeners, the_process_of_a_socket_is_found_in_pieces) {
  const Fd socket = open(AF_INET, SOCK_STREAM, "0.0.0.0", 8080);
  SocketOwners owners({inode_of(socket)}, {});
  int steps = 1;
  while (owners.step(10)) ++steps;
  EXPECT_GT(steps, 1);
  ASSERT_TRUE(owners.found().contains(inode_of(socket)));
  EXPECT_EQ(owners.found().at(inode_of(socket)).pid, getpid());
  EXPECT_EQ(owners.found().at(inode_of(socket)).name, "kernel_test");
}

}  // namespace
}  // namespace skein::kernel::net
