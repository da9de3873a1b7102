// For tests: hosts of a swarm as network namespaces on one switch, each with the data path, and containers on them.
#pragma once

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/datapath/datapath.h"
#include "kernel/net/test_host.h"
#include "kernel/testing/frames.h"

namespace skein::kernel::testing {

using net::Fd;
using net::socket_address;

inline bool is_readable(int fd, int timeout_ms = 5000) {
  pollfd waiting{.fd = fd, .events = POLLIN};
  return poll(&waiting, 1, timeout_ms) == 1;
}

struct Host {
  std::string netns;
  Ipv4 tunnel;
  uint32_t underlay = 0;
  Mac underlay_mac;
  std::optional<DataPath> path;
};

struct Container {
  std::string netns, veth;
  size_t host;
  Vni network;
  Ipv4 address;
};

// Every container gets the prefix 24 and the gateway .1.
class Swarm : public net::TestHost {
 protected:
  void SetUp() override {
    TestHost::SetUp();
    sh("ip link add switch type bridge && ip link set switch up");
  }
  void TearDown() override {
    hosts_.clear();
    TestHost::TearDown();
  }

  // Host 0 is 192.0.2.1. Those without a data path are for peers made of kernel devices.
  void add_host(bool has_data_path = true, bool uses_clsact = false) {
    std::string number = std::to_string(hosts_.size() + 1);
    Host host{make_ns("host" + number), ip(("192.0.2." + number).c_str())};
    sh("ip link add port" + number + " type veth peer name u0 netns " + host.netns + " && ip link set port" + number +
       " master switch up");
    sh_in(host.netns, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    sh_in(host.netns, "ip addr add " + host.tunnel.text() + "/24 dev u0");
    sh_in(host.netns, "ip link set u0 up");
    host.underlay_mac = mac_of(host.netns, "u0");
    host.underlay = index(host.netns, "u0");
    if (has_data_path) {
      inside(host, [&] { load(host, "bpf" + number, uses_clsact); });
      ASSERT_TRUE(host.path->set_tunnel(host.tunnel, 4789).ok());
      inside(host, [&] { ASSERT_TRUE(host.path->attach_underlay(host.underlay).ok()); });
    }
    hosts_.push_back(std::move(host));
  }

  // Only in the host's namespace: call within inside().
  void load(Host& host, const std::string& pins, bool uses_clsact = false) {
    host.path.reset();
    auto opened = DataPath::open({directory_ + "/" + pins, uses_clsact});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    host.path.emplace(std::move(opened).value());
  }

  // All hosts know each other.
  void connect_hosts(uint32_t mtu_bytes = 1500, bool knows_next_hop = true) {
    for (Host& host : hosts_) {
      std::map<Ipv4, plan::HostPath> paths;
      for (const Host& other : hosts_) {
        std::optional<Mac> next_hop;
        if (knows_next_hop) next_hop = other.underlay_mac;
        if (&other != &host) paths[other.tunnel] = {host.underlay, host.tunnel, host.underlay_mac, next_hop, mtu_bytes};
      }
      if (!host.path) continue;
      ASSERT_TRUE(host.path->set_hosts(paths, {}).ok());
    }
  }

  const Container& add_container(size_t host_number, uint32_t vni, const char* address) {
    Host& host = hosts_[host_number];
    std::string number = std::to_string(containers_.size() + 1);
    Container container{make_ns("container" + number), "c" + number, host_number, Vni{vni}, ip(address)};
    Mac mac = Mac::from_ipv4(container.address);
    sh_in(host.netns, "ip link add " + container.veth + " type veth peer name eth0 netns " + container.netns);
    sh_in(container.netns, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    sh_in(container.netns, "ip link set eth0 mtu 1450 address " + mac.text() + " up");
    sh_in(container.netns, "ip addr add " + std::string(address) + "/24 dev eth0");
    Ipv4 gateway{(container.address.value & 0xffffff00) | 1};
    sh_in(container.netns, "ip route add default via " + gateway.text());
    sh_in(host.netns, "ip link set " + container.veth + " mtu 1450 up");
    inside(host, [&] {
      EndpointConfig config{container.network, container.address, mac, gateway, 24, false, 1450};
      ASSERT_TRUE(host.path->attach_endpoint(if_nametoindex(container.veth.c_str()), config).ok());
    });
    containers_.push_back(std::make_unique<Container>(container));
    announce(*containers_.back());
    return *containers_.back();
  }

  // Makes an endpoint known to all hosts.
  void announce(const Container& endpoint) {
    using Where = plan::EndpointEntry::Where;
    floods_[endpoint.network][endpoint.host].insert(endpoint.veth);
    for (size_t i = 0; i < hosts_.size(); ++i) {
      if (!hosts_[i].path) continue;
      plan::EndpointEntry entry{Where::kLocal, Mac::from_ipv4(endpoint.address), endpoint.veth, {}};
      if (i != endpoint.host) entry = {Where::kRemote, entry.mac, {}, hosts_[endpoint.host].tunnel};
      plan::FloodList list;
      for (const auto& [host, veths] : floods_[endpoint.network]) {
        if (host == i)
          list.local_interfaces = veths;
        else
          list.hosts.insert(hosts_[host].tunnel);
      }
      inside(hosts_[i], [&] {
        ASSERT_TRUE(hosts_[i].path->set_endpoints({{{endpoint.network, endpoint.address}, entry}}, {}).ok());
        ASSERT_TRUE(hosts_[i].path->set_floods({{endpoint.network, list}}, {}).ok());
      });
    }
  }

  // Tells all hosts of a service and its backends, as its only ones.
  void balance(Vni network, Ipv4 service, const plan::ServiceEntry& entry) {
    for (Host& host : hosts_) {
      if (!host.path) continue;
      inside(host, [&] {
        auto endpoints = host.path->observe()->endpoints;
        for (auto& [key, endpoint] : endpoints)
          if (endpoint.service == service) endpoint.service = {};
        for (const plan::BackendEntry& backend : entry.backends)
          endpoints.at({network, backend.address}).service = service;
        ASSERT_TRUE(host.path->set_endpoints(endpoints, {}).ok());
        ASSERT_TRUE(host.path->set_services({{{network, service}, entry}}, {}).ok());
      });
    }
  }

  void inside(const Host& host, const std::function<void()>& work) { inside(host.netns, work); }
  static void inside(const std::string& netns, const std::function<void()>& work) {
    ASSERT_TRUE(net::run_in_namespace(netns, [&]() -> Result<void> { return work(), Result<void>(); }).ok());
  }
  static uint32_t index(const std::string& netns, const std::string& name) {
    uint32_t index = 0;
    inside(netns, [&] { index = if_nametoindex(name.c_str()); });
    return index;
  }
  static Mac mac_of(const std::string& netns, const std::string& name) {
    std::string text = sh_in(netns, "ip -br link show dev " + name);
    return Mac::parse(text.substr(text.find(':') - 2, 17)).value();
  }
  uint64_t count(size_t host, const std::string& reason) { return hosts_[host].path->counters().value().at(reason); }

  static Fd open_socket(const std::string& netns, int type) {
    Fd fd;
    inside(netns, [&] { fd = Fd(socket(AF_INET, type | SOCK_CLOEXEC, 0)); });
    return fd;
  }

  // A datagram there and back.
  static bool echoes(const Container& from, const Container& to, size_t size_bytes) {
    net::UdpSocket client(from.netns, from.address, 5000), server(to.netns, to.address, 6000);
    std::string message(size_bytes, 'x');
    if (!client.send(to.address, 6000, message)) return false;
    auto received = server.receive();
    if (!received || received->message != message || received->source != from.address) return false;
    server.send(from.address, 5000, message);
    auto answer = client.receive();
    return answer && answer->message == message && answer->source == to.address;
  }

  // A TCP connection, not yet used.
  struct Connection {
    Fd client, server;
  };
  static Connection connect(const Container& from, const Container& to) {
    Fd listener = open_socket(to.netns, SOCK_STREAM), client = open_socket(from.netns, SOCK_STREAM);
    sockaddr_in own = socket_address(to.address, 7000);
    int yes = 1;
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    EXPECT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
    EXPECT_EQ(listen(listener.get(), 1), 0);
    timeval patience{.tv_sec = 5};
    setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&own), sizeof own), 0) << strerror(errno);
    EXPECT_TRUE(is_readable(listener.get()));
    Fd server(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    return {std::move(client), std::move(server)};
  }

  // Sends so many bytes and returns how many arrived unaltered.
  static size_t transfer(const Connection& connection, size_t size_bytes) {
    size_t sent = 0, received = 0;
    std::vector<uint8_t> piece(64 * 1024), arrived(64 * 1024);
    while (received < size_bytes) {
      size_t next = std::min(piece.size(), size_bytes - sent);
      for (size_t i = 0; i < next; ++i) piece[i] = static_cast<uint8_t>((sent + i) * 31 >> 3);
      ssize_t took = send(connection.client.get(), piece.data(), next, MSG_DONTWAIT);
      if (took > 0) sent += static_cast<size_t>(took);
      if (!is_readable(connection.server.get(), took > 0 ? 0 : 10000)) {
        if (took <= 0) return received;
        continue;
      }
      ssize_t got = recv(connection.server.get(), arrived.data(), arrived.size(), 0);
      if (got <= 0) return received;
      for (ssize_t i = 0; i < got; ++i, ++received)
        if (arrived[static_cast<size_t>(i)] != static_cast<uint8_t>(received * 31 >> 3)) return received;
    }
    return received;
  }

  std::vector<Host> hosts_;
  std::vector<std::unique_ptr<Container>> containers_;
  std::map<Vni, std::map<size_t, std::set<std::string>>> floods_;
};

}  // namespace skein::kernel::testing
