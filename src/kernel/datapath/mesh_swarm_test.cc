// Real clients of a published port: from outside, from the hosts themselves, from containers.
#include "kernel/testing/mesh_swarm.h"

namespace skein::kernel::testing {
namespace {

class PublishedPort : public MeshSwarm {
 protected:
  // A question and its answer; returns as whom the backend saw the client, unspecified if it was not answered.
  Ipv4 ask(const std::string& from, Ipv4 host, size_t backend_number, uint16_t source_port = 0) {
    TcpSocket listener = listen_in(backend_ns(backend_number), {}, 80);
    auto client = connect_in(from, host, 8080, source_port);
    if (!client) return {};
    auto server = listener.accept();
    if (!server || !client->send("question") || server->receive() != "question") return {};
    if (!server->send("answer") || client->receive() != "answer") return {};
    return server->peer();
  }
};

TEST_F(PublishedPort, every_host_answers_and_the_backend_sees_the_client) {
  for (size_t backend_number : {0, 1}) {
    serve({backend_number});
    for (const Host& host : hosts_)
      EXPECT_EQ(ask(client_, host.address, backend_number), kClient) << host.address.text();
  }
}

TEST_F(PublishedPort, the_hosts_programs_reach_it_by_every_address_of_theirs) {
  serve({0});
  for (size_t n = 0; n < hosts_.size(); ++n)
    for (Ipv4 address : {hosts_[n].address, ip("127.0.0.1")}) {
      Ipv4 own = hosts_[n].view.mesh->address;
      EXPECT_EQ(ask(hosts_[n].netns, address, 0), own) << n << " " << address.text();
    }
  EXPECT_EQ(ask(hosts_[2].netns, hosts_[0].address, 0), hosts_[2].address);
}

TEST_F(PublishedPort, one_source_port_reaches_one_backend_through_all_hosts_at_once) {
  serve({0});
  TcpSocket listener = listen_in(backend_ns(0), {}, 80);
  std::vector<TcpSocket> clients, servers;
  for (const Host& host : hosts_) {
    auto client = connect_in(client_, host.address, 8080, 5555);
    ASSERT_TRUE(client) << host.address.text();
    auto server = listener.accept();
    ASSERT_TRUE(server);
    clients.push_back(std::move(*client)), servers.push_back(std::move(*server));
  }
  for (size_t n = 0; n < clients.size(); ++n) {
    EXPECT_EQ(servers[n].peer(), kClient);
    ASSERT_TRUE(clients[n].send(std::to_string(n)));
    EXPECT_EQ(servers[n].receive(), std::to_string(n));
  }
}

TEST_F(PublishedPort, the_hosts_firewall_decides_on_connections_as_on_those_to_its_own_programs) {
  serve({1});
  sh_in(hosts_[0].netns, "nft 'table ip user { chain input { type filter hook input priority 0; policy drop; }; }'");
  auto refused = connect_in(client_, hosts_[0].address, 8080);
  EXPECT_FALSE(refused);
  EXPECT_EQ(errno, EINPROGRESS) << "dropped, not refused";
  sh_in(hosts_[0].netns, "nft add rule ip user input ip saddr 192.0.2.99 tcp dport 8080 accept");
  EXPECT_EQ(ask(client_, hosts_[0].address, 1), kClient);
}

TEST_F(PublishedPort, a_port_is_open_where_its_service_wants_it) {
  serve({1});
  auto restrict_to = [&](const char* text) {
    for (Host& host : hosts_) {
      host.view.networks[0].services[0].ports[0].access = model::PortAccess::parse(text).value();
      apply(host);
    }
  };
  const Host& first = hosts_[0];
  auto is_open = [&](const std::string& from, Ipv4 address) { return ask(from, address, 1) != Ipv4{}; };
  const std::string container = backend_ns(0);

  restrict_to("address=192.0.2.1,127.0.0.0/8");
  EXPECT_TRUE(is_open(client_, first.address));
  EXPECT_FALSE(is_open(client_, hosts_[1].address));
  EXPECT_EQ(errno, ECONNREFUSED) << "as on a port of nobody";
  EXPECT_TRUE(is_open(first.netns, ip("127.0.0.1")));
  EXPECT_TRUE(is_open(container, first.address));

  restrict_to("source=192.0.2.99");
  EXPECT_TRUE(is_open(client_, hosts_[2].address));
  EXPECT_FALSE(is_open(first.netns, first.address));
  EXPECT_FALSE(is_open(first.netns, hosts_[2].address));
  EXPECT_FALSE(is_open(container, first.address));

  restrict_to("interface=u0;source=192.0.2.0/24");
  EXPECT_TRUE(is_open(client_, first.address));
  EXPECT_FALSE(is_open(first.netns, first.address)) << "its programs come by lo";
  EXPECT_FALSE(is_open(container, first.address));
  restrict_to("interface=lo");
  EXPECT_TRUE(is_open(first.netns, first.address));
  EXPECT_FALSE(is_open(client_, first.address));

  restrict_to("");
  EXPECT_TRUE(is_open(client_, hosts_[1].address));
}

TEST_F(PublishedPort, containers_reach_it_by_the_hosts_addresses) {
  serve({1});
  for (const Host& host : hosts_) EXPECT_NE(ask(backend_ns(0), host.address, 1), Ipv4{}) << host.address.text();
  serve({0});
  EXPECT_NE(ask(backend_ns(0), hosts_[0].address, 0), Ipv4{}) << "itself";
}

TEST_F(PublishedPort, datagrams_are_answered_from_the_published_port) {
  for (size_t backend_number : {0, 1}) {
    serve({backend_number});
    net::UdpSocket server(backend_ns(backend_number), {}, 80);
    for (const Host& host : hosts_)
      for (size_t size_bytes : {20, 1400}) {
        net::UdpSocket client(client_, {}, 7000);
        ASSERT_TRUE(client.send(host.address, 8080, std::string(size_bytes, 'x')));
        auto question = server.receive();
        ASSERT_TRUE(question);
        EXPECT_EQ(question->source, kClient);
        ASSERT_TRUE(server.send(question->source, question->port, question->message));
        auto answer = client.receive();
        ASSERT_TRUE(answer) << host.address.text() << " " << size_bytes;
        EXPECT_EQ(answer->source, host.address);
        EXPECT_EQ(answer->port, 8080);
        EXPECT_EQ(answer->message.size(), size_bytes);
      }
  }
}

TEST_F(PublishedPort, datagrams_in_fragments_get_through_both_ways) {
  for (size_t backend_number : {0, 1}) {
    serve({backend_number});
    net::UdpSocket server(backend_ns(backend_number), {}, 80), client(client_, {}, 7000);
    const std::string message(1900, 'x');
    for (const Host& host : hosts_) {
      ASSERT_TRUE(client.send(host.address, 8080, message));
      auto question = server.receive();
      ASSERT_TRUE(question) << host.address.text();
      EXPECT_EQ(question->message, message);
      ASSERT_TRUE(server.send(question->source, question->port, message));
      auto answer = client.receive();
      ASSERT_TRUE(answer) << host.address.text();
      EXPECT_EQ(answer->message, message);
      EXPECT_EQ(answer->source, host.address);
    }
  }
}

TEST_F(PublishedPort, nobody_to_serve_is_refused_at_once) {
  serve({});
  for (const std::string& from : {client_, hosts_[0].netns}) {
    EXPECT_FALSE(connect_in(from, hosts_[0].address, 8080));
    EXPECT_EQ(errno, ECONNREFUSED);
  }
}

TEST_F(PublishedPort, a_connection_ends_with_its_backend_and_lives_while_it_drains) {
  serve({1});
  TcpSocket listener = listen_in(backend_ns(1), {}, 80);
  auto client = connect_in(client_, hosts_[0].address, 8080);
  auto server = listener.accept();
  ASSERT_TRUE(client && server);
  for (Host& host : hosts_)
    host.view.networks[0].services[0].backends = {{backend(0)}, {backend(1), 1, true}}, apply(host);
  ASSERT_TRUE(client->send("more"));
  EXPECT_EQ(server->receive(), "more");
  serve({0});
  EXPECT_EQ(client->receive(), "");
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(PublishedPort, a_client_that_only_waits_learns_that_its_backend_has_gone) {
  for (const std::string& from : {client_, hosts_[0].netns}) {
    serve({1});
    TcpSocket listener = listen_in(backend_ns(1), {}, 80);
    auto client = connect_in(from, hosts_[0].address, 8080);
    auto server = listener.accept();
    ASSERT_TRUE(client && server);
    ASSERT_TRUE(client->send("question"));
    ASSERT_EQ(server->receive(), "question");
    serve({0});
    EXPECT_EQ(client->receive(), "") << from;
    EXPECT_EQ(errno, ECONNRESET) << from;
  }
}

TEST_F(PublishedPort, a_client_whose_backend_stays_is_left_alone) {
  serve({0, 1});
  std::vector<TcpSocket> listeners, clients, servers;
  for (size_t n : {0, 1}) listeners.push_back(listen_in(backend_ns(n), {}, 80));
  for (int i = 0; i < 2; ++i) {
    auto client = connect_in(client_, hosts_[2].address, 8080);
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->send("question"));
    clients.push_back(std::move(*client));
  }
  auto kept = listeners[0].accept();
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->receive(), "question");
  serve({0});
  ASSERT_TRUE(kept->send("answer"));
  EXPECT_TRUE(clients[0].receive() == "answer" || clients[1].receive() == "answer");
}

TEST_F(PublishedPort, the_hosts_other_ports_are_untouched) {
  TcpSocket own = listen_in(hosts_[0].netns, {}, 22);
  EXPECT_TRUE(connect_in(client_, hosts_[0].address, 22));
  EXPECT_FALSE(connect_in(client_, hosts_[0].address, 23));
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST_F(PublishedPort, connections_of_the_hosts_own_programs_stay_theirs) {
  serve({});
  TcpSocket outside = listen_in(client_, {}, 22);
  EXPECT_TRUE(connect_in(hosts_[0].netns, kClient, 22, 8080)) << "out, from a port of the same number";
  net::UdpSocket names(client_, {}, 53), asker(hosts_[0].netns, {}, 8080);
  ASSERT_TRUE(asker.send(kClient, 53, "question"));
  auto question = names.receive();
  ASSERT_TRUE(question);
  ASSERT_TRUE(names.send(question->source, question->port, "answer"));
  EXPECT_TRUE(asker.receive());

  Host& host = hosts_[1];
  auto& published = host.view.networks[0].services[0].ports;
  std::vector<plan::ServicePort> ports = std::exchange(published, {});
  apply(host);
  TcpSocket own = listen_in(host.netns, {}, 8080);
  auto client = connect_in(client_, host.address, 8080);
  auto server = own.accept();
  ASSERT_TRUE(client && server);
  published = ports;
  apply(host);
  ASSERT_TRUE(client->send("question"));
  EXPECT_EQ(server->receive(), "question") << "in, from before";
}

TEST_F(PublishedPort, datagrams_to_all_hosts_are_not_for_it) {
  serve({0});
  net::UdpSocket client(client_, {}, 7000), own(hosts_[0].netns, {}, 8080);
  ASSERT_TRUE(client.send(ip("192.0.2.255"), 8080, "all"));
  auto heard = own.receive();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->message, "all");
}

TEST_F(PublishedPort, a_network_too_narrow_for_ipv6_has_it_too) {
  for (Host& host : hosts_) host.view.networks[0].underlay_mtu_bytes = 1200;
  serve({0});
  for (const std::string& from : {client_, hosts_[1].netns}) EXPECT_NE(ask(from, hosts_[1].address, 0), Ipv4{}) << from;
}

TEST_F(PublishedPort, what_a_container_publishes_itself_is_its_own_for_all_callers_on_its_host) {
  Host& host = hosts_[0];
  host.view.ports = {{IPPROTO_TCP, {}, 8080, backend(0), 81}};
  serve({1});
  TcpSocket listener = listen_in(backend_ns(0), {}, 81);
  for (const std::string& from : {client_, host.netns, backend_ns(0)}) {
    auto client = connect_in(from, host.address, 8080);
    EXPECT_TRUE(client && listener.accept()) << from;
  }
  auto local = connect_in(host.netns, ip("127.0.0.1"), 8080);
  EXPECT_TRUE(local && listener.accept());
  EXPECT_EQ(ask(client_, hosts_[1].address, 1), kClient) << "other hosts lead to the service";
}

TEST_F(PublishedPort, nothing_is_left_to_do_and_nothing_is_left_behind) {
  Host& host = hosts_[0];
  inside(host.netns, [&] {
    EXPECT_TRUE(host.applier->pending(plan::compile(host.view)).value().empty());
    ASSERT_TRUE(host.applier->apply({}).empty());
    EXPECT_TRUE(host.applier->pending({}).value().empty());
  });
  EXPECT_EQ(sh_in(host.netns, "ip -br link show type veth").find("skein"), std::string::npos);
  EXPECT_EQ(sh_in(host.netns, "nft list ruleset").find("dup to"), std::string::npos);
}

TEST_F(PublishedPort, what_an_administrator_undid_is_put_right) {
  serve({1});
  Host& host = hosts_[0];
  for (const char* damage :
       {"ip link del skein-mesh", "nft flush ruleset", "nft delete table ip skein", "ip link set skein-mesh down",
        "ip neigh flush dev skein-mesh nud permanent", "ip addr flush dev skein-mesh",
        "sysctl -qw net.ipv4.conf.skein-mesh.route_localnet=0", "sysctl -qw net.ipv4.conf.skein-mesh.forwarding=0"}) {
    sh_in(host.netns, damage);
    apply(host);
    EXPECT_EQ(ask(client_, host.address, 1), kClient) << damage;
    EXPECT_NE(ask(host.netns, ip("127.0.0.1"), 1), Ipv4{}) << damage;
  }
}

}  // namespace
}  // namespace skein::kernel::testing
