// A task that is to stop is stopped when no host begins anything with it any more, and no earlier.
#include <gtest/gtest.h>

#include <algorithm>

#include "overlay/peers/gossip_view.h"
#include "overlay/reconcile/cluster_for_test.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

struct DrainAloneTest : testing::Test {
  Host host{"drain"};
  FakeSwarm swarm{"0123456789ab"};

  DrainAloneTest() {
    host.manager->enter_swarm(swarm);
    host.manager->gossip_started();
    host.settle();
    SKEIN_ASSERT(host.attach(task_request("c1", "10.0.1.5")).ok());
  }
};

TEST_F(DrainAloneTest, a_drain_is_over_when_the_own_data_path_has_it) {
  host.manager->set_serving("c1", Serving::kServing);
  host.settle();
  host.kernel.apply_result.host = make_error(Code::kUnavailable, "not now");
  host.manager->set_serving("c1", Serving::kDraining);
  auto is_over = host.wait_for_drain("c1");
  EXPECT_FALSE(*is_over);
  host.kernel.apply_result = {};
  host.manager->refresh_soon();
  host.settle();
  EXPECT_TRUE(*is_over);
}

TEST_F(DrainAloneTest, no_drain_takes_longer_than_its_limit_or_than_its_container) {
  host.kernel.apply_result.host = make_error(Code::kUnavailable, "never");
  host.manager->set_serving("c1", Serving::kDraining);
  EXPECT_TRUE(*host.wait_for_drain("c1", 0s));
  auto limited = host.wait_for_drain("c1", 5s), until_end = host.wait_for_drain("c1");
  host.clock.time = host.clock.time + 4s;
  host.manager->hear(gossip::EntryChanged{gossip::EntryChange::kUpdate, "n1", kHostTable, "", "", "", ""});
  host.settle();
  EXPECT_FALSE(*limited);
  host.clock.time = host.clock.time + 1s;
  host.manager->hear(gossip::EntryChanged{gossip::EntryChange::kUpdate, "n1", kHostTable, "", "", "", ""});
  host.settle();
  EXPECT_TRUE(*limited);
  EXPECT_FALSE(*until_end);
  host.manager->detach("c1");
  host.settle();
  EXPECT_TRUE(*until_end);
}

TEST_F(DrainAloneTest, a_manager_that_is_closed_acts_on_nothing_more) {
  host.kernel.apply_result.host = make_error(Code::kUnavailable, "never");
  host.manager->set_serving("c1", Serving::kDraining);  // a pass is due, another attempt is to follow
  bool is_closed = false;
  boost::asio::co_spawn(host.loop, host.manager->close(), [&](const std::exception_ptr&) { is_closed = true; });
  host.settle();
  ASSERT_TRUE(is_closed);
  const size_t passes = host.kernel.applied.size();
  host.manager->refresh_soon();
  host.settle();
  EXPECT_EQ(host.kernel.applied.size(), passes);
}

struct DrainTest : testing::Test, Cluster {};

TEST_F(DrainTest, a_drain_is_over_when_every_host_has_acted_on_it) {
  for (int i = 0; i < 2; ++i) add_host();
  ASSERT_TRUE(run_until_true(60s, [&] { return know_each_other(); }));
  hosts[1]->kernel.apply_result.host = make_error(Code::kUnavailable, "busy");
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
  auto is_back = begin_attaching(0, task_request("c7", "10.0.1.77"));
  EXPECT_TRUE(run_until_true(10s, [&] { return *is_back; }));
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
    hosts[0]->manager->hear(gossip::EntryChanged{gossip::EntryChange::kUpdate, "n1", kHostTable, "", "", "", ""});
    hosts[0]->settle();
    return *is_over;
  }));
  EXPECT_GE(net.now() - begin, 2s);
  EXPECT_LT(net.now() - begin, 3s);
}

}  // namespace
}  // namespace skein::overlay
