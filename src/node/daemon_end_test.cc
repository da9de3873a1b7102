// The ordinary end of a daemon, and leaving a swarm, in the middle of whatever runs: it ends and is waited for, so that
// the daemon may be destroyed while the loop goes on; what containers need is whole.
#include <gtest/gtest.h>

#include "base/log.h"
#include "node/sim/sim_swarm_for_test.h"

namespace skein::node {
namespace {

constexpr int kReplicas = 6;

class DaemonEnd : public testing::Test {
 protected:
  DaemonEnd() { set_log_level(LogLevel::kError); }
  ~DaemonEnd() override { set_log_level(LogLevel::kInfo); }

  static swarm::ServiceSpec web() {
    swarm::ServiceSpec spec;
    spec.mutable_annotations()->set_name("web");
    spec.mutable_task()->mutable_container()->set_image("web");
    spec.mutable_task()->add_networks()->set_target("appnet");
    spec.mutable_replicated()->set_replicas(kReplicas);
    return spec;
  }
  static bool all_run(SimSwarm& swarm) {
    if (!swarm.manager()) return false;
    int running = 0;
    for (const auto& [id, task] : swarm.view().all<swarm::Task>())
      running += task->service_id() != "" && task->status().state() == swarm::RUNNING &&
                 task->desired_state() == swarm::RUNNING;
    return running == kReplicas;
  }
  static size_t containers_of(SimSwarm& swarm) {
    size_t out = 0;
    for (size_t i = 0; i < swarm.size(); ++i) out += swarm.host(i).engine().containers.size();
    return out;
  }
};

// Between the moments lie pulls, creations, starts, reports and commits.
TEST_F(DaemonEnd, whatever_runs_is_ended_and_the_next_daemon_goes_on) {
  for (size_t host : {0, 1})
    for (int moment = 0; moment < 12; ++moment) {
      SimSwarm swarm(static_cast<uint64_t>(100 + moment), 2);
      swarm.host(1).engine().images.insert("web");
      ASSERT_TRUE(swarm.ask(0, swarm.manager()->services().create(web())).ok());
      swarm.loop().run_for(moment * 130ms);
      swarm.end_daemon(host);
      swarm.loop().run_for(2s);
      swarm.start(host);
      ASSERT_TRUE(swarm.loop().run_until_true(120s, [&] { return all_run(swarm); })) << host << " at " << moment;
      EXPECT_EQ(containers_of(swarm), size_t{kReplicas}) << "one was made twice, or forgotten";
    }
}

TEST_F(DaemonEnd, a_daemon_ends_while_it_leaves_its_swarm) {
  for (size_t host : {0, 1})
    for (int moment = 0; moment < 16; ++moment) {
      SimSwarm swarm(static_cast<uint64_t>(500 + moment), 2);
      swarm.host(1).engine().images.insert("web");
      ASSERT_TRUE(swarm.ask(0, swarm.manager()->services().create(web())).ok());
      swarm.loop().run_for(1s);
      swarm.host(0).disk.slowness = 200ms;
      std::optional<Result<void>> left;
      swarm.begin<void>(host, swarm.host(host).node()->leave(true), [&](Result<void> done) { left = std::move(done); });
      swarm.loop().run_for(moment * 20ms);
      swarm.end_daemon(host);
      ASSERT_TRUE(left.has_value()) << host << " at " << moment;
      EXPECT_TRUE(left->ok() || left->error().code == Code::kUnavailable) << left->error().text();
      swarm.start(host);
      ASSERT_TRUE(swarm.loop().run_until_true(20s, [&] { return swarm.host(host).node() != nullptr; }));
    }
}

// The manager is taken up late, by a disk that can be read again; reading it takes a while.
TEST_F(DaemonEnd, a_daemon_ends_while_its_manager_is_taken_up) {
  int early = 0, late = 0;
  for (int moment = 0; moment < 24; ++moment) {
    SimSwarm swarm(static_cast<uint64_t>(300 + moment), 1);
    SimDisk& disk = swarm.host(0).disk;
    swarm.end_daemon(0);
    disk.unreadable = "/swarm.db";
    swarm.start(0);
    ASSERT_TRUE(swarm.loop().run_until_true(10s, [&] { return swarm.host(0).node() != nullptr; }));
    ASSERT_TRUE(swarm.host(0).node()->trouble().has_value());
    disk.unreadable.clear();
    disk.reading = 2s;
    swarm.loop().run_for(moment * 130ms);
    ++(swarm.manager() ? late : early);
    swarm.end_daemon(0);
    disk.reading = {};
    swarm.start(0);
    ASSERT_TRUE(swarm.loop().run_until_true(10s, [&] { return swarm.manager() != nullptr; })) << moment;
    EXPECT_FALSE(swarm.view().all<swarm::Network>().empty());
  }
  EXPECT_GT(early, 0);
  EXPECT_GT(late, 0);
}

// Refused, or done: never half of it.
TEST_F(DaemonEnd, who_leaves_while_the_manager_is_taken_up_is_answered) {
  int refused = 0, left = 0;
  for (int moment = 0; moment < 24; ++moment) {
    SimSwarm swarm(static_cast<uint64_t>(400 + moment), 1);
    SimDisk& disk = swarm.host(0).disk;
    swarm.end_daemon(0);
    disk.unreadable = "/swarm.db";
    swarm.start(0);
    ASSERT_TRUE(swarm.loop().run_until_true(10s, [&] { return swarm.host(0).node() != nullptr; }));
    disk.unreadable.clear();
    disk.reading = 2s;
    swarm.loop().run_for(moment * 130ms);
    auto done = swarm.ask(0, swarm.host(0).node()->leave(true));
    done.ok() ? ++left : ++refused;
    if (!done.ok()) {
      EXPECT_EQ(done.error().code, Code::kUnavailable) << done.error().text();
      ASSERT_TRUE(swarm.loop().run_until_true(20s, [&] { return swarm.manager() != nullptr; }));
      done = swarm.ask(0, swarm.host(0).node()->leave(true));
    }
    EXPECT_TRUE(done.ok());
    swarm.loop().run_for(20s);
    EXPECT_EQ(swarm.manager(), nullptr);
    EXPECT_FALSE(swarm.host(0).node()->trouble().has_value());
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(left, 0);
}

TEST_F(DaemonEnd, who_waits_for_an_address_when_the_node_leaves_is_refused) {
  SimSwarm swarm(7, 2);
  swarm.cut(0, 1);
  swarm.cut(1, 0);
  overlay::NetworkManager& networks = swarm.host(1).node()->networks();
  overlay::EndpointRequest endpoint;
  endpoint.network = "appnet";
  overlay::ContainerNetworkRequest request{"c1", "c1", "c1", {endpoint}, {}, {}, false};
  auto path = networks.prepare_namespace("c1");
  std::optional<Result<void>> attached;
  swarm.begin<void>(1, networks.attach(request, *path), [&](Result<void> result) { attached = std::move(result); });
  swarm.loop().run_ready();
  ASSERT_FALSE(attached.has_value());
  ASSERT_TRUE(swarm.leave(1).ok());
  swarm.loop().run_ready();
  ASSERT_TRUE(attached.has_value());
  EXPECT_FALSE(attached->ok());
  EXPECT_TRUE(networks.status("c1").empty());
}

// Whenever time goes on one more asks, until the manager is being closed.
TEST_F(DaemonEnd, who_asks_a_manager_that_leaves_is_answered) {
  for (uint64_t seed = 200; seed < 220; ++seed) {
    SimSwarm swarm(seed, 1);
    Node& node = *swarm.host(0).node();
    int asked = 0, answers = 0;
    bool has_left = false;
    TimePoint last;
    swarm.begin<void>(0, node.leave(true), [&](const Result<void>& left) { has_left = left.ok(); });
    auto ask = [&] {
      if (!node.manager() || swarm.loop().now() == last) return;
      last = swarm.loop().now();
      swarm::NetworkSpec network;
      network.mutable_annotations()->set_name("more-" + std::to_string(++asked));
      network.mutable_driver_config()->set_name("overlay");
      swarm.begin<std::string>(0, node.manager()->create_network(network), [&](const auto& done) {
        ++answers;
        EXPECT_TRUE(done.ok() || done.error().code == Code::kUnavailable) << done.error().text();
      });
    };
    ASSERT_TRUE(swarm.loop().run_until_true(60s, [&] { return ask(), has_left; }));
    swarm.loop().run_ready();
    ASSERT_GT(asked, 0);
    ASSERT_EQ(answers, asked) << seed;
  }
}

}  // namespace
}  // namespace skein::node
