// What a reboot of the host leaves: containers on the engine's disk and endpoints in our book, but no namespace. Nobody
// else is to notice.
#include <gtest/gtest.h>

#include "overlay/peers/fake_swarm.h"
#include "overlay/reconcile/host_for_test.h"
#include "overlay/reconcile/network_manager.h"

namespace skein::overlay {
namespace {

std::string netns(const std::string& container) { return "/run/skein/netns/" + container; }

ContainerNetworkRequest bridge_request(const std::string& id) {
  return {id, id, "host-" + id, {{"bridge", {}, {}, {}, {}}}, {}, {}, false};
}

struct RebootTest : testing::Test {
  Host host{"rebooted"};
  FakeSwarm swarm{"0123456789ab"};

  RebootTest() { enter(); }
  void enter() {
    host.manager->enter_swarm(swarm);
    host.manager->gossip_started();
    host.settle();
  }
  // The daemon begins anew and comes back to its swarm.
  void restart(const std::set<std::string>& lost) {
    host.kernel.lost = lost;
    host.start();
    swarm.start("ba9876543210");
    enter();
  }
  size_t told(const char* table) { return swarm.machine->entries("n1", table).size(); }
};

TEST_F(RebootTest, a_container_whose_namespace_is_gone_does_not_keep_others_from_starting) {
  for (const char* id : {"c1", "c2"}) ASSERT_TRUE(host.attach(bridge_request(id)).ok());
  restart({netns("c1"), netns("c2")});
  host.kernel.lost.erase(netns("c2"));  // as the start does, before the attachment
  EXPECT_TRUE(host.attach(bridge_request("c2")).ok());
  EXPECT_TRUE(host.attach(bridge_request("c3")).ok());
}

TEST_F(RebootTest, what_is_gone_is_no_longer_told_and_its_addresses_are_free) {
  swarm.attachments["appnet"] = Attachment{"a1", appnet(), ip("10.0.1.9")};
  ContainerNetworkRequest user{"c2", "user", "host-c2", {{"appnet", {}, {}, {}, {}}, {"bridge", {}, {}, {}, {}}},
                               {},   {},     false};
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  host.manager->set_serving("c1", Serving::kServing);
  ASSERT_TRUE(host.attach(user).ok());
  ASSERT_TRUE(host.attach(bridge_request("c3")).ok());
  ASSERT_EQ(told(kPeerTable), 2u);
  const Ipv4 local = host.endpoint_of("c3").address;

  host.kernel.lost = {netns("c1"), netns("c2"), netns("c3")};
  host.start();
  host.settle();
  EXPECT_TRUE(host.manager->book() == EndpointBook{});
  EXPECT_TRUE(host.kernel.applied.back().links.empty());
  swarm.start("ba9876543210");
  enter();
  EXPECT_EQ(told(kPeerTable), 0u);
  EXPECT_EQ(told(kEndpointTable), 0u);

  ContainerNetworkRequest again = bridge_request("c4");
  again.endpoints[0].address = local;
  const auto attached = host.attach(again);
  EXPECT_TRUE(attached.ok()) << "the address is free: " << attached.error().text();
}

TEST_F(RebootTest, an_attachment_that_is_lost_in_the_swarm_is_given_back) {
  swarm.attachments["appnet"] = Attachment{"a1", appnet(), ip("10.0.1.9")};
  ContainerNetworkRequest user{"c2", "user", "host-c2", {{"appnet", {}, {}, {}, {}}}, {}, {}, false};
  ASSERT_TRUE(host.attach(user).ok());
  host.kernel.lost = {netns("c2")};
  host.manager->audit();
  host.settle();
  EXPECT_EQ(swarm.detached, std::vector<std::string>{"a1"});
  EXPECT_EQ(told(kPeerTable), 0u) << "found while the daemon runs";
}

TEST_F(RebootTest, a_daemon_that_was_killed_alone_keeps_everything) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  ASSERT_TRUE(host.attach(bridge_request("c3")).ok());
  const EndpointBook before = host.manager->book();
  restart({netns("somebody-else")});
  EXPECT_TRUE(host.manager->book() == before);
}

// Names of namespaces may be missing in the daemon's mounts, or be unmounted by somebody; the containers go on.
TEST_F(RebootTest, a_link_that_works_is_kept_although_its_namespace_has_no_name) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  const EndpointBook before = host.manager->book();
  host.kernel.unmounted = {netns("c1")};
  host.kernel.apply_result.endpoints[host.endpoint_of("c1").id] = make_error(Code::kNotFound, "set MTU: no namespace");
  restart({});
  EXPECT_TRUE(host.manager->book() == before);
}

// Whatever the kernel refuses one container: only that one's start fails.
TEST_F(RebootTest, a_start_fails_for_its_own_endpoints_and_the_hosts_failures_alone) {
  ASSERT_TRUE(host.attach(bridge_request("c1")).ok());
  const Error refused = make_error(Code::kInternal, "refused");
  host.kernel.apply_result.endpoints[host.endpoint_of("c1").id] = refused;
  host.kernel.apply_result.leftover = refused;
  EXPECT_TRUE(host.attach(bridge_request("c2")).ok());
  EXPECT_EQ(host.attach(bridge_request("c1")).error().code, Code::kInternal);
  host.kernel.apply_result.host = refused;
  EXPECT_EQ(host.attach(bridge_request("c3")).error().code, Code::kInternal);
}

// Others wait for what this host says of draining tasks.
TEST_F(RebootTest, one_broken_endpoint_does_not_hold_up_a_drain) {
  ASSERT_TRUE(host.attach(task_request("c1", "10.0.1.5")).ok());
  ASSERT_TRUE(host.attach(bridge_request("c2")).ok());
  host.kernel.apply_result.endpoints[host.endpoint_of("c2").id] = make_error(Code::kInternal, "refused");
  host.manager->set_serving("c1", Serving::kServing);
  host.settle();
  host.manager->set_serving("c1", Serving::kDraining);
  EXPECT_TRUE(*host.wait_for_drain("c1"));
}

}  // namespace
}  // namespace skein::overlay
