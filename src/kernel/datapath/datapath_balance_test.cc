// Real clients and servers of a service with a virtual address: what a user sees of the balancing.
#include "kernel/testing/swarm.h"

namespace skein::kernel::testing {
namespace {

constexpr Vni kBalanced{4097};

// The client and one server on one host, another server on a second host.
class Balance : public Swarm {
 protected:
  void SetUp() override {
    Swarm::SetUp();
    add_host();
    add_host();
    connect_hosts();
    add_container(0, kBalanced.value, "10.0.1.2");
    for (size_t host : {0, 1})
      servers_.push_back(&add_container(host, kBalanced.value, host ? "10.0.1.4" : "10.0.1.3"));
    serve({servers_[0], servers_[1]});
  }
  void serve(const std::vector<const Container*>& backends) {
    plan::ServiceEntry entry;
    for (const Container* backend : backends) entry.backends.push_back({backend->address, 1});
    balance(kBalanced, kVip, entry);
  }
  const Container& client() { return *containers_[0]; }

  struct Dialled {
    Connection connection;
    const Container* server = nullptr;  // who took it
    int error = 0;                      // of the client's connect
  };
  // One TCP connection to the virtual address, with these containers listening.
  Dialled dial(const std::vector<const Container*>& listening) {
    std::vector<Fd> listeners;
    std::vector<pollfd> waiting;
    sockaddr_in any = socket_address({}, 7000), target = socket_address(kVip, 7000);
    for (const Container* container : listening) {
      listeners.push_back(open_socket(container->netns, SOCK_STREAM));
      int yes = 1;
      setsockopt(listeners.back().get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      EXPECT_EQ(bind(listeners.back().get(), reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
      EXPECT_EQ(listen(listeners.back().get(), 1), 0);
      waiting.push_back({listeners.back().get(), POLLIN, 0});
    }
    Dialled dialled;
    dialled.connection.client = open_socket(client().netns, SOCK_STREAM);
    int fd = dialled.connection.client.get();
    timeval patience{.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) {
      dialled.error = errno;
      return dialled;
    }
    EXPECT_EQ(poll(waiting.data(), waiting.size(), 5000), 1);
    for (size_t i = 0; i < waiting.size(); ++i)
      if (waiting[i].revents & POLLIN) dialled.server = listening[i], dialled.connection.server = accept(waiting[i].fd);
    return dialled;
  }
  // The client's own address is what the server sees.
  Fd accept(int listener) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    Fd server(accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
    seen_ = Ipv4{ntohl(peer.sin_addr.s_addr)};
    return server;
  }
  // What a client sees that goes on sending: 0 if all is well.
  int error_after_sending(const Connection& connection) {
    char answer = 0;
    if (send(connection.client.get(), "?", 1, MSG_NOSIGNAL) != 1) return errno;
    return recv(connection.client.get(), &answer, 1, 0) < 0 ? errno : 0;
  }

  void expect_datagrams_refused() {
    Fd datagrams = open_socket(client().netns, SOCK_DGRAM);
    sockaddr_in target = socket_address(kVip, 6000);
    ASSERT_EQ(::connect(datagrams.get(), reinterpret_cast<sockaddr*>(&target), sizeof target), 0);
    ASSERT_EQ(send(datagrams.get(), "?", 1, 0), 1);
    pollfd waiting{.fd = datagrams.get(), .events = 0};
    ASSERT_EQ(poll(&waiting, 1, 5000), 1);
    EXPECT_EQ(send(datagrams.get(), "?", 1, 0), -1);
    EXPECT_EQ(errno, ECONNREFUSED);
  }

  static inline const Ipv4 kVip = ip("10.0.1.100");
  std::vector<const Container*> servers_;
  Ipv4 seen_;
};

TEST_F(Balance, connections_reach_all_servers_with_the_clients_own_address) {
  std::map<const Container*, int> taken;
  for (int i = 0; i < 6; ++i) {
    Dialled dialled = dial(servers_);
    ASSERT_EQ(dialled.error, 0) << strerror(dialled.error);
    ++taken[dialled.server];
    EXPECT_EQ(seen_, client().address);
    EXPECT_EQ(transfer(dialled.connection, 100000), 100000u);
  }
  EXPECT_EQ(taken, (std::map<const Container*, int>{{servers_[0], 3}, {servers_[1], 3}}));
}

TEST_F(Balance, bulk_data_crosses_in_frames_far_larger_than_the_mtu) {
  serve({servers_[1]});
  Dialled dialled = dial(servers_);
  ASSERT_EQ(dialled.server, servers_[1]);
  constexpr size_t kBytes = 16 * 1024 * 1024;
  uint64_t before = count(0, "to_remote");
  EXPECT_EQ(transfer(dialled.connection, kBytes), kBytes);
  EXPECT_LT(count(0, "to_remote") - before, kBytes / 1400 / 2);
  std::swap(dialled.connection.client, dialled.connection.server);
  EXPECT_EQ(transfer(dialled.connection, kBytes), kBytes);
}

TEST_F(Balance, datagrams_and_fragments_of_large_ones_are_answered_by_the_virtual_address) {
  sh_in(client().netns, "ping -q -c 3 -i 0.01 -W 5 " + kVip.text());
  for (const Container* server : servers_) {
    serve({server});
    net::UdpSocket asking(client().netns, client().address, 5000), answering(server->netns, {}, 6000);
    for (size_t size_bytes : {60, 1900}) {
      std::string message(size_bytes, 'x');
      ASSERT_TRUE(asking.send(kVip, 6000, message));
      auto question = answering.receive();
      ASSERT_TRUE(question) << size_bytes << " bytes to " << server->address.text();
      EXPECT_EQ(question->source, client().address);
      EXPECT_EQ(question->message, message);
      ASSERT_TRUE(answering.send(question->source, question->port, message));
      auto answer = asking.receive();
      ASSERT_TRUE(answer) << size_bytes << " bytes from " << server->address.text();
      EXPECT_EQ(answer->source, kVip);
      EXPECT_EQ(answer->message, message);
    }
  }
}

TEST_F(Balance, a_container_reaches_itself_through_its_service) {
  serve({&client()});
  Dialled dialled = dial({&client()});
  ASSERT_EQ(dialled.error, 0) << strerror(dialled.error);
  EXPECT_EQ(seen_, kVip);
  EXPECT_EQ(transfer(dialled.connection, 1 << 20), size_t{1} << 20);
  sh_in(client().netns, "ping -q -c 2 -i 0.01 -W 5 " + kVip.text());
}

TEST_F(Balance, a_narrower_path_is_told_in_the_name_of_the_virtual_address) {
  serve({servers_[1]});
  Dialled dialled = dial(servers_);
  ASSERT_EQ(transfer(dialled.connection, 1 << 20), size_t{1} << 20);
  connect_hosts(1400);
  EXPECT_EQ(transfer(dialled.connection, 1 << 20), size_t{1} << 20);
  EXPECT_GT(count(0, "too_big_answered"), 0u);
}

TEST_F(Balance, a_draining_server_ends_its_connections_in_its_own_time) {
  serve({servers_[1]});
  Dialled old = dial(servers_);
  balance(kBalanced, kVip, {{}, {{servers_[0]->address, 1}, {servers_[1]->address, 0}}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(dial(servers_).server, servers_[0]);
  EXPECT_EQ(transfer(old.connection, 100000), 100000u);
}

TEST_F(Balance, clients_of_a_server_that_is_gone_learn_it_at_once) {
  serve({servers_[1]});
  Dialled dialled = dial(servers_);
  serve({servers_[0]});
  EXPECT_EQ(error_after_sending(dialled.connection), ECONNRESET);
  EXPECT_EQ(dial(servers_).server, servers_[0]);
}

TEST_F(Balance, a_service_without_servers_refuses) {
  serve({});
  EXPECT_EQ(dial(servers_).error, ECONNREFUSED);
  expect_datagrams_refused();
}

// A port that nobody listens on is the server's word, and must arrive as such.
TEST_F(Balance, a_servers_refusal_reaches_the_client) {
  EXPECT_EQ(dial({}).error, ECONNREFUSED);
  expect_datagrams_refused();
}

TEST_F(Balance, a_new_daemon_goes_on_with_the_flows_of_the_old_one) {
  std::vector<Dialled> before;
  before.reserve(4);
  for (int i = 0; i < 4; ++i) before.push_back(dial(servers_));
  for (size_t i : {0, 1}) inside(hosts_[i], [&] { load(hosts_[i], "bpf" + std::to_string(i + 1)); });
  for (const Dialled& dialled : before) EXPECT_EQ(transfer(dialled.connection, 100000), 100000u);
  EXPECT_EQ(count(0, "service_flow"), 4u);
}

}  // namespace
}  // namespace skein::kernel::testing
