// Real clients of a published port that come by IPv6: from outside, and from the hosts themselves.
#include "kernel/testing/mesh_swarm.h"

namespace skein::kernel::testing {
namespace {

IpAddress ip6(const std::string& text) { return IpAddress::parse(text).value(); }

class PublishedPort6 : public MeshSwarm {
 protected:
  // IPv6 comes when all else runs.
  void SetUp() override {
    MeshSwarm::SetUp();
    give_ipv6(client_, "2001:db8::99");
    for (Host& host : hosts_) {
      give_ipv6(host.netns, address_of(host).text());
      apply(host);
    }
  }
  static void give_ipv6(const std::string& netns, const std::string& address) {
    sh_in(netns, "sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0");
    sh_in(netns, "ip addr add " + address + "/64 dev u0 nodad");
  }
  static IpAddress address_of(const Host& host) { return ip6("2001:db8::" + std::to_string(host.number + 1)); }

  static inline const IpAddress kAny6 = ip6("::"), kAny4 = IpAddress::from(Ipv4{}), kClient6 = ip6("2001:db8::99");
  IpAddress host_of_backend(size_t n) const { return IpAddress::from(hosts_[n].view.mesh->address); }

  // A question and its answer, which fill several packets each; returns as whom the backend, which listens at that
  // address, saw the client.
  IpAddress ask(const std::string& from, const IpAddress& host, size_t backend_number,
                const IpAddress& listens = kAny6) {
    TcpSocket listener = listen_by(backend_ns(backend_number), listens, 80);
    return ask(from, host, listener);
  }
  static IpAddress ask(const std::string& from, const IpAddress& host, const TcpSocket& listener) {
    auto client = connect_in(from, host, 8080);
    if (!client) return {};
    auto server = listener.accept();
    if (!server || !client->send(std::string(300000, 'q'))) return {};
    if (!takes_all(*server, 300000) || !server->send(std::string(300000, 'a')) || !takes_all(*client, 300000))
      return {};
    return server->peer_address();
  }
  static bool takes_all(const TcpSocket& end, size_t size_bytes) {
    for (size_t left = size_bytes, more = 0; left > 0; left -= std::min(left, more))
      if ((more = end.receive().size()) == 0) return false;
    return true;
  }
};

TEST_F(PublishedPort6, a_program_that_listens_by_ipv6_sees_the_client_at_every_host) {
  for (size_t backend_number : {0, 1}) {
    serve({backend_number});
    for (const Host& host : hosts_)
      EXPECT_EQ(ask(client_, address_of(host), backend_number), kClient6) << address_of(host).text();
  }
}

TEST_F(PublishedPort6, one_that_listens_by_ipv4_alone_sees_its_own_host) {
  for (size_t backend_number : {0, 1}) {
    serve({backend_number});
    for (const Host& host : hosts_)
      EXPECT_EQ(ask(client_, address_of(host), backend_number, kAny4), host_of_backend(backend_number))
          << address_of(host).text();
  }
}

TEST_F(PublishedPort6, one_that_listens_apart_gets_clients_where_it_listens_for_their_family) {
  serve({0});
  TcpSocket by_ipv4 = listen_by(backend_ns(0), kAny4, 80);
  TcpSocket by_ipv6 = listen_by(backend_ns(0), kAny6, 80, false);
  for (const Host& host : hosts_) {
    EXPECT_EQ(ask(client_, address_of(host), by_ipv6), kClient6);
    EXPECT_EQ(ask(client_, IpAddress::from(host.address), by_ipv4), IpAddress::from(kClient));
  }
}

TEST_F(PublishedPort6, one_that_begins_to_listen_by_ipv6_sees_the_next_client) {
  serve({0});
  for (const Host& host : hosts_) {
    EXPECT_EQ(ask(client_, address_of(host), 0, kAny4), host_of_backend(0));
    EXPECT_EQ(ask(client_, address_of(host), 0), kClient6);
    EXPECT_EQ(ask(client_, address_of(host), 0, kAny4), host_of_backend(0));
  }
}

TEST_F(PublishedPort6, a_container_that_has_ipv6_off_is_asked_by_ipv4) {
  serve({0});
  EXPECT_EQ(ask(client_, address_of(hosts_[2]), 0), kClient6);
  sh_in(backend_ns(0), "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
  sh_in(hosts_[0].netns, "ip link set group 21323 down");
  apply(hosts_[0]);
  for (const Host& host : hosts_) EXPECT_EQ(ask(client_, address_of(host), 0), host_of_backend(0));
}

TEST_F(PublishedPort6, two_entry_hosts_may_bring_one_client_with_one_port) {
  for (const IpAddress& listens : {kAny6, kAny4}) {
    serve({1});
    TcpSocket listener = listen_by(backend_ns(1), listens, 80);
    std::vector<TcpSocket> clients, servers;
    for (const Host& host : hosts_) {
      auto client = connect_in(client_, address_of(host), 8080, 40001);
      ASSERT_TRUE(client) << address_of(host).text() << " " << errno;
      auto server = listener.accept();
      ASSERT_TRUE(server);
      EXPECT_EQ(server->peer_address(), listens == kAny6 ? kClient6 : host_of_backend(1));
      clients.push_back(std::move(*client)), servers.push_back(std::move(*server));
    }
    for (size_t n = 0; n < clients.size(); ++n) {
      EXPECT_TRUE(clients[n].send("question " + std::to_string(n)));
      EXPECT_EQ(servers[n].receive(), "question " + std::to_string(n));
      EXPECT_TRUE(servers[n].send("answer " + std::to_string(n)));
      EXPECT_EQ(clients[n].receive(), "answer " + std::to_string(n));
    }
  }
}

// A socket for datagrams.
class Datagrams {
 public:
  // Bound to the port of any address of that family.
  Datagrams(const std::string& netns, int family, uint16_t port) {
    EXPECT_TRUE(net::run_in_namespace(netns, [&]() -> Result<void> {
                  fd_ = Fd(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
                  SocketAddress own({family == AF_INET6, {}, {}}, port);
                  EXPECT_EQ(bind(fd_.get(), own.get(), own.size_bytes), 0) << strerror(errno);
                  return {};
                }).ok());
  }
  bool send(const IpAddress& target, uint16_t port, const std::string& message) const {
    SocketAddress to(target, port);
    return sendto(fd_.get(), message.data(), message.size(), 0, to.get(), to.size_bytes) > 0;
  }
  // The next message, from whom it came, and that one's answer to it. Nobody: none came.
  IpAddress answer(const std::string& expected, const std::string& with) const {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN};
    if (poll(&waiting, 1, 5000) != 1) return {};
    char buffer[2048];
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    ssize_t received = recvfrom(fd_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    EXPECT_EQ(std::string(buffer, received > 0 ? static_cast<size_t>(received) : 0), expected);
    if (with.empty()) return read_address(from);
    EXPECT_GT(sendto(fd_.get(), with.data(), with.size(), 0, reinterpret_cast<sockaddr*>(&from), size), 0);
    return read_address(from);
  }

 private:
  Fd fd_;
};

TEST_F(PublishedPort6, datagrams_show_the_client_to_who_listens_by_ipv6) {
  for (size_t backend_number : {0, 1}) {
    serve({backend_number});
    for (const Host& host : hosts_) {
      Datagrams client(client_, AF_INET6, 0);
      for (int family : {AF_INET, AF_INET6, AF_INET}) {  // of one flow
        Datagrams server(backend_ns(backend_number), family, 80);
        ASSERT_TRUE(client.send(address_of(host), 8080, "question"));
        EXPECT_EQ(server.answer("question", "answer"), family == AF_INET6 ? kClient6 : host_of_backend(backend_number));
        EXPECT_EQ(client.answer("answer", ""), address_of(host));
      }
    }
  }
}

TEST_F(PublishedPort6, a_container_reaches_nobody_by_ipv6_and_learns_it_at_once) {
  serve({0});
  for (const IpAddress& other :
       {kClient6, address_of(hosts_[0]), IpAddress::from(plan::endpoint_address6(backend(1)))}) {
    EXPECT_FALSE(connect_in(backend_ns(0), other, 8080)) << other.text();
    EXPECT_EQ(errno, ECONNREFUSED) << other.text();
  }
}

TEST_F(PublishedPort6, the_hosts_programs_reach_it_by_every_address_of_theirs) {
  serve({0});
  for (const Host& host : hosts_)
    for (const IpAddress& address : {ip6("::1"), address_of(host), address_of(hosts_[0])}) {
      const bool is_own = address == ip6("::1") || address == address_of(host);
      EXPECT_EQ(ask(host.netns, address, 0), is_own ? IpAddress::from(host.view.mesh->address) : address_of(host))
          << host.number << " " << address.text();
    }
}

TEST_F(PublishedPort6, nobody_to_serve_is_refused) {
  serve({});
  for (const std::string& from : {client_, hosts_[0].netns}) {
    EXPECT_FALSE(connect_in(from, address_of(hosts_[0]), 8080));
    EXPECT_EQ(errno, ECONNREFUSED);
  }
  EXPECT_FALSE(connect_in(hosts_[0].netns, ip6("::1"), 8080));
  EXPECT_EQ(errno, ECONNREFUSED);
}

// Where nobody listens, the backend's kernel says so, through the tunnel or not.
TEST_F(PublishedPort6, datagrams_for_nobody_are_refused) {
  serve({0});
  for (const Host& host : hosts_) {
    Fd fd;
    inside(client_, [&] {
      fd = Fd(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      SocketAddress target(address_of(host), 8080);
      ASSERT_EQ(connect(fd.get(), target.get(), target.size_bytes), 0);
    });
    ASSERT_EQ(send(fd.get(), "question", 8, 0), 8);
    pollfd waiting{.fd = fd.get(), .events = POLLIN};
    ASSERT_EQ(poll(&waiting, 1, 5000), 1) << address_of(host).text();
    char answer[16];
    EXPECT_EQ(recv(fd.get(), answer, sizeof answer, 0), -1);
    EXPECT_EQ(errno, ECONNREFUSED) << address_of(host).text();
  }
}

TEST_F(PublishedPort6, one_who_only_waits_for_a_backend_that_has_gone_is_reset) {
  for (const IpAddress& listens : {kAny6, kAny4}) {
    serve({0});
    TcpSocket listener = listen_by(backend_ns(0), listens, 80);
    for (const auto& [from, address] :
         {std::pair(client_, address_of(hosts_[2])), {client_, address_of(hosts_[0])}, {hosts_[2].netns, ip6("::1")}}) {
      serve({0});
      auto client = connect_in(from, address, 8080);
      ASSERT_TRUE(client) << address.text();
      auto server = listener.accept();
      ASSERT_TRUE(server && client->send("question") && server->receive() == "question");
      serve({1});
      EXPECT_EQ(client->receive(), "") << address.text();
      EXPECT_EQ(errno, ECONNRESET) << address.text();
    }
  }
}

// What a container has for itself: 8080 as on all hosts a service, 9090 of any address, 9091 of one.
TEST_F(PublishedPort6, a_port_of_a_container_answers_where_it_was_wanted) {
  serve({1});
  Host& host = hosts_[0];
  host.view.ports = {{IPPROTO_TCP, kAny4, 9090, backend(0), 81},
                     {IPPROTO_TCP, kAny6, 9090, backend(0), 81},
                     {IPPROTO_TCP, ip6("::1"), 9091, backend(0), 81}};
  apply(host);
  TcpSocket listener = listen_by(backend_ns(0), kAny4, 81);
  const IpAddress gateway = IpAddress::from(ip("10.0.0.1"));
  auto asked = [&](const std::string& from, const IpAddress& address, uint16_t port) {
    auto client = connect_in(from, address, port);
    if (!client) return IpAddress{};
    auto server = listener.accept();
    if (!server || !client->send(std::string(300000, 'q')) || !takes_all(*server, 300000)) return IpAddress{};
    if (!server->send(std::string(300000, 'a')) || !takes_all(*client, 300000)) return IpAddress{};
    return server->peer_address();
  };
  EXPECT_EQ(asked(client_, address_of(host), 9090), gateway);
  EXPECT_EQ(asked(client_, IpAddress::from(host.address), 9090), IpAddress::from(kClient));
  EXPECT_EQ(asked(host.netns, ip6("::1"), 9090), gateway);
  EXPECT_EQ(asked(host.netns, address_of(host), 9090), gateway);
  EXPECT_EQ(asked(host.netns, IpAddress::from(ip("127.0.0.1")), 9090), gateway);
  EXPECT_EQ(asked(host.netns, ip6("::1"), 9091), gateway);
  for (const std::string& from : {client_, host.netns}) {
    EXPECT_FALSE(connect_in(from, address_of(host), 9091)) << from;
    EXPECT_EQ(errno, ECONNREFUSED);
  }
  EXPECT_FALSE(connect_in(client_, address_of(hosts_[1]), 9090)) << "another host's";
}

TEST_F(PublishedPort6, the_hosts_firewall_decides_on_connections) {
  serve({1});
  sh_in(hosts_[0].netns,
        "nft 'table ip6 user { chain input { type filter hook input priority 0; policy drop; "
        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }; }'");
  EXPECT_FALSE(connect_in(client_, address_of(hosts_[0]), 8080));
  EXPECT_EQ(errno, EINPROGRESS) << "dropped, not refused";
  sh_in(hosts_[0].netns, "nft add rule ip6 user input ip6 saddr 2001:db8::99 tcp dport 8080 accept");
  EXPECT_EQ(ask(client_, address_of(hosts_[0]), 1), kClient6);
}

}  // namespace
}  // namespace skein::kernel::testing
