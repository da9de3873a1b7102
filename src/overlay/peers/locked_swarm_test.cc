// The containers of a locked manager's host go on, however long it is locked, and after it.
#include "overlay/peers/locked_swarm.h"

#include <gtest/gtest.h>

#include "overlay/reconcile/cluster_for_test.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

struct LockedSwarmTest : testing::Test, Cluster {
  const Error refusal = make_error(Code::kUnavailable, "locked");
  std::unique_ptr<LockedSwarm> door;

  // As restart(), with a swarm that waits for its key.
  void restart_locked(size_t i) {
    hosts[i] = std::make_unique<Host>("cluster-" + std::to_string(i), 1000);
    hosts[i]->clock.time = net.now();
    hosts[i]->start();
    door = std::make_unique<LockedSwarm>(gossip::SimNetwork::address_of(i).host.v4, 4789, refusal, hosts[i]->clock);
    hosts[i]->manager->enter_swarm(*door);
    hosts[i]->settle();
  }
  bool knows_the_other() {
    hosts[0]->settle();
    const auto& intent = hosts[0]->kernel.applied.back();
    return !hosts[0]->found("c0", "web.c1").empty() && std::ranges::any_of(intent.endpoints, [](const auto& entry) {
      return entry.first.address == ip("10.0.1.11");
    });
  }
};

TEST_F(LockedSwarmTest, what_was_known_holds_until_the_others_are_heard_again) {
  for (int i = 0; i < 2; ++i) add_host();
  ASSERT_TRUE(run_until_true(20s, [&] { return know_each_other(); }));
  kill(0);
  restart_locked(0);
  for (int i = 0; i < 10; ++i) {
    hosts[0]->clock.time = hosts[0]->clock.time + 60s;
    hosts[0]->manager->audit();
    ASSERT_TRUE(knows_the_other()) << "after " << i + 1 << " minutes";
  }
  ASSERT_TRUE(net.run_until_true(10min, [&] { return net.now() >= hosts[0]->clock.time; }));
  begin_gossip(0, {1});
  hosts[0]->manager->enter_swarm(*doors[0]);
  hosts[0]->manager->gossip_started();
  EXPECT_FALSE(run_until_true(60s, [&] { return !knows_the_other(); })) << "unlocked";
  EXPECT_TRUE(know_each_other());
}

TEST_F(LockedSwarmTest, containers_that_need_the_swarm_are_told_why_not) {
  add_host();
  kill(0);
  restart_locked(0);
  EndpointRequest endpoint;
  endpoint.network = "appnet";
  auto attached = hosts[0]->attach({"c9", "c9", "host-c9", {endpoint}, {}, {}, false});
  ASSERT_FALSE(attached.ok());
  EXPECT_EQ(attached.error().what, "Could not attach to network appnet: locked");
}

}  // namespace
}  // namespace skein::overlay
