// The dirtiness of a task decides whether a user's change costs a restart.
#include "control/orchestrator/place/update_rules.h"

#include <gtest/gtest.h>

#include "control/orchestrator/simulated_swarm_for_test.h"

namespace skein::control {
namespace {

struct Dirty : testing::Test {
  store::Tables tables;
  api::Service service = replicated_service("s", 1);
  api::Task task;
  void SetUp() override {
    api::Node node;
    node.set_id("n1");
    (*node.mutable_spec()->mutable_annotations()->mutable_labels())["zone"] = "a";
    store::Transaction tx(tables, 1, {});
    tx.create(node);
    *task.mutable_spec() = service.spec().task();
    task.set_node_id("n1");
    task.mutable_status()->set_state(api::RUNNING);
    task.mutable_spec_version()->set_index(1);
    service.mutable_spec_version()->set_index(2);
  }
  bool is_dirty() const { return control::is_dirty(tables, service, task); }
  api::TaskSpec& spec() { return *service.mutable_spec()->mutable_task(); }
};

TEST_F(Dirty, equal_specs_are_clean_whatever_their_versions) { EXPECT_FALSE(is_dirty()); }

TEST_F(Dirty, equal_versions_are_clean_whatever_their_specs) {
  spec().mutable_container()->set_image("v2");
  EXPECT_TRUE(is_dirty());
  task.mutable_spec_version()->set_index(2);
  EXPECT_FALSE(is_dirty());
}

TEST_F(Dirty, where_a_published_port_is_open_is_a_reason_and_other_labels_are_none) {
  auto& labels = *service.mutable_spec()->mutable_annotations()->mutable_labels();
  labels["team"] = "a";
  EXPECT_FALSE(is_dirty());
  labels["skein.publish.80.source"] = "10.0.0.0/8";
  EXPECT_TRUE(is_dirty());
  *task.mutable_service_annotations() = service.spec().annotations();
  EXPECT_FALSE(is_dirty());
}

TEST_F(Dirty, a_placement_that_the_node_satisfies_is_no_reason) {
  spec().mutable_placement()->add_constraints("node.labels.zone == a");
  EXPECT_FALSE(is_dirty());
  spec().mutable_container()->set_image("v2");
  EXPECT_TRUE(is_dirty());
}

TEST_F(Dirty, a_placement_that_the_node_does_not_satisfy_is_one) {
  spec().mutable_placement()->add_constraints("node.labels.zone == b");
  EXPECT_TRUE(is_dirty());
}

TEST_F(Dirty, published_ports_count) {
  service.mutable_spec()->mutable_endpoint()->add_ports()->set_target_port(80);
  EXPECT_TRUE(is_dirty());
}

TEST_F(Dirty, how_to_pull_does_not_count_once_it_runs) {
  spec().mutable_container()->mutable_pull_options()->set_registry_auth("secret");
  EXPECT_FALSE(is_dirty());
  task.mutable_status()->set_state(api::PREPARING);
  EXPECT_TRUE(is_dirty());
}

}  // namespace
}  // namespace skein::control
