// What users ask for comes about by itself: replicas on ready nodes, with addresses that come back when they end.
#include "manager/control_loops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "manager/network_book.h"
#include "manager/service_desk.h"
#include "store/memory_journal.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;
namespace api = store::api;
using testing::HasSubstr;

class Loops : public testing::Test {
 protected:
  Loops() {
    change([&](store::Transaction& tx) {
      api::Cluster cluster;
      cluster.set_id("cluster");
      tx.create(cluster);
      for (const auto& [name, subnet] :
           {std::pair("blue", "10.1.0.0/24"), std::pair("tiny", "10.2.0.0/29"), std::pair("wide", "10.3.0.0/20")}) {
        api::Network network;
        network.set_id(name);
        network.mutable_spec()->mutable_annotations()->set_name(name);
        network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet(subnet);
        tx.create(*with_subnets(network, tx.view()));
      }
    });
    loops_.start();
    settle();
  }
  ~Loops() override { close(tasks_); }

  void close(io::TaskScope& tasks) {
    asio::co_spawn(io_, tasks.close(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
  }

  // Until nobody has anything to do but to wait for time.
  void settle() {
    io_.restart();
    io_.poll();
  }
  void change(const std::function<void(store::Transaction&)>& decide) {
    auto run = [&]() -> asio::awaitable<void> {
      auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
        decide(tx);
        return {};
      });
      EXPECT_TRUE(done.ok());
    };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
  }
  void add_node(const std::string& id) {
    change([&](store::Transaction& tx) {
      api::Node node;
      node.set_id(id);
      node.mutable_description()->set_hostname("host-" + id);
      node.mutable_status()->set_state(api::NodeStatus::READY);
      tx.create(node);
    });
  }
  void change_node(const std::string& id, const std::function<void(api::Node&)>& edit) {
    change([&](store::Transaction& tx) {
      api::Node node = *tx.view().get<api::Node>(id);
      edit(node);
      tx.update(node);
    });
  }
  void add_ingress() {
    change([](store::Transaction& tx) {
      api::Network network;
      network.set_id("mesh");
      network.mutable_spec()->mutable_annotations()->set_name("ingress");
      network.mutable_spec()->set_ingress(true);
      network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.4.0.0/28");
      tx.create(*with_subnets(network, tx.view()));
    });
  }
  static api::ServiceSpec published(const std::string& name, uint64_t replicas, uint32_t port) {
    api::ServiceSpec spec;
    spec.mutable_annotations()->set_name(name);
    spec.mutable_task()->mutable_container()->set_image("web");
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    spec.mutable_task()->mutable_restart()->mutable_delay();  // none
    spec.mutable_task()->add_networks()->set_target("blue");
    spec.mutable_replicated()->set_replicas(replicas);
    spec.mutable_endpoint()->add_ports()->set_target_port(80);
    spec.mutable_endpoint()->mutable_ports(0)->set_published_port(port);
    return spec;
  }
  Result<ServiceDesk::Warnings> update(const std::string& id, api::ServiceSpec spec, bool wants_rollback = false) {
    Result<ServiceDesk::Warnings> out = make_error(Code::kInternal, "");
    auto run = [&]() -> asio::awaitable<void> {
      const uint64_t version = store_.view().get<api::Service>(id)->meta().version().index();
      out = co_await desk_.update(id, version, std::move(spec), wants_rollback);
    };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
    return out;
  }
  std::string create(const std::string& name, uint64_t replicas, const std::string& network, bool has_vip = true) {
    api::ServiceSpec spec;
    spec.mutable_annotations()->set_name(name);
    spec.mutable_task()->mutable_container()->set_image("web");
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    spec.mutable_task()->mutable_restart()->mutable_delay();  // none
    spec.mutable_task()->add_networks()->set_target(network);
    spec.mutable_replicated()->set_replicas(replicas);
    if (!has_vip) spec.mutable_endpoint()->set_mode(api::EndpointSpec::DNSRR);
    return create(spec);
  }
  std::string create(api::ServiceSpec spec) {
    std::string id;
    auto run = [&]() -> asio::awaitable<void> {
      auto created = co_await desk_.create(std::move(spec));
      EXPECT_TRUE(created.ok()) << created.error().text();
      if (created.ok()) id = created->id;
    };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
    return id;
  }
  void remove(const std::string& id) {
    auto run = [&]() -> asio::awaitable<void> { EXPECT_TRUE((co_await desk_.remove(id)).ok()); };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    settle();
  }
  // What a node reports.
  void report(const std::string& task_id, api::TaskState state) {
    change([&](store::Transaction& tx) {
      api::Task task = *tx.view().get<api::Task>(task_id);
      task.mutable_status()->set_state(state);
      tx.update(task);
    });
  }
  // Nodes start what they were told to, until nothing comes any more.
  void start_all(const std::string& service) {
    for (bool is_news = true; std::exchange(is_news, false);)
      change([&](store::Transaction& tx) {
        for (const auto& task : tx.view().tasks_of_service(service)) {
          if (task->status().state() != api::ASSIGNED) continue;
          api::Task running = *task;
          running.mutable_status()->set_state(api::RUNNING);
          tx.update(running);
          tx.allow_cut();
          is_news = true;
        }
      });
  }
  size_t running_elsewhere(const std::string& service, const std::string& node) const {
    size_t count = 0;
    for (const auto& task : wanted(service)) count += task->status().state() == api::RUNNING && task->node_id() != node;
    return count;
  }
  std::vector<store::Ref<api::Task>> wanted(const std::string& service) const {
    std::vector<store::Ref<api::Task>> out;
    for (const auto& task : store_.view().tasks_of_service(service))
      if (task->desired_state() <= api::RUNNING) out.push_back(task);
    return out;
  }
  size_t assigned(const std::string& service) const {
    size_t count = 0;
    for (const auto& task : wanted(service)) count += task->status().state() == api::ASSIGNED;
    return count;
  }

  asio::io_context io_;
  io::TaskScope tasks_{io_.get_executor()};
  SeededRandom random_{7};
  store::Store store_{io_.get_executor(),
                      std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()),
                      system_clock()};
  ServiceDesk desk_{tasks_, store_, random_};
  ControlLoops loops_{tasks_, store_, random_};
};

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

TEST_F(Loops, tasks_of_a_service_with_ports_of_the_mesh_are_on_ingress_first) {
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

TEST_F(Loops, another_port_replaces_the_tasks_and_none_takes_them_off_ingress) {
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

TEST_F(Loops, every_node_has_an_address_on_ingress_also_those_that_were_there_before) {
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
TEST_F(Loops, a_rollback_waits_for_the_port_that_another_service_has_taken) {
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
