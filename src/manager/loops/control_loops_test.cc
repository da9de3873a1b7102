// What users ask for comes about by itself: replicas on ready nodes, with addresses that come back when they end.
#include <gtest/gtest.h>

#include "manager/loops/control_loops_for_test.h"

namespace skein::manager {
namespace {

TEST_F(Loops, replicas_get_nodes_and_addresses_and_their_nodes_an_own_one) {
  add_node("n1");
  add_node("n2");
  std::string id = create("web", 4, "blue");
  ASSERT_EQ(assigned(id), 4u);
  std::set<std::string> addresses;
  std::map<std::string, int> on;
  for (const auto& task : wanted(id)) {
    ASSERT_EQ(task->networks_size(), 1);
    ASSERT_EQ(task->networks(0).addresses_size(), 1);
    EXPECT_EQ(task->networks(0).network().id(), "blue");
    addresses.insert(task->networks(0).addresses(0));
    ++on[task->node_id()];
  }
  EXPECT_EQ(on, (std::map<std::string, int>{{"n1", 2}, {"n2", 2}}));
  for (const char* node : {"n1", "n2"}) {
    const auto& attachments = store_.view().get<api::Node>(node)->attachments();
    ASSERT_EQ(attachments.size(), 1) << node;
    addresses.insert(attachments[0].addresses(0));
  }
  addresses.insert(store_.view().get<api::Service>(id)->endpoint().virtual_ips(0).addr());
  EXPECT_EQ(addresses.size(), 7u);
}

TEST_F(Loops, a_node_of_ours_takes_no_address_of_a_network) {
  add_node("n1");
  change_node("n1", [](api::Node& node) {
    auto* engine = node.mutable_description()->mutable_engine();
    (*engine->mutable_labels())[model::kEngineLabel] = "1";
    auto* plugin = engine->add_plugins();
    plugin->set_type("Network"), plugin->set_name("overlay");
  });
  std::string id = create("web", 4, "tiny");  // as many as there are beside gateway and virtual address
  EXPECT_EQ(assigned(id), 4u);
  auto node = store_.view().get<api::Node>("n1");
  ASSERT_EQ(node->attachments_size(), 1) << "by which it knows the network";
  EXPECT_EQ(node->attachments(0).network().id(), "tiny");
  EXPECT_TRUE(node->attachments(0).addresses().empty());
}

TEST_F(Loops, nothing_is_written_when_nothing_is_to_be_done) {
  add_node("n1");
  std::string id = create("web", 3, "blue");
  api::ServiceSpec impossible = store_.view().get<api::Service>(id)->spec();
  impossible.mutable_annotations()->set_name("never");
  impossible.mutable_task()->mutable_placement()->add_constraints("node.labels.zone == moon");
  create(impossible);
  uint64_t before = store_.index();
  change_node("n1",
              [](api::Node& node) { (*node.mutable_spec()->mutable_annotations()->mutable_labels())["a"] = "b"; });
  EXPECT_EQ(store_.index(), before + 1);
}

// The network has three addresses for tasks, beside gateway, virtual address and the node's own.
TEST_F(Loops, addresses_of_ended_tasks_serve_their_replacements) {
  add_node("n1");
  std::string id = create("web", 2, "tiny");
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(assigned(id), 2u) << "round " << round;
    for (const auto& task : wanted(id)) report(task->id(), round % 2 ? api::FAILED_ : api::REJECTED);
  }
}

TEST_F(Loops, who_waits_for_an_address_says_so_and_gets_the_next_free_one) {
  add_node("n1");
  std::string first = create("first", 3, "tiny");
  EXPECT_EQ(assigned(first), 3u);
  std::string second = create("second", 2, "tiny", false);
  ASSERT_EQ(wanted(second).size(), 2u);
  for (const auto& task : wanted(second)) {
    EXPECT_EQ(task->status().state(), api::NEW);
    EXPECT_NE(task->status().err(), "");
  }
  std::vector<std::string> tasks;
  for (const auto& task : wanted(first)) tasks.push_back(task->id());
  remove(first);
  EXPECT_EQ(assigned(second), 1u) << "the service's own address is free, its tasks still hold theirs";
  for (const auto& task : tasks) report(task, api::SHUTDOWN);
  EXPECT_EQ(assigned(second), 2u);
  for (const auto& task : wanted(second)) EXPECT_EQ(task->status().err(), "");
  EXPECT_TRUE(store_.view().tasks_of_service(first).empty());
}

// The network's last address comes back with one of many tasks that wait: the others are not written again.
TEST_F(Loops, an_address_that_comes_back_goes_to_one_of_those_who_wait) {
  add_node("n1");
  std::string first = create("first", 3, "tiny");
  std::string second = create("second", 20, "tiny", false);
  ASSERT_EQ(assigned(second), 0u);
  std::map<std::string, uint64_t> before;
  for (const auto& task : wanted(second)) before[task->id()] = task->meta().version().index();
  remove(first);
  report(store_.view().tasks_of_service(first)[0]->id(), api::SHUTDOWN);
  // Also the address of the removed service is free.
  EXPECT_EQ(assigned(second), 2u);
  int written = 0;
  for (const auto& task : wanted(second)) written += task->meta().version().index() != before[task->id()];
  EXPECT_EQ(written, 2);
}

TEST_F(Loops, a_task_without_a_place_gets_one_when_a_node_comes_to_suit_it) {
  add_node("n1");
  api::ServiceSpec spec;
  spec.mutable_annotations()->set_name("web");
  spec.mutable_task()->mutable_container()->set_image("web");
  spec.mutable_task()->mutable_placement()->add_constraints("node.labels.zone == moon");
  spec.mutable_replicated()->set_replicas(1);
  std::string id = create(spec);
  ASSERT_EQ(wanted(id).size(), 1u);
  EXPECT_EQ(wanted(id)[0]->status().state(), api::PENDING);
  EXPECT_THAT(wanted(id)[0]->status().err(), HasSubstr("scheduling constraints not satisfied on 1 node"));
  change_node(
      "n1", [](api::Node& node) { (*node.mutable_spec()->mutable_annotations()->mutable_labels())["zone"] = "moon"; });
  EXPECT_EQ(assigned(id), 1u);
}

TEST_F(Loops, a_drained_nodes_tasks_go_elsewhere) {
  add_node("n1");
  add_node("n2");
  std::string id = create("web", 4, "blue");
  for (const auto& task : wanted(id)) report(task->id(), api::RUNNING);
  change_node("n1", [](api::Node& node) { node.mutable_spec()->set_availability(api::DRAIN); });
  for (const auto& task : store_.view().tasks_of_service(id))
    if (task->node_id() == "n1") report(task->id(), api::SHUTDOWN);
  ASSERT_EQ(wanted(id).size(), 4u);
  for (const auto& task : wanted(id)) EXPECT_EQ(task->node_id(), "n2");
  EXPECT_TRUE(store_.view().get<api::Node>("n1")->attachments().empty()) << "it keeps an address that nobody needs";
}

// An address of its own that changes is news to the node, which has to be told before it gets tasks.
// The journal takes no more in a batch (the one of this test refuses it), and nobody may notice.
TEST_F(Loops, a_thousand_tasks_come_move_and_go_in_bounded_batches) {
  for (const char* node : {"n1", "n2"}) {
    add_node(node);
    change_node(
        node, [](api::Node& node) { node.mutable_description()->mutable_resources()->set_nano_cpus(64'000'000'000); });
  }
  size_t largest = 0;
  auto watch = store_.watch([&](const store::Changes& changes) { largest = std::max(largest, changes.size()); });
  const std::string id = create("web", 1'000, "wide");
  start_all(id);
  EXPECT_EQ(running_elsewhere(id, ""), 1'000u);
  EXPECT_GT(running_elsewhere(id, "n1"), 300u);

  change_node("n1", [](api::Node& node) { node.mutable_spec()->set_availability(api::DRAIN); });
  start_all(id);
  EXPECT_EQ(running_elsewhere(id, "n1"), 1'000u);

  remove(id);
  for (const auto& task : store_.view().tasks_of_service(id)) EXPECT_EQ(task->desired_state(), api::REMOVE_);
  change([&](store::Transaction& tx) {
    for (const auto& task : tx.view().tasks_of_service(id)) {
      api::Task ended = *task;
      ended.mutable_status()->set_state(api::SHUTDOWN);
      tx.update(ended);
      tx.allow_cut();
    }
  });
  EXPECT_TRUE(store_.view().tasks_of_service(id).empty());
  EXPECT_GT(largest, 32u) << "not one by one";
  EXPECT_LE(largest, store::kBatchRecordsMax);
}

TEST_F(Loops, a_node_keeps_its_address_when_its_only_task_is_replaced_there) {
  add_node("n1");
  std::string id = create("web", 1, "blue");
  report(wanted(id)[0]->id(), api::RUNNING);
  const uint64_t before = store_.view().get<api::Node>("n1")->meta().version().index();
  report(wanted(id)[0]->id(), api::FAILED_);
  ASSERT_EQ(assigned(id), 1u);
  EXPECT_EQ(store_.view().get<api::Node>("n1")->meta().version().index(), before);
}

// As an update does that rolls back by itself.
TEST_F(Loops, a_spec_that_comes_back_brings_its_addresses) {
  add_node("n1");
  std::string id = create("web", 1, "blue");
  change([&](store::Transaction& tx) {
    api::Service service = *tx.view().get<api::Service>(id);
    service.mutable_spec()->mutable_task()->mutable_networks(0)->set_target("tiny");
    service.mutable_spec_version()->set_index(tx.index());
    tx.update(service);
  });
  const auto service = store_.view().get<api::Service>(id);
  ASSERT_EQ(service->endpoint().virtual_ips_size(), 1);
  EXPECT_EQ(service->endpoint().virtual_ips(0).network_id(), "tiny");
  int found = 0;
  for (const auto& task : store_.view().tasks_of_service(id)) {
    if (task->spec().networks(0).target() != "tiny") continue;
    ++found;
    EXPECT_EQ(task->endpoint().SerializeAsString(), service->endpoint().SerializeAsString());
  }
  EXPECT_GT(found, 0) << "no task of the spec that came back";
  EXPECT_EQ(store_.view().index<control::TakenAddresses>().usage("blue").used, 3u)
      << "gateway, node and old task; the old virtual address is free";
}

TEST_F(Loops, a_new_manager_goes_on_where_the_old_one_ended) {
  std::string id = create("web", 2, "blue");
  EXPECT_EQ(assigned(id), 0u);
  add_node("n1");
  close(tasks_);
  io::TaskScope tasks(io_.get_executor());
  ControlLoops next(tasks, store_, random_);
  uint64_t before = store_.index();
  next.start();
  settle();
  EXPECT_EQ(assigned(id), 2u);
  EXPECT_EQ(store_.index(), before) << "it found work where there was none";
  close(tasks);
}

}  // namespace
}  // namespace skein::manager
