// Connections to containers of a host that went dead end, and those to a host whose daemon died go on.
#include <gtest/gtest.h>

#include <algorithm>

#include "overlay/reconcile/cluster_for_test.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

struct SilenceTest : testing::Test, Cluster {
  void make_hosts(int count) {
    for (int i = 0; i < count; ++i) add_host();
    SKEIN_ASSERT(run_until_true(20s, [&] { return know_each_other(); }));
    net.look_every(1s);
  }
  // Does the first host know a way to the last one's container?
  bool knows_the_way() { return last_container() != nullptr; }
  const plan::EndpointEntry* last_container() {
    const Ipv4 last = ip("10.0.1." + std::to_string(9 + hosts.size()));
    for (const auto& [key, entry] : hosts[0]->kernel.applied.back().endpoints)
      if (key.address == last) return &entry;
    return nullptr;
  }
  bool leads_datagrams_elsewhere() { return last_container() && last_container()->yields_datagrams; }
  // Runs for `time` unless the way is forgotten; looks as often as the audit does, and at every answer.
  bool forgets_the_way(Duration time) {
    return run_until_true(time, [&] {
      hosts[0]->manager->refresh_soon();
      hosts[0]->settle();
      return !knows_the_way();
    });
  }
};

TEST_F(SilenceTest, what_a_dead_host_had_is_forgotten_after_a_minute) {
  make_hosts(3);
  hosts[0]->kernel.answers = false;
  const TimePoint begun = net.now();
  kill(2);
  ASSERT_TRUE(forgets_the_way(3min));
  EXPECT_GE(net.now() - begun, SilentHosts::kDeathPatience);
  EXPECT_TRUE(hosts[0]->found("c0", "web.c2").empty());
  restart(2);
  ASSERT_TRUE(hosts[2]->attach(task_request("c2", "10.0.1.12")).ok());
  EXPECT_TRUE(run_until_true(30s, [&] { return knows_the_way(); }));
}

TEST_F(SilenceTest, datagrams_are_led_elsewhere_as_soon_as_a_host_is_silent_and_until_it_returns) {
  make_hosts(3);
  kill(2);
  ASSERT_TRUE(run_until_true(30s, [&] { return leads_datagrams_elsewhere(); }));
  restart(2);
  ASSERT_TRUE(hosts[2]->attach(task_request("c2", "10.0.1.12")).ok());
  hosts[2]->manager->set_serving("c2", Serving::kServing);
  EXPECT_TRUE(run_until_true(30s, [&] { return knows_the_way() && !leads_datagrams_elsewhere(); }));
}

TEST_F(SilenceTest, a_host_whose_kernel_answers_is_not_dead) {
  make_hosts(3);
  kill(2);
  EXPECT_FALSE(forgets_the_way(5min));
  EXPECT_GE(hosts[0]->kernel.asked.size(), 10u);
  EXPECT_TRUE(hosts[0]->found("c0", "web.c2").empty());
}

TEST_F(SilenceTest, who_hears_of_nobody_may_be_cut_off_and_takes_nobody_for_dead) {
  make_hosts(2);
  hosts[0]->kernel.answers = false;
  kill(1);
  EXPECT_FALSE(forgets_the_way(5min));
}

}  // namespace
}  // namespace skein::overlay
