// A host that reboots has nothing left of what it told before. The others know
// that as soon as it is back, not after a patience that is meant for daemons
// whose containers go on.
#include <gtest/gtest.h>

#include <algorithm>

#include "overlay/reconcile/cluster_for_test.h"

namespace skein::overlay {
namespace {

using namespace std::chrono_literals;

// Far below RemoteRecords::kReturnPatience: gossip needs a second or two to
// know a returned host.
constexpr Duration kAtOnce = 5s;

struct ReturnTest : testing::Test, Cluster {
  ReturnTest() {
    for (int i = 0; i < 3; ++i) add_host();
    SKEIN_ASSERT(run_until_true(20s, [&] { return know_each_other(); }));
  }
  bool knows_way_to(size_t asked, size_t host) {
    const auto& known = hosts[asked]->kernel.applied.back().endpoints;
    const Ipv4 address = ip("10.0.1." + std::to_string(10 + host));
    return std::ranges::any_of(known, [&](const auto& entry) { return entry.first.address == address; });
  }
  bool is_known(size_t asked, size_t host) {
    return knows_way_to(asked, host) ||
           !hosts[asked]->found("c" + std::to_string(asked), "web.c" + std::to_string(host)).empty();
  }
  bool is_forgotten(size_t host) {
    for (size_t asked = 0; asked < hosts.size(); ++asked)
      if (asked != host && is_known(asked, host)) return false;
    return true;
  }
  void reboot(size_t host) {
    kill(host);
    restart(host, {"/run/skein/netns/c" + std::to_string(host)});
  }
};

TEST_F(ReturnTest, what_a_rebooted_host_had_is_gone_everywhere_when_it_is_back) {
  reboot(2);
  EXPECT_TRUE(run_until_true(kAtOnce, [&] { return is_forgotten(2); }));
}

TEST_F(ReturnTest, also_when_it_was_away_for_so_long_that_it_passed_for_dead) {
  kill(2);
  net.run(60s);
  carry_events();
  ASSERT_TRUE(knows_way_to(0, 2)) << "only its daemon may be dead";
  restart(2, {"/run/skein/netns/c2"});
  EXPECT_TRUE(run_until_true(kAtOnce, [&] { return is_forgotten(2); }));
}

TEST_F(ReturnTest, also_when_its_daemon_dies_again_and_again_before_anybody_heard_of_it) {
  reboot(2);
  for (int death = 0; death < 3; ++death) {
    kill(2);
    restart(2);
  }
  EXPECT_TRUE(run_until_true(kAtOnce, [&] { return is_forgotten(2); }));
}

TEST_F(ReturnTest, what_it_has_begun_since_stays_when_its_daemon_dies_again) {
  reboot(2);
  auto is_attached = begin_attaching(2, task_request("new", "10.0.1.50"));
  ASSERT_TRUE(run_until_true(10s, [&] { return *is_attached; }));
  hosts[2]->manager->set_serving("new", Serving::kServing);
  auto finds_new = [&] {
    return !hosts[0]->found("c0", "web.new").empty() && !hosts[1]->found("c1", "web.new").empty();
  };
  ASSERT_TRUE(run_until_true(10s, finds_new));
  for (int death = 0; death < 3; ++death) {
    kill(2);
    restart(2);
    EXPECT_FALSE(run_until_true(20s, [&] { return !finds_new(); })) << "after death " << death;
  }
  EXPECT_TRUE(is_forgotten(2));
}

TEST_F(ReturnTest, a_host_that_was_away_too_hears_of_it) {
  kill(1);
  reboot(2);
  net.run(5s);
  carry_events();
  restart(1);
  EXPECT_TRUE(run_until_true(kAtOnce, [&] { return is_forgotten(2); }));
}

TEST_F(ReturnTest, a_daemon_that_dies_alone_is_waited_for) {
  for (int death = 0; death < 3; ++death) {
    kill(2);
    EXPECT_FALSE(run_until_true(2s, [&] { return !is_known(0, 2) || !is_known(1, 2); }));
    restart(2);
    EXPECT_FALSE(run_until_true(20s, [&] { return !is_known(0, 2) || !is_known(1, 2); }));
  }
}

// Its containers go on, but for the one that ended while nobody told of it.
TEST_F(ReturnTest, what_ended_while_the_daemon_was_dead_is_gone_when_it_has_told_the_rest) {
  auto is_attached = begin_attaching(2, task_request("second", "10.0.1.50"));
  ASSERT_TRUE(run_until_true(10s, [&] { return *is_attached; }));
  hosts[2]->manager->set_serving("second", Serving::kServing);
  auto finds = [&](size_t asked, const std::string& name) {
    return !hosts[asked]->found("c" + std::to_string(asked), name).empty();
  };
  ASSERT_TRUE(run_until_true(10s, [&] { return finds(0, "web.second") && finds(1, "web.second"); }));
  for (int death = 0; death < 3; ++death) {
    kill(2);
    restart(2, {"/run/skein/netns/c2"});
    EXPECT_TRUE(run_until_true(kAtOnce, [&] { return is_forgotten(2); }));
    EXPECT_FALSE(run_until_true(20s, [&] { return !finds(0, "web.second") || !finds(1, "web.second"); }));
    if (death == 2) break;
    auto is_back = begin_attaching(2, task_request("c2", "10.0.1.12"));
    ASSERT_TRUE(run_until_true(10s, [&] { return *is_back; }));
    hosts[2]->manager->set_serving("c2", Serving::kServing);
    ASSERT_TRUE(run_until_true(10s, [&] { return know_each_other(); }));
  }
}

// Others hear of its beginning and its end in one breath.
TEST_F(ReturnTest, what_is_taken_back_as_soon_as_the_daemon_has_returned_is_gone) {
  auto is_attached = begin_attaching(2, task_request("second", "10.0.1.50"));
  ASSERT_TRUE(run_until_true(10s, [&] { return *is_attached; }));
  kill(2);
  restart(2);
  hosts[2]->manager->detach("c2");
  EXPECT_TRUE(run_until_true(kAtOnce, [&] { return is_forgotten(2); }));
}

// As after the loss of its disk: then the others wait as they do for any daemon.
TEST_F(ReturnTest, a_host_that_knows_nothing_of_its_past_claims_nothing) {
  ASSERT_TRUE(std::filesystem::remove(hosts[2]->directory + "/gossip-names.json"));
  reboot(2);
  EXPECT_FALSE(run_until_true(10s, [&] { return is_forgotten(2); }));
  EXPECT_TRUE(run_until_true(30s, [&] {
    for (auto& host : hosts) host->manager->refresh_soon(), host->settle();  // as the audit does
    return is_forgotten(2);
  }));
}

}  // namespace
}  // namespace skein::overlay
