// Connections to containers of a host that went dead end, and those to a host whose daemon died go on.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/cluster_for_test.h"

namespace skein::agent {
namespace {

using namespace std::chrono_literals;

struct SilenceTest : testing::Test, Cluster {
  void make_hosts(int count) {
    for (int i = 0; i < count; ++i) add_host();
    SKEIN_ASSERT(run_until_true(20s, [&] { return know_each_other(); }));
    net.look_every(1s);
  }
  // Does the first host know a way to the last one's container?
  bool knows_the_way() {
    const auto& known = hosts[0]->kernel.applied.back().endpoints;
    const Ipv4 last = ip("10.0.1." + std::to_string(9 + hosts.size()));
    return std::ranges::any_of(known, [&](const auto& entry) { return entry.first.address == last; });
  }
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
}  // namespace skein::agent
