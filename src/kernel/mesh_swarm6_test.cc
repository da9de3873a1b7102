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

  // A question and its answer, which fill several packets each; returns as whom the backend saw the client.
  Ipv4 ask(const std::string& from, const IpAddress& host, size_t backend_number) {
    TcpSocket listener = listen_in(backend_ns(backend_number), {}, 80);
    auto client = connect_in(from, host, 8080);
    if (!client) return {};
    auto server = listener.accept();
    if (!server || !client->send(std::string(30000, 'q')) || !server->send(std::string(30000, 'a'))) return {};
    for (size_t left = 30000, more = 0; left > 0; left -= std::min(left, more))
      if ((more = server->receive().size()) == 0) return {};
    for (size_t left = 30000, more = 0; left > 0; left -= std::min(left, more))
      if ((more = client->receive().size()) == 0) return {};
    return server->peer();
  }
};

TEST_F(PublishedPort6, every_host_answers_and_is_the_client_for_the_backend) {
  for (size_t backend_number : {0, 1}) {
    serve({backend_number});
    for (const Host& host : hosts_)
      EXPECT_EQ(ask(client_, address_of(host), backend_number), host.view.mesh->address) << address_of(host).text();
  }
}

TEST_F(PublishedPort6, the_hosts_programs_reach_it_by_every_address_of_theirs) {
  serve({0});
  for (const Host& host : hosts_)
    for (const IpAddress& address : {ip6("::1"), address_of(host), address_of(hosts_[0])}) {
      const bool is_own = address != address_of(hosts_[0]);
      const Host& entry = is_own ? host : hosts_[0];
      EXPECT_EQ(ask(host.netns, address, 0), entry.view.mesh->address) << host.number << " " << address.text();
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
  serve({0});
  TcpSocket listener = listen_in(backend_ns(0), {}, 80);
  for (const auto& [from, address] : {std::pair(client_, address_of(hosts_[2])), {hosts_[2].netns, ip6("::1")}}) {
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

TEST_F(PublishedPort6, the_hosts_firewall_decides_on_connections) {
  serve({1});
  sh_in(hosts_[0].netns,
        "nft 'table ip6 user { chain input { type filter hook input priority 0; policy drop; "
        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }; }'");
  EXPECT_FALSE(connect_in(client_, address_of(hosts_[0]), 8080));
  EXPECT_EQ(errno, EINPROGRESS) << "dropped, not refused";
  sh_in(hosts_[0].netns, "nft add rule ip6 user input ip6 saddr 2001:db8::99 tcp dport 8080 accept");
  EXPECT_EQ(ask(client_, address_of(hosts_[0]), 1), hosts_[0].view.mesh->address);
}

}  // namespace
}  // namespace skein::kernel::testing
