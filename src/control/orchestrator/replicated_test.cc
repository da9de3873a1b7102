#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/orchestrator/pass/pass.h"
#include "control/orchestrator/simulated_swarm_for_test.h"
#include "control/reaper/reaper.h"

namespace skein::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<uint64_t> slots_of(const std::vector<store::Ref<api::Task>>& tasks) {
  std::vector<uint64_t> out;
  for (const auto& task : tasks) out.push_back(task->slot());
  return out;
}

std::map<std::string, int> count_by_node(const std::vector<store::Ref<api::Task>>& tasks) {
  std::map<std::string, int> out;
  for (const auto& task : tasks) ++out[task->node_id()];
  return out;
}

void set_replicas(SimulatedSwarm& swarm, uint64_t replicas) {
  swarm.update("s", [&](api::ServiceSpec& spec) { spec.mutable_replicated()->set_replicas(replicas); });
}

// What a user starts must be what runs: every part of the spec that a node needs is in the task.
TEST(Replicated, a_new_task_carries_what_its_service_says) {
  SimulatedSwarm swarm;
  api::Service service = replicated_service("s", 1);
  (*service.mutable_spec()->mutable_annotations()->mutable_labels())["a"] = "b";
  service.mutable_spec()->mutable_endpoint()->add_ports()->set_target_port(80);
  auto* vip = service.mutable_endpoint()->add_virtual_ips();
  vip->set_addr("10.0.1.2/24");
  swarm.create(service);
  swarm.reconcile();
  ASSERT_EQ(swarm.tasks("s").size(), 1u);
  const api::Task& task = *swarm.tasks("s")[0];
  EXPECT_EQ(task.annotations().name(), "web.1." + task.id());
  EXPECT_EQ(task.service_annotations().labels().at("a"), "b");
  EXPECT_EQ(task.spec().container().image(), "v1");
  EXPECT_EQ(task.spec_version().index(), swarm.service("s").spec_version().index());
  EXPECT_EQ(task.endpoint().virtual_ips(0).addr(), "10.0.1.2/24");
  EXPECT_EQ(task.endpoint().spec().ports(0).target_port(), 80u);
  EXPECT_EQ(task.status().state(), api::NEW);
  EXPECT_EQ(task.status().message(), "created");
  EXPECT_EQ(model::to_wall(task.status().timestamp()), swarm.now);
  EXPECT_EQ(task.desired_state(), api::RUNNING);
  EXPECT_EQ(task.networks_size(), 0);
  EXPECT_EQ(task.node_id(), "");
  EXPECT_EQ(task.slot(), 1u);
}

TEST(Replicated, the_log_driver_of_the_cluster_fills_in) {
  SimulatedSwarm swarm;
  swarm.change([](store::Transaction& tx) {
    api::Cluster cluster = *tx.view().cluster();
    cluster.mutable_spec()->mutable_task_defaults()->mutable_log_driver()->set_name("syslog");
    tx.update(cluster);
  });
  api::Service own = replicated_service("own", 1);
  own.mutable_spec()->mutable_task()->mutable_log_driver()->set_name("local");
  swarm.create(own);
  swarm.create(replicated_service("s", 1));
  swarm.reconcile();
  EXPECT_EQ(swarm.tasks("s")[0]->log_driver().name(), "syslog");
  EXPECT_EQ(swarm.tasks("own")[0]->log_driver().name(), "local");
}

TEST(Replicated, the_lowest_free_slots_are_filled) {
  SimulatedSwarm swarm;
  swarm.create(replicated_service("s", 3));
  swarm.run(2s);
  EXPECT_THAT(slots_of(swarm.running("s")), UnorderedElementsAre(1, 2, 3));
  swarm.report(swarm.task_at("s", 2)->id(), api::FAILED_);
  swarm.run(1s);  // slot 2 waits for its restart delay: it runs nothing, and loses
  set_replicas(swarm, 2);
  swarm.run(2s);
  EXPECT_THAT(slots_of(swarm.wanted("s")), UnorderedElementsAre(1, 3));
  set_replicas(swarm, 4);
  swarm.run(2s);
  EXPECT_THAT(slots_of(swarm.running("s")), UnorderedElementsAre(1, 2, 3, 4));
}

TEST(Replicated, scaling_down_takes_from_the_fullest_nodes) {
  SimulatedSwarm swarm(3);
  swarm.set_availability("n3", api::AVAILABILITY_PAUSE);
  swarm.create(replicated_service("s", 6));
  swarm.run(2s);
  swarm.set_availability("n3", api::ACTIVE);
  set_replicas(swarm, 7);
  swarm.run(2s);
  EXPECT_EQ(count_by_node(swarm.running("s")), (std::map<std::string, int>{{"n1", 3}, {"n2", 3}, {"n3", 1}}));
  set_replicas(swarm, 3);
  swarm.run(2s);
  EXPECT_EQ(count_by_node(swarm.running("s")), (std::map<std::string, int>{{"n1", 1}, {"n2", 1}, {"n3", 1}}));
}

// A slot whose node died is no replica: it must go before those that serve.
TEST(Replicated, scaling_down_prefers_a_slot_on_a_dead_node) {
  SimulatedSwarm swarm(2);
  swarm.create(replicated_service("s", 2));
  swarm.run(2s);
  const std::string lost = swarm.task_at("s", 1)->node_id();
  swarm.set_node_state(lost, api::NodeStatus::DOWN);
  set_replicas(swarm, 1);
  swarm.run(2s);
  EXPECT_THAT(slots_of(swarm.wanted("s")), ElementsAre(2));
}

TEST(Replicated, a_slot_scaled_away_leaves_no_history) {
  SimulatedSwarm swarm;
  swarm.create(replicated_service("s", 2));
  swarm.run(2s);
  swarm.report(swarm.task_at("s", 2)->id(), api::FAILED_);
  swarm.run(10s);
  EXPECT_EQ(swarm.tasks("s").size(), 3u);
  set_replicas(swarm, 0);
  swarm.run(2s);
  EXPECT_EQ(swarm.tasks("s").size(), 0u);
}

TEST(Replicated, a_slot_used_again_waits_for_the_task_that_leaves_it) {
  SimulatedSwarm swarm;
  swarm.fate = [](const api::Task&) { return Fate{.stops_after = 20s}; };
  swarm.create(replicated_service("s", 1));
  swarm.run(2s);
  set_replicas(swarm, 0);
  swarm.run(1s);
  set_replicas(swarm, 1);
  swarm.after_tick = [&] { EXPECT_LE(swarm.running("s").size(), 1u); };
  swarm.run(15s);
  EXPECT_EQ(swarm.task_at("s", 1)->desired_state(), api::READY_);
  swarm.run(10s);
  EXPECT_EQ(swarm.task_at("s", 1)->status().state(), api::RUNNING);
}

TEST(Replicated, tasks_of_a_removed_service_stop_and_go) {
  SimulatedSwarm swarm;
  swarm.create(replicated_service("s", 3));
  swarm.create(replicated_service("other", 1));
  swarm.run(2s);
  swarm.remove("s");
  swarm.reconcile();
  for (const auto& task : swarm.tasks("s")) EXPECT_EQ(task->desired_state(), api::REMOVE_);
  swarm.run(2s);
  EXPECT_EQ(swarm.tasks("s").size(), 0u);
  EXPECT_EQ(swarm.running("other").size(), 1u);
}

TEST(Replicated, a_change_of_a_node_concerns_its_services_and_the_global_ones) {
  SimulatedSwarm swarm(1);
  swarm.create(replicated_service("here", 1));
  swarm.run(1s);
  swarm.set_availability("n1", api::AVAILABILITY_PAUSE);
  swarm.create(replicated_service("elsewhere", 1));
  swarm.create(global_service("everywhere"));
  api::Service job = replicated_service("job", 0);
  job.mutable_spec()->mutable_global_job();
  swarm.create(job);
  swarm.change([](store::Transaction& tx) {
    api::Task attachment;
    attachment.set_id("attachment");
    attachment.set_node_id("n1");
    tx.create(attachment);
  });
  swarm.run(1s);
  const Concerned concerned = concerned_by_node(swarm.tables, "n1");
  EXPECT_THAT(concerned.services, ElementsAre("everywhere", "job"));
  EXPECT_THAT(concerned.places, ElementsAre(std::pair("here", Place{1, {}})));
}

// Nobody waits for a transaction without end.
TEST(Replicated, many_replicas_come_and_go_in_passes_of_bounded_size) {
  constexpr uint64_t kWanted = 2 * Pass::kPlacesMax + 1;
  SimulatedSwarm swarm(1);
  auto pass = [&] {
    std::optional<WallTime> again;
    swarm.change([&](store::Transaction& tx) {
      again = reconcile_service(tx, "s", swarm.random);
      reap(tx, "s");
    });
    EXPECT_TRUE(!again || *again == swarm.now);
    return again.has_value();
  };
  swarm.create(replicated_service("s", kWanted));
  EXPECT_TRUE(pass());
  EXPECT_EQ(swarm.wanted("s").size(), Pass::kPlacesMax);
  EXPECT_TRUE(pass());
  EXPECT_FALSE(pass());
  EXPECT_EQ(swarm.wanted("s").size(), kWanted);
  swarm.update("s", [](api::ServiceSpec& spec) { spec.mutable_replicated()->set_replicas(1); });
  EXPECT_TRUE(pass());
  EXPECT_EQ(swarm.wanted("s").size(), Pass::kPlacesMax + 1);
  EXPECT_FALSE(pass());
  EXPECT_EQ(swarm.tasks("s").size(), 1u);
}

}  // namespace
}  // namespace skein::control
