// Services with published ports of the mesh: on the ingress network, with ports that come back when they end.
#include <gtest/gtest.h>

#include "manager/loops/control_loops_for_test.h"

namespace skein::manager {
namespace {

class MeshLoops : public Loops {};

TEST_F(MeshLoops, tasks_of_a_service_with_ports_of_the_mesh_are_on_ingress_first) {
  add_ingress();
  add_node("n1");
  const std::string id = create(published("web", 2, 8080));
  ASSERT_EQ(assigned(id), 2u);
  for (const auto& task : wanted(id)) {
    ASSERT_EQ(task->networks_size(), 2);
    EXPECT_EQ(task->networks(0).network().id(), "mesh");
    EXPECT_EQ(task->networks(0).addresses_size(), 1);
    EXPECT_EQ(task->networks(1).network().id(), "blue");
    EXPECT_EQ(task->endpoint().ports(0).published_port(), 8080u);
    EXPECT_EQ(task->endpoint().virtual_ips(0).network_id(), "mesh");
  }
}

TEST_F(MeshLoops, another_port_replaces_the_tasks_and_none_takes_them_off_ingress) {
  add_ingress();
  add_node("n1");
  const std::string id = create(published("web", 1, 8080));
  start_all(id);
  const std::string first = wanted(id).at(0)->id();
  auto replaced = [&] {
    for (const auto& task : store_.view().tasks_of_service(id))
      if (task->desired_state() > api::RUNNING && task->status().state() == api::RUNNING)
        report(task->id(), api::SHUTDOWN);
    start_all(id);
    return wanted(id).at(0);
  };
  ASSERT_TRUE(update(id, published("web", 1, 8081)).ok());
  const auto second = replaced();
  EXPECT_NE(second->id(), first);
  EXPECT_EQ(second->endpoint().ports(0).published_port(), 8081u);
  api::ServiceSpec without = published("web", 1, 0);
  without.clear_endpoint();
  ASSERT_TRUE(update(id, without).ok());
  const auto third = replaced();
  ASSERT_EQ(third->networks_size(), 1);
  EXPECT_EQ(third->networks(0).network().id(), "blue");
}

TEST_F(MeshLoops, every_node_has_an_address_on_ingress_also_those_that_were_there_before) {
  add_ingress();
  for (const char* id : {"ours", "docker"}) add_node(id);
  change_node("ours", [](api::Node& node) {
    (*node.mutable_description()->mutable_engine()->mutable_labels())[model::kEngineLabel] = "1";
  });
  EXPECT_EQ(store_.view().get<api::Node>("ours")->attachments(0).addresses_size(), 1);
  change_node("ours", [](api::Node& node) { node.mutable_attachments(0)->clear_addresses(); });
  EXPECT_TRUE(store_.view().get<api::Node>("ours")->attachments(0).addresses().empty())
      << "as earlier managers stored it";
  io::TaskScope tasks{io_.get_executor()};
  ControlLoops next(tasks, store_, random_);
  next.start();
  settle();
  close(tasks);
  std::set<std::string> addresses;
  for (const char* id : {"ours", "docker"}) {
    auto node = store_.view().get<api::Node>(id);
    ASSERT_EQ(node->attachments_size(), 1) << id;
    ASSERT_EQ(node->attachments(0).addresses_size(), 1) << id;
    addresses.insert(node->attachments(0).addresses(0));
  }
  EXPECT_EQ(addresses.size(), 2u);
}

// An update that goes back by itself finds its port taken: until that is free its tasks wait, and say why.
TEST_F(MeshLoops, a_rollback_waits_for_the_port_that_another_service_has_taken) {
  add_ingress();
  add_node("n1");
  const std::string id = create(published("web", 2, 8080));
  start_all(id);
  api::ServiceSpec next = published("web", 2, 9090);
  next.mutable_update()->set_failure_action(api::UpdateConfig::ROLLBACK);
  next.mutable_update()->set_parallelism(1);
  ASSERT_TRUE(update(id, next).ok());
  const std::string other = create(published("other", 1, 8080));
  for (const auto& task : store_.view().tasks_of_service(id))
    if (task->desired_state() > api::RUNNING) report(task->id(), api::SHUTDOWN);
  for (const auto& task : wanted(id))
    if (task->status().state() == api::ASSIGNED) report(task->id(), api::FAILED_);
  auto waiting = [&] {
    size_t count = 0;
    for (const auto& task : wanted(id))
      count +=
          task->status().err() == "port '8080' is already in use by service 'other' (" + other + ") as an ingress port";
    return count;
  };
  EXPECT_EQ(waiting(), 1u);
  for (const auto& task : wanted(id))
    if (task->status().state() == api::RUNNING) report(task->id(), api::FAILED_);
  EXPECT_EQ(waiting(), 2u);
  ASSERT_TRUE(update(other, published("other", 1, 8082)).ok());
  EXPECT_EQ(assigned(id), 2u);
  for (const auto& task : wanted(id)) EXPECT_EQ(task->endpoint().ports(0).published_port(), 8080u);
}

}  // namespace
}  // namespace skein::manager
