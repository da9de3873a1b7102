// Containers of tasks and of users get their networks, and other hosts know of them exactly while they can be used.
#include "overlay/reconcile/network_manager.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "overlay/endpoints/endpoint_record.h"
#include "overlay/peers/fake_swarm.h"
#include "overlay/reconcile/host_for_test.h"

namespace skein::overlay {
namespace {

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

TEST_F(NetworkManagerTest, what_gossip_tells_costs_one_pass_in_50_ms_and_no_look_at_the_kernel) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  host.settle();
  const int read_backs = host.kernel.read_backs;
  host.clock.time = host.clock.time + std::chrono::seconds(1);
  int before = swarm.asked;
  host.manager->hear(gossip::NetworkPeersChanged{"n1"});
  host.settle();
  EXPECT_GT(swarm.asked, before) << "at once, after a while without news";
  before = swarm.asked;
  for (int i = 0; i < 100; ++i) {
    host.manager->hear(gossip::NetworkPeersChanged{"n1"});
    host.settle();
  }
  EXPECT_EQ(swarm.asked, before) << "then all that comes within 50 ms together";
  host.loop.run_one_for(std::chrono::seconds(5));
  host.settle();
  EXPECT_GT(swarm.asked, before);
  EXPECT_EQ(host.kernel.read_backs, read_backs);
}

// A container's namespace takes its link with it when it ends, and has the same name when it is made again.
TEST_F(NetworkManagerTest, its_own_link_and_no_other_is_looked_for_before_a_container_starts) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  ASSERT_TRUE(host.attach(task_request("c2", "10.0.1.6")).ok());
  host.settle();
  const int read_backs = host.kernel.read_backs;
  const size_t before = host.kernel.looked_for;
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  EXPECT_EQ(host.kernel.looked_for, before + 1);
  EXPECT_EQ(host.kernel.read_backs, read_backs);
}

TEST_F(NetworkManagerTest, after_a_failure_the_kernel_is_read_back) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  host.settle();
  host.kernel.apply_result.host = make_error(Code::kInternal, "no memory");
  host.manager->audit();
  host.settle();
  host.kernel.apply_result = {};
  const int read_backs = host.kernel.read_backs;
  host.manager->look();
  host.settle();
  EXPECT_EQ(host.kernel.read_backs, read_backs + 1);
  host.manager->look();
  host.settle();
  EXPECT_EQ(host.kernel.read_backs, read_backs + 1) << "and then known again";
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

  host.kernel.apply_result.host = make_error(Code::kUnavailable, "no such device");
  EXPECT_FALSE(host.attach(task_request("c1", "10.0.1.5")).ok());
  EXPECT_TRUE(host.manager->book().endpoints.empty());
  EXPECT_TRUE(host.manager->book().containers.empty());
  EXPECT_TRUE(swarm.machine->entries("n1", kPeerTable).empty());
  host.kernel.apply_result = {};

  host.manager->leave_swarm();
  EXPECT_FALSE(host.attach(task_request("c1", "10.0.1.5")).ok()) << "no swarm, no tasks";
}

// `docker rename old older`, then a new `old`: each has its own name, here and on the other hosts.
TEST_F(NetworkManagerTest, names_follow_a_rename_at_once) {
  swarm.attachments["appnet"] = {"a1", appnet(), ip("10.0.1.9")};
  ASSERT_TRUE(host.attach({"c1", "old", "host-c1", {{"appnet", {}, {}, {"alias"}, {}}}, {}, {}, false}).ok());
  host.manager->rename("c1", "older");
  EXPECT_EQ(host.found("c1", "older"), std::set{ip("10.0.1.9")});
  EXPECT_TRUE(host.found("c1", "old").empty());
  EXPECT_EQ(host.manager->status("c1")[0].dns_names[0], "older");
  swarm.attachments["appnet"] = {"a2", appnet(), ip("10.0.1.10")};
  ASSERT_TRUE(host.attach({"c2", "old", "host-c2", {{"appnet", {}, {}, {}, {}}}, {}, {}, false}).ok());
  EXPECT_EQ(host.found("c1", "old"), std::set{ip("10.0.1.10")});
  EXPECT_EQ(host.found("c1", "older"), std::set{ip("10.0.1.9")});
  EXPECT_EQ(host.found("c1", "alias"), std::set{ip("10.0.1.9")});
  std::set<std::string> told;
  for (const auto& entry : names()) told.insert(parse_endpoint_record(entry.value, appnet().subnet)->name());
  EXPECT_EQ(told, (std::set<std::string>{"old", "older"}));
  host.start();
  EXPECT_EQ(host.endpoint_of("c1").container_name, "older") << "also for the next daemon";
}

// Docker's hosts are told of it like of any other endpoint; but ingress is no way from service to service.
TEST_F(NetworkManagerTest, no_names_exist_on_ingress) {
  auto request = task_request("c1", "10.0.1.5");
  ASSERT_TRUE(host.attach(request).ok());
  host.manager->set_serving("c1", Serving::kServing);
  EXPECT_EQ(host.found("c1", "web"), std::set{ip("10.0.1.2")});
  request.container_id = "c2";
  request.endpoints[0].given->network.is_ingress = true;
  ASSERT_TRUE(host.attach(request).ok());
  EXPECT_TRUE(host.found("c2", "web.c2").empty()) << "while it joins";
  host.manager->set_serving("c2", Serving::kServing);
  EXPECT_TRUE(host.found("c2", "web").empty());
  EXPECT_TRUE(host.kernel.served.contains("c2")) << "the names of the outside";
  EXPECT_EQ(names().size(), 2u);
}

// What is published leads to a network that the container is still on, and nobody asks where no names are.
TEST_F(NetworkManagerTest, a_container_that_leaves_a_network_is_reached_by_the_others) {
  swarm.attachments["appnet"] = {"a1", appnet(), ip("10.0.1.9")};
  plan::PublishedPort port;
  port.protocol = IPPROTO_TCP;
  port.host_port = 8080;
  port.container_port = 80;
  ASSERT_TRUE(
      host.attach({"c1", "web", "host-c1", {{"appnet", {}, {}, {}, {}}, {"bridge", {}, {}, {}, {}}}, {port}, {}, false})
          .ok());
  EXPECT_EQ(host.manager->book().containers.at("c1").ports[0].container_address, ip("10.0.1.9"));
  ASSERT_TRUE(host.run(host.manager->disconnect("c1", "appnet")).ok());
  EXPECT_EQ(host.manager->book().containers.at("c1").ports[0].container_address, host.endpoint_of("c1").address);
  EXPECT_TRUE(host.endpoint_of("c1").has_default_route);
  EXPECT_FALSE(host.kernel.served.contains("c1"));
}

TEST_F(NetworkManagerTest, a_port_of_the_host_has_one_holder) {
  plan::PublishedPort port;
  port.host_port = 8080;
  port.container_port = 80;
  const ContainerNetworkRequest web{"c1", "web", "host-c1", {{"bridge", {}, {}, {}, {}}}, {port}, {}, false};
  const ContainerNetworkRequest other{"c2", "other", "host-c2", {{"bridge", {}, {}, {}, {}}}, {port}, {}, false};
  host.kernel.holders = {{IPPROTO_TCP, 8080, {}, "nginx", 812}};
  const auto held = host.attach(web);
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().text(),
            "driver failed programming external connectivity on endpoint web (" + held.error().text().substr(65, 64) +
                "): failed to bind host port 0.0.0.0:8080/tcp: address already in use by nginx (pid 812)");
  EXPECT_TRUE(host.manager->book().containers.empty());
  EXPECT_TRUE(host.manager->book().endpoints.empty());

  host.kernel.holders.clear();
  ASSERT_TRUE(host.attach(web).ok());
  const auto refused = host.attach(other);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().text().ends_with("): Bind for 0.0.0.0:8080 failed: port is already allocated"));
  EXPECT_FALSE(host.manager->is_attached("c2"));
  EXPECT_TRUE(host.attach(web).ok()) << "its own, at its next start";
  host.manager->detach("c1");
  EXPECT_TRUE(host.attach(other).ok()) << "nobody's any more";
}

// `docker network connect` with a wrong name must not take a running container's networks away.
TEST_F(NetworkManagerTest, a_connection_that_fails_leaves_the_others_alone) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  const EndpointBook before = host.manager->book();
  ContainerNetworkRequest container{"c1", "web.c1", "host-c1", {}, {}, {"192.0.2.53"}, false};
  EXPECT_FALSE(host.run(host.manager->connect(container, "/run/skein/netns/c1", {"nowhere", {}, {}, {}, {}})).ok());
  EXPECT_EQ(host.manager->book(), before);
  host.kernel.apply_result.host = make_error(Code::kUnavailable, "no such device");
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

// Docker's events of networks and containers come from here.
TEST_F(NetworkManagerTest, who_observes_endpoints_is_told_of_each_once) {
  std::vector<std::string> told;
  host.manager->observe_endpoints([&](const Endpoint& endpoint, bool is_there) {
    told.push_back((is_there ? "+" : "-") + endpoint.container_id + " " + endpoint.network.name);
  });
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok()) << "before every start";
  EXPECT_EQ(told, std::vector<std::string>{"+c1 appnet"});
  auto unknown = task_request("c2", "10.0.1.6");
  unknown.endpoints.push_back({});
  unknown.endpoints.back().network = "none";
  EXPECT_FALSE(host.attach(unknown).ok());
  EXPECT_EQ(told.size(), 1u) << "what has never been there does not go";
  host.manager->detach("c1");
  host.manager->detach("c1");
  EXPECT_EQ(told, (std::vector<std::string>{"+c1 appnet", "-c1 appnet"}));
}

}  // namespace
}  // namespace skein::overlay
