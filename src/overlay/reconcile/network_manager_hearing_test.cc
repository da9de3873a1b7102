// The first question of the first container that a host has on a network is answered: it starts when the host has heard
// what the others have there, or when they had their time to say it.
#include <gtest/gtest.h>

#include "overlay/reconcile/cluster_for_test.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

struct HearingTest : testing::Test, Cluster {
  HearingTest() {
    add_host();
    const size_t late = join();
    SKEIN_ASSERT(run_until_true(20s, [&] { return net.gossip(late).network_peers("n1").size() == 1; }));
  }

  std::shared_ptr<bool> begin() { return begin_attaching(1, task_request("late", "10.0.1.20")); }
};

TEST_F(HearingTest, the_first_container_on_a_network_finds_the_others_at_once) {
  auto is_over = begin();
  EXPECT_FALSE(*is_over) << "nothing was heard yet";
  TimePoint begun = net.now();
  ASSERT_TRUE(run_until_true(10s, [&] { return *is_over; }));
  EXPECT_EQ(hosts[1]->found("late", "web.c0"), std::set{ip("10.0.1.10")});
  EXPECT_LE(net.now() - begun, Duration(600ms));
}

// The pause between two passes is no reason to start before what was heard is acted on.
TEST_F(HearingTest, what_was_waited_for_is_known_when_the_container_starts) {
  is_news_acted_on = false;
  auto is_over = begin();
  ASSERT_TRUE(run_until_true(10s, [&] { return *is_over; }));
  EXPECT_EQ(hosts[1]->found("late", "web.c0"), std::set{ip("10.0.1.10")});
}

TEST_F(HearingTest, a_host_that_says_nothing_keeps_nobody_for_ever) {
  auto is_over = begin();
  hosts[1]->clock.time = hosts[1]->clock.time + 599ms;
  hosts[1]->manager->refresh_soon();
  hosts[1]->settle();
  EXPECT_FALSE(*is_over);
  hosts[1]->clock.time = hosts[1]->clock.time + 1ms;
  hosts[1]->manager->refresh_soon();
  hosts[1]->settle();
  EXPECT_TRUE(*is_over);
}

TEST_F(HearingTest, the_second_container_does_not_wait) {
  auto first = begin();
  ASSERT_TRUE(run_until_true(10s, [&] { return *first; }));
  EXPECT_TRUE(hosts[1]->attach(task_request("second", "10.0.1.21")).ok());
}

TEST_F(HearingTest, a_wait_ends_with_the_swarm) {
  auto is_over = begin();
  hosts[1]->manager->leave_swarm();
  hosts[1]->settle();
  EXPECT_TRUE(*is_over);
}

}  // namespace
}  // namespace skein::overlay
