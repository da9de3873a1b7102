// Containers of tasks and of users get their networks, and other hosts know of them exactly while they can be used.
#include "agent/network_manager.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>

#include "agent/fake_host_network.h"
#include "agent/fake_swarm.h"
#include "store/memory_journal.h"

namespace skein::agent {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

Ipv4 ip(const std::string& text) { return *Ipv4::parse(text); }

NetworkInfo appnet() {
  NetworkInfo out;
  out.id = "n1";
  out.name = "appnet";
  out.vni = Vni{4097};
  out.subnet = *Subnet::parse("10.0.1.0/24");
  out.gateway = ip("10.0.1.1");
  return out;
}

ContainerNetworkRequest task_request(const std::string& id, const std::string& address) {
  EndpointRequest endpoint;
  endpoint.network = "n1";
  endpoint.given = GivenEndpoint{appnet(), ip(address), ServiceMembership{"s1", "web", ip("10.0.1.2"), {"front"}}};
  return {id, "web." + id, "host-" + id, {endpoint}, {}, {}, false};
}

struct SettableClock final : Clock {
  TimePoint time{0};
  TimePoint now() const override { return time; }
  WallTime wall() const override { return {}; }
};

// A host without its kernel: one network manager, and whatever swarm the test gives it.
struct Host {
  asio::io_context loop;
  SeededRandom random{5};
  SettableClock clock;
  std::string directory;
  store::Store store{loop.get_executor(),
                     std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()), clock};
  std::unique_ptr<LocalNetworks> local;
  FakeHostNetwork kernel;
  std::unique_ptr<NetworkManager> manager;

  explicit Host(const std::string& name, uint64_t seed = 5)
      : random(seed), directory(testing::TempDir() + "skein-manager-" + name + "-" + std::to_string(getpid())) {
    std::filesystem::create_directories(directory);
    SKEIN_ASSERT(store.open().ok());
    local = std::move(*run(LocalNetworks::open(store, random, {})));
    start();
  }
  ~Host() { std::filesystem::remove_all(directory); }

  // Also a restart: what is not on disk is forgotten.
  void start() {
    manager.reset();
    manager = std::make_unique<NetworkManager>(loop, directory, random, *local, kernel, clock);
    SKEIN_ASSERT(manager->restore().ok());
  }

  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> out;
    auto keep = [](asio::awaitable<T> work, std::optional<T>& out) -> asio::awaitable<void> {
      out.emplace(co_await std::move(work));
    };
    asio::co_spawn(loop, keep(std::move(work), out), asio::detached);
    settle();
    SKEIN_ASSERT(out);
    return std::move(*out);
  }
  void settle() {
    loop.restart();
    loop.poll();
  }

  Result<void> attach(const ContainerNetworkRequest& request) {
    return run(manager->attach(request, "/run/skein/netns/" + request.container_id));
  }
  const Endpoint& endpoint_of(const std::string& container) const {
    for (const auto& [id, endpoint] : manager->book().endpoints)
      if (endpoint.container_id == container) return endpoint;
    SKEIN_ASSERT(!"the container has an endpoint");
    std::abort();
  }
  // What `name` means to the container; empty when nothing.
  std::set<Ipv4> found(const std::string& container, const std::string& name) {
    for (const auto& zone : kernel.zones_of(container))
      if (auto* addresses = zone->find(name)) return *addresses;
    return {};
  }
  // Begins waiting for the container's drain; true once it is over.
  std::shared_ptr<bool> wait_for_drain(const std::string& container, Duration limit = 60s) {
    auto is_over = std::make_shared<bool>(false);
    auto wait = [](NetworkManager& manager, std::string container, Duration limit,
                   std::shared_ptr<bool> is_over) -> asio::awaitable<void> {
      co_await manager.wait_until_drained(std::move(container), limit);
      *is_over = true;
    };
    asio::co_spawn(loop, wait(*manager, container, limit, is_over), asio::detached);
    settle();
    return is_over;
  }
};

struct NetworkManagerTest : testing::Test {
  Host host{"alone"};
  FakeSwarm swarm{"0123456789ab"};
  std::vector<gossip::Entry> names() { return swarm.machine->entries("n1", kEndpointTable); }

  NetworkManagerTest() { enter(); }
  void enter() {
    host.manager->enter_swarm(swarm);
    host.manager->gossip_started();
    host.settle();
  }
};

TEST_F(NetworkManagerTest, a_task_gets_what_it_was_given_and_nobody_is_asked) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  const Endpoint& endpoint = host.endpoint_of("c1");
  EXPECT_EQ(endpoint.address, ip("10.0.1.5"));
  EXPECT_EQ(endpoint.mac, Mac::from_ipv4(ip("10.0.1.5")));
  EXPECT_EQ(endpoint.network, appnet());
  EXPECT_EQ(endpoint.serving, Serving::kJoining);
  EXPECT_TRUE(endpoint.attachment_id.empty());
  EXPECT_TRUE(endpoint.has_default_route);
  ASSERT_FALSE(host.kernel.applied.empty());
  EXPECT_EQ(host.kernel.applied.back().links.size(), 1u);
  EXPECT_TRUE(host.kernel.served.contains("c1"));
  EXPECT_EQ(swarm.machine->entries("n1", kPeerTable).size(), 1u);
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok()) << "before every start";
  EXPECT_EQ(host.manager->book().endpoints.size(), 1u);
}

TEST_F(NetworkManagerTest, a_task_is_found_from_its_first_to_its_last_moment_of_serving) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  ASSERT_TRUE(host.attach(task_request("c2", "10.0.1.6")).ok());
  EXPECT_TRUE(host.found("c2", "web.c1").empty());
  EXPECT_TRUE(host.found("c2", "web").empty());
  EXPECT_EQ(host.found("c1", "host-c1"), std::set{ip("10.0.1.5")}) << "a task knows itself while it starts";
  EXPECT_TRUE(names().empty());

  host.manager->set_serving("c1", Serving::kServing);
  EXPECT_EQ(host.found("c2", "web.c1"), std::set{ip("10.0.1.5")});
  EXPECT_EQ(host.found("c2", "web"), std::set{ip("10.0.1.2")});
  EXPECT_EQ(host.found("c2", "tasks.front"), std::set{ip("10.0.1.5")});
  EXPECT_EQ(names().size(), 1u);

  host.manager->set_serving("c1", Serving::kDraining);
  EXPECT_TRUE(host.found("c2", "web.c1").empty());
  EXPECT_TRUE(host.found("c2", "tasks.web").empty());
  EXPECT_EQ(host.found("c2", "web"), std::set{ip("10.0.1.2")});
  EXPECT_EQ(host.found("c1", "host-c1"), std::set{ip("10.0.1.5")});

  host.manager->detach("c1");
  EXPECT_TRUE(host.found("c2", "web").empty());
  EXPECT_TRUE(names().empty());
}

// A daemon's restart must not put a task into balancing that was on its way out, nor take away one that served.
TEST_F(NetworkManagerTest, serving_outlives_the_daemon) {
  for (auto serving : {Serving::kServing, Serving::kDraining, Serving::kJoining}) {
    ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
    host.manager->set_serving("c1", serving);
    EndpointBook before = host.manager->book();
    host.start();
    EXPECT_EQ(host.manager->book(), before);
    EXPECT_TRUE(host.kernel.served.contains("c1"));
    swarm.start("ba9876543210");
    enter();
    EXPECT_EQ(names().size(), serving == Serving::kJoining ? 0u : 1u);
  }
}

TEST_F(NetworkManagerTest, what_cannot_be_leaves_nothing_behind) {
  auto outside = host.attach(task_request("c1", "10.0.2.5"));
  ASSERT_FALSE(outside.ok());
  EXPECT_NE(outside.error().text().find("Could not attach to network appnet"), std::string::npos);
  EXPECT_TRUE(host.manager->book().endpoints.empty());

  host.kernel.apply_result = make_error(Code::kUnavailable, "no such device");
  EXPECT_FALSE(host.attach(task_request("c1", "10.0.1.5")).ok());
  EXPECT_TRUE(host.manager->book().endpoints.empty());
  EXPECT_TRUE(host.manager->book().containers.empty());
  EXPECT_TRUE(swarm.machine->entries("n1", kPeerTable).empty());
  host.kernel.apply_result = {};

  host.manager->leave_swarm();
  EXPECT_FALSE(host.attach(task_request("c1", "10.0.1.5")).ok()) << "no swarm, no tasks";
}

// `docker network connect` with a wrong name must not take a running container's networks away.
TEST_F(NetworkManagerTest, a_connection_that_fails_leaves_the_others_alone) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  const EndpointBook before = host.manager->book();
  ContainerNetworkRequest container{"c1", "web.c1", "host-c1", {}, {}, {"192.0.2.53"}, false};
  EXPECT_FALSE(host.run(host.manager->connect(container, "/run/skein/netns/c1", {"nowhere", {}, {}, {}, {}})).ok());
  EXPECT_EQ(host.manager->book(), before);
  host.kernel.apply_result = make_error(Code::kUnavailable, "no such device");
  EXPECT_FALSE(host.run(host.manager->connect(container, "/run/skein/netns/c1", {"bridge", {}, {}, {}, {}})).ok());
  EXPECT_EQ(host.manager->book(), before);
  host.kernel.apply_result = {};
  EXPECT_TRUE(host.run(host.manager->connect(container, "/run/skein/netns/c1", {"bridge", {}, {}, {}, {}})).ok());
  EXPECT_EQ(host.manager->status("c1").size(), 2u);
  auto again = host.run(host.manager->connect(container, "/run/skein/netns/c1", {"bridge", {}, {}, {}, {}}));
  EXPECT_EQ(again.error().code, Code::kPermissionDenied);
  EXPECT_TRUE(host.run(host.manager->disconnect("c1", "bridge")).ok());
  EXPECT_EQ(host.manager->status("c1").size(), 1u);
}

TEST_F(NetworkManagerTest, tasks_end_with_the_swarm_and_give_nothing_back) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  Attachment attachment{"a1", appnet(), ip("10.0.1.9")};
  swarm.attachments["appnet"] = attachment;
  ContainerNetworkRequest user{"c2", "user", "host-c2", {{"appnet", {}, {}, {}, {}}, {"bridge", {}, {}, {}, {}}},
                               {},   {},     false};
  ASSERT_TRUE(host.attach(user).ok());
  EXPECT_EQ(host.endpoint_of("c1").serving, Serving::kJoining);
  host.manager->detach("c1");
  EXPECT_TRUE(swarm.detached.empty()) << "the address is the manager's to give back";
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  host.manager->leave_swarm();
  EXPECT_EQ(swarm.detached, std::vector<std::string>{"a1"});
  ASSERT_EQ(host.manager->book().endpoints.size(), 1u);
  EXPECT_TRUE(host.endpoint_of("c2").network.is_local);
  EXPECT_TRUE(swarm.machine->network_peers("n1").empty());
}

TEST_F(NetworkManagerTest, unknown_containers_neither_serve_nor_drain) {
  size_t applied = host.kernel.applied.size();
  host.manager->set_serving("nobody", Serving::kServing);
  host.settle();
  EXPECT_EQ(host.kernel.applied.size(), applied);
  EXPECT_TRUE(*host.wait_for_drain("nobody"));
}

// ---- draining

TEST_F(NetworkManagerTest, alone_a_drain_is_over_when_the_own_data_path_has_it) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  host.manager->set_serving("c1", Serving::kServing);
  host.settle();
  host.kernel.apply_result = make_error(Code::kUnavailable, "not now");
  host.manager->set_serving("c1", Serving::kDraining);
  auto is_over = host.wait_for_drain("c1");
  EXPECT_FALSE(*is_over);
  host.kernel.apply_result = {};
  host.manager->refresh_soon();
  host.settle();
  EXPECT_TRUE(*is_over);
}

TEST_F(NetworkManagerTest, no_drain_takes_longer_than_its_limit_or_than_its_container) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  host.kernel.apply_result = make_error(Code::kUnavailable, "never");
  host.manager->set_serving("c1", Serving::kDraining);
  EXPECT_TRUE(*host.wait_for_drain("c1", 0s));
  auto limited = host.wait_for_drain("c1", 5s), until_end = host.wait_for_drain("c1");
  host.clock.time = host.clock.time + 4s;
  host.manager->receipts_came();
  host.settle();
  EXPECT_FALSE(*limited);
  host.clock.time = host.clock.time + 1s;
  host.manager->receipts_came();
  host.settle();
  EXPECT_TRUE(*limited);
  EXPECT_FALSE(*until_end);
  host.manager->detach("c1");
  host.manager->receipts_came();
  host.settle();
  EXPECT_TRUE(*until_end);
}

TEST_F(NetworkManagerTest, a_wait_ends_with_the_manager) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  host.kernel.apply_result = make_error(Code::kUnavailable, "never");
  host.manager->set_serving("c1", Serving::kDraining);
  auto is_over = host.wait_for_drain("c1");
  host.manager.reset();
  host.settle();
  EXPECT_TRUE(*is_over);
}

// Hosts of one simulated cluster, all on appnet with a task of their own.
struct DrainTest : testing::Test {
  gossip::SimNetwork net{gossip::seeds(11).front(), {}};
  std::vector<std::unique_ptr<Host>> hosts;
  std::vector<std::unique_ptr<SimulatedHost>> doors;

  void add_host() {
    size_t i = hosts.size();
    net.start(i, i ? std::vector<size_t>{0} : std::vector<size_t>{});
    hosts.push_back(std::make_unique<Host>("cluster-" + std::to_string(i), 100 + i));
    doors.push_back(std::make_unique<SimulatedHost>(net, i));
    hosts[i]->manager->enter_swarm(*doors[i]);
    hosts[i]->manager->gossip_started();
    const std::string name = "c" + std::to_string(i);
    SKEIN_ASSERT(hosts[i]->attach(task_request(name, "10.0.1." + std::to_string(10 + i))).ok());
    hosts[i]->manager->set_serving(name, Serving::kServing);
  }
  // As the agents do.
  void carry_events() {
    for (size_t i = 0; i < hosts.size(); ++i) {
      hosts[i]->clock.time = net.now();
      for (const auto& event : net.take_events(i)) {
        auto* entry = std::get_if<gossip::EntryChanged>(&event);
        if (entry && entry->table == kHostTable)
          hosts[i]->manager->receipts_came();
        else
          hosts[i]->manager->refresh_soon();
      }
      hosts[i]->settle();
    }
  }
  bool run_until_true(Duration limit, const std::function<bool()>& is_true) {
    return net.run_until_true(limit, [&] {
      carry_events();
      return is_true();
    });
  }
  bool know_each_other() {
    for (size_t asked = 0; asked < hosts.size(); ++asked)
      for (size_t i = 0; i < hosts.size(); ++i)
        if (hosts[asked]->found("c" + std::to_string(asked), "web.c" + std::to_string(i)).empty()) return false;
    return true;
  }
};

TEST_F(DrainTest, a_drain_is_over_when_every_host_has_acted_on_it) {
  for (int i = 0; i < 2; ++i) add_host();
  ASSERT_TRUE(run_until_true(60s, [&] { return know_each_other(); }));
  hosts[1]->kernel.apply_result = make_error(Code::kUnavailable, "busy");
  hosts[0]->manager->set_serving("c0", Serving::kDraining);
  auto is_over = hosts[0]->wait_for_drain("c0");
  EXPECT_FALSE(run_until_true(5s, [&] { return *is_over; })) << "the other host still begins flows";
  hosts[1]->kernel.apply_result = {};
  hosts[1]->manager->refresh_soon();
  TimePoint begin = net.now();
  EXPECT_TRUE(run_until_true(5s, [&] { return *is_over; }));
  EXPECT_LT(net.now() - begin, 2s) << "no longer than gossip takes";
  EXPECT_TRUE(hosts[1]->found("c1", "web.c0").empty()) << "its names were gone before";

  hosts[0]->manager->detach("c0");
  auto receipts = [&] { return observe_hosts(net.gossip(0), "n1").receipts[net.gossip(1).name()]; };
  ASSERT_TRUE(hosts[0]->attach(task_request("c7", "10.0.1.77")).ok());
  EXPECT_TRUE(run_until_true(60s, [&] { return receipts().empty(); })) << "receipts end with what they are for";
}

TEST_F(DrainTest, a_host_that_dies_does_not_hold_up_a_drain) {
  for (int i = 0; i < 3; ++i) add_host();
  ASSERT_TRUE(run_until_true(60s, [&] { return know_each_other(); }));
  net.crash(2);
  hosts[0]->manager->set_serving("c0", Serving::kDraining);
  auto is_over = hosts[0]->wait_for_drain("c0", 1h);
  EXPECT_TRUE(run_until_true(60s, [&] { return *is_over; }));
  EXPECT_TRUE(std::ranges::count(net.gossip(0).network_peers("n1"), net.gossip(2).name()) == 0);
}

TEST_F(DrainTest, a_docker_engine_on_the_network_has_its_two_seconds) {
  for (int i = 0; i < 2; ++i) add_host();
  net.start(9, {0});
  net.join_network(9, "n1");
  ASSERT_TRUE(run_until_true(60s, [&] {
    auto peers = net.gossip(0).network_peers("n1");
    return know_each_other() && peers.size() == 3;
  }));
  TimePoint begin = net.now();
  hosts[0]->manager->set_serving("c0", Serving::kDraining);
  auto is_over = hosts[0]->wait_for_drain("c0");
  // The loop's timer is not the simulation's: the wait is woken to look at the clock.
  EXPECT_TRUE(run_until_true(5s, [&] {
    hosts[0]->manager->receipts_came();
    hosts[0]->settle();
    return *is_over;
  }));
  EXPECT_GE(net.now() - begin, 2s);
  EXPECT_LT(net.now() - begin, 3s);
}

}  // namespace
}  // namespace skein::agent
