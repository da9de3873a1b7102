// For tests: hosts as namespaces on one switch with all that a daemon gives them, a published service, and a client
// outside of the swarm.
#pragma once

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <deque>
#include <functional>

#include "kernel/net/test_host.h"
#include "kernel/network_applier.h"
#include "plan/compile.h"

namespace skein::kernel::testing {

using net::Fd;
using net::socket_address;

// One of IPv4 that a socket of IPv6 shows (RFC 4291 2.5.5.2) is one of IPv4.
inline IpAddress read_address(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return IpAddress::from(Ipv4{ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr)});
  Ipv6 out;
  const auto& address6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  memcpy(out.octets.data(), &address6, sizeof out.octets);
  if (IN6_IS_ADDR_V4MAPPED(&address6)) return IpAddress::from(Ipv4{ntohl(address6.s6_addr32[3])});
  return IpAddress::from(out);
}

// An end of a TCP connection, or a listener.
class TcpSocket {
 public:
  explicit TcpSocket(Fd fd) : fd_(std::move(fd)) {}
  bool is_readable(int timeout_ms = 5000) const {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN};
    return poll(&waiting, 1, timeout_ms) == 1;
  }
  std::optional<TcpSocket> accept() const {
    if (!is_readable()) return std::nullopt;
    return TcpSocket(Fd(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
  bool send(const std::string& text) const { return ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0; }
  // Empty at the end, and when nothing comes; errno tells of a reset.
  std::string receive() const {
    char buffer[4096];
    if (!is_readable()) return {};
    ssize_t size = recv(fd_.get(), buffer, sizeof buffer, 0);
    return std::string(buffer, size > 0 ? static_cast<size_t>(size) : 0);
  }
  Ipv4 peer() const { return peer_address().v4; }
  IpAddress peer_address() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return read_address(address);
  }

 private:
  Fd fd_;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size_bytes = 0;
  SocketAddress(const IpAddress& address, uint16_t port) {
    sockaddr_in v4 = socket_address(address.v4, port);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    memcpy(&v6.sin6_addr, address.v6.octets.data(), sizeof v6.sin6_addr);
    size_bytes = address.is_v6 ? sizeof v6 : sizeof v4;
    memcpy(&storage, address.is_v6 ? static_cast<const void*>(&v6) : &v4, size_bytes);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Of IPv6 alone where the address is of IPv6 and `is_for_both` is false.
inline TcpSocket listen_by(const std::string& netns, const IpAddress& address, uint16_t port, bool is_for_both = true) {
  Fd fd;
  EXPECT_TRUE(net::run_in_namespace(netns, [&]() -> Result<void> {
                fd = Fd(socket(address.is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
                int yes = 1, is_v6_only = is_for_both ? 0 : 1;
                setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
                if (address.is_v6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &is_v6_only, sizeof is_v6_only);
                SocketAddress own(address, port);
                EXPECT_EQ(bind(fd.get(), own.get(), own.size_bytes), 0) << strerror(errno);
                EXPECT_EQ(listen(fd.get(), 16), 0);
                return {};
              }).ok());
  return TcpSocket(std::move(fd));
}
inline TcpSocket listen_in(const std::string& netns, Ipv4 address, uint16_t port) {
  return listen_by(netns, IpAddress::from(address), port);
}

// None: refused, or not answered within two seconds; errno tells which. From `source_port`, if given.
inline std::optional<TcpSocket> connect_in(const std::string& netns, const IpAddress& address, uint16_t port,
                                           uint16_t source_port = 0) {
  Fd fd;
  int failed = 0;
  EXPECT_TRUE(net::run_in_namespace(netns, [&]() -> Result<void> {
                fd = Fd(socket(address.is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
                int yes = 1;
                setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
                timeval patience{.tv_sec = 2, .tv_usec = 0};
                setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
                SocketAddress own({address.is_v6, {}, {}}, source_port), target(address, port);
                EXPECT_EQ(bind(fd.get(), own.get(), own.size_bytes), 0);
                failed = ::connect(fd.get(), target.get(), target.size_bytes) ? errno : 0;
                return {};
              }).ok());
  errno = failed;
  if (failed) return std::nullopt;
  return TcpSocket(std::move(fd));
}
inline std::optional<TcpSocket> connect_in(const std::string& netns, Ipv4 address, uint16_t port,
                                           uint16_t source_port = 0) {
  return connect_in(netns, IpAddress::from(address), port, source_port);
}

// Hosts 192.0.2.1 … .3; a container of the service on each of the first two: 10.0.0.11, .12, whose port 80 is published
// as 8080. The client is 192.0.2.99. The hosts' own addresses on the ingress network are 10.0.0.101 ….
class MeshSwarm : public net::TestHost {
 protected:
  struct Host {
    uint32_t number = 0;
    std::string netns;
    Ipv4 address;
    std::optional<DataPath> path;
    std::optional<NetworkApplier> applier;
    plan::NetworkView view;
  };
  static constexpr Vni kIngress{4096};

  void SetUp() override {
    TestHost::SetUp();
    sh("ip link add switch type bridge && ip link set switch up");
    client_ = plug_in("client", "192.0.2.99");
    for (int n = 1; n <= 3; ++n) add_host(n);
    for (Host& host : hosts_) complete(host);
    for (Host& host : hosts_) apply(host);
  }
  void TearDown() override {
    hosts_.clear();
    TestHost::TearDown();
  }

  std::string plug_in(const std::string& name, const std::string& address) {
    std::string netns = make_ns(name);
    sh("ip link add p-" + name + " type veth peer name u0 netns " + netns + " && ip link set p-" + name +
       " master switch up");
    sh_in(netns, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    sh_in(netns, "ip addr add " + address + "/24 dev u0");
    sh_in(netns, "ip link set u0 up");
    return netns;
  }

  void add_host(int n) {
    Host& host = hosts_.emplace_back();
    host.number = static_cast<uint32_t>(n - 1);
    host.address = {ip("192.0.2.0").value + static_cast<uint32_t>(n)};
    host.netns = plug_in("host" + std::to_string(n), host.address.text());
    inside(host.netns, [&] {
      host.path.emplace(DataPath::open({.pin_directory = directory_ + "/bpf" + std::to_string(n) + "/skein"}).value());
      host.applier.emplace(NetworkApplier::open(*host.path).value());
    });
  }

  static Ipv4 backend(size_t n) { return {ip("10.0.0.11").value + static_cast<uint32_t>(n)}; }
  std::string backend_ns(size_t n) { return namespaces_ + "/backend" + std::to_string(n); }

  // The view of a host on the others and the service.
  void complete(Host& host) {
    const uint32_t own = host.number;
    host.view.data_path_address = host.address;
    host.view.mesh = plan::MeshHost{kIngress, {ip("10.0.0.101").value + own}};
    plan::NetworkState network = net::test_network(kIngress.value, "10.0.0.0/24", "10.0.0.1");
    network.is_ingress = true;
    network.services = {{kService, plan::Balance::kRoundRobin, {}, {{IPPROTO_TCP, 8080, 80}, {IPPROTO_UDP, 8080, 80}}}};
    for (size_t n = 0; n < hosts_.size(); ++n) {
      plan::HostPath path;
      inside(host.netns, [&] { path.interface_index = if_nametoindex("u0"); });
      path.source = host.address;
      path.source_mac = mac_of(host.netns);
      path.next_hop_mac = mac_of(hosts_[n].netns);
      if (n != own) host.view.hosts[hosts_[n].address] = path;
      if (n < 2) {
        network.services[0].backends.push_back({backend(n)});
        if (n == own) {
          network.local.push_back(net::test_endpoint(static_cast<char>('a' + n), backend(n).text().c_str(),
                                                     make_ns("backend" + std::to_string(n))));
        } else {
          network.remote.push_back({backend(n), Mac::from_ipv4(backend(n)), hosts_[n].address, false, true});
        }
      }
      Ipv4 member{ip("10.0.0.101").value + static_cast<uint32_t>(n)};
      if (n != own) network.remote.push_back({member, Mac::from_ipv4(member), hosts_[n].address});
    }
    host.view.networks = {network};
  }

  void apply(Host& host) {
    inside(host.netns, [&] {
      auto failures = host.applier->apply(plan::compile(host.view));
      ASSERT_TRUE(failures.empty()) << failures.summary().text();
    });
  }
  // Those of the hosts' numbers from 0 on are the service's backends now.
  void serve(const std::vector<size_t>& backends) {
    for (Host& host : hosts_) {
      host.view.networks[0].services[0].backends.clear();
      for (size_t n : backends) host.view.networks[0].services[0].backends.push_back({backend(n)});
      apply(host);
    }
  }

  static void inside(const std::string& netns, const std::function<void()>& work) {
    ASSERT_TRUE(net::run_in_namespace(netns, [&]() -> Result<void> { return work(), Result<void>(); }).ok());
  }
  static Mac mac_of(const std::string& netns) {
    std::string text = sh_in(netns, "ip -br link show dev u0");
    return Mac::parse(text.substr(text.find(':') - 2, 17)).value();
  }

  static inline const Ipv4 kService = ip("10.0.0.5"), kClient = ip("192.0.2.99");
  std::string client_;
  std::deque<Host> hosts_;  // appliers know where their data paths are
};

}  // namespace skein::kernel::testing
