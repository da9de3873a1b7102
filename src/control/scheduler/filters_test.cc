#include "control/scheduler/filters.h"

#include <gtest/gtest.h>

#include <functional>

#include "control/scheduler/swarm_for_test.h"

namespace skein::control {
namespace {

struct FilterTest : testing::Test {
  TestSwarm swarm;
  api::Node node = TestSwarm::node("n1");
  api::Task task = swarm.task("web");
  std::vector<api::Task> there;

  std::optional<Filter> unmet() const {
    NodeLoads loads;
    loads.apply({store::Kind::kNode, "n1", store::Ref<api::Node>(), std::make_shared<const api::Node>(node)});
    for (api::Task each : there) {
      each.set_node_id("n1");
      each.mutable_status()->set_state(api::RUNNING);
      loads.apply({store::Kind::kTask, each.id(), store::Ref<api::Task>(), std::make_shared<const api::Task>(each)});
    }
    return TaskNeeds(task).first_unmet(*loads.find("n1"));
  }
  bool is_fit() const { return !unmet(); }
  api::Placement& placement() { return *task.mutable_spec()->mutable_placement(); }
  api::PluginDescription& add_plugin(const std::string& type, const std::string& name) {
    auto* plugin = node.mutable_description()->mutable_engine()->add_plugins();
    plugin->set_type(type);
    plugin->set_name(name);
    return *plugin;
  }
};

TEST_F(FilterTest, only_ready_and_active_nodes_take_tasks) {
  EXPECT_TRUE(is_fit());
  for (auto state : {api::NodeStatus::UNKNOWN, api::NodeStatus::DOWN, api::NodeStatus::DISCONNECTED}) {
    node.mutable_status()->set_state(state);
    EXPECT_EQ(unmet(), Filter::kReady) << state;
  }
  node.mutable_status()->set_state(api::NodeStatus::READY);
  for (auto availability : {api::AVAILABILITY_PAUSE, api::DRAIN}) {
    node.mutable_spec()->set_availability(availability);
    EXPECT_EQ(unmet(), Filter::kReady) << availability;
  }
}

TEST_F(FilterTest, reservations_fit_into_what_others_left) {
  reserve(task, 4'000'000'000, 8'000'000'000);
  EXPECT_TRUE(is_fit());
  there.push_back(swarm.task("other"));
  EXPECT_TRUE(is_fit()) << "a task without reservations reserves nothing";
  reserve(there[0], 1, 0);
  EXPECT_EQ(unmet(), Filter::kResources);
  reserve(there[0], 0, 1);
  EXPECT_EQ(unmet(), Filter::kResources);
  there[0].set_desired_state(api::SHUTDOWN);
  EXPECT_EQ(unmet(), Filter::kResources) << "what is still stopping still has its memory";
  reserve(task, 4'000'000'000, 0);
  EXPECT_TRUE(is_fit()) << "what is not asked for cannot be short";
}

TEST_F(FilterTest, limits_are_no_reservations) {
  task.mutable_spec()->mutable_resources()->mutable_limits()->set_memory_bytes(INT64_MAX);
  EXPECT_TRUE(is_fit());
}

TEST_F(FilterTest, a_node_that_told_nothing_has_nothing_to_reserve) {
  node.clear_description();
  EXPECT_TRUE(is_fit());
  reserve(task, 1, 0);
  EXPECT_EQ(unmet(), Filter::kResources);
}

TEST_F(FilterTest, generic_resources_are_counted) {
  add_discrete(*node.mutable_description()->mutable_resources()->mutable_generic(), "licence", 2);
  add_discrete(*task.mutable_spec()->mutable_resources()->mutable_reservations()->mutable_generic(), "licence", 2);
  EXPECT_TRUE(is_fit());
  there.push_back(swarm.task("other"));
  add_discrete(*there[0].mutable_assigned_generic_resources(), "licence", 1);
  EXPECT_EQ(unmet(), Filter::kResources);
}

TEST_F(FilterTest, volume_drivers_must_be_there) {
  auto* mount = task.mutable_spec()->mutable_container()->add_mounts();
  mount->set_type(api::Mount::VOLUME);
  EXPECT_TRUE(is_fit());
  auto* driver = mount->mutable_volume_options()->mutable_driver_config();
  driver->set_name("local");
  node.mutable_description()->mutable_engine()->clear_plugins();
  EXPECT_TRUE(is_fit()) << "every engine has local volumes";
  driver->set_name("nfs");
  EXPECT_EQ(unmet(), Filter::kPlugins);
  add_plugin("Network", "nfs");
  EXPECT_EQ(unmet(), Filter::kPlugins) << "of the right type";
  add_plugin("Volume", "nfs:latest");
  EXPECT_TRUE(is_fit());
  driver->set_name("nfs:v2");
  EXPECT_EQ(unmet(), Filter::kPlugins);
  mount->set_type(api::Mount::BIND);
  EXPECT_TRUE(is_fit());
}

TEST_F(FilterTest, network_drivers_must_be_there) {
  auto* network = task.add_networks()->mutable_network();
  EXPECT_TRUE(is_fit());
  network->mutable_driver_state()->set_name("overlay");
  EXPECT_TRUE(is_fit());
  network->mutable_driver_state()->set_name("weave");
  EXPECT_EQ(unmet(), Filter::kPlugins);
  node.mutable_description()->mutable_engine()->clear_plugins();
  EXPECT_EQ(unmet(), Filter::kPlugins) << "unlike log drivers";
  node.mutable_description()->clear_engine();
  EXPECT_TRUE(is_fit()) << "a node without an engine's description cannot be judged";
}

// Old engines do not report their log drivers.
TEST_F(FilterTest, log_drivers_must_be_there_if_the_node_tells_of_any) {
  task.mutable_spec()->mutable_log_driver()->set_name("journald");
  EXPECT_EQ(unmet(), Filter::kPlugins);
  task.mutable_spec()->mutable_log_driver()->set_name("none");
  EXPECT_TRUE(is_fit());
  task.mutable_spec()->mutable_log_driver()->set_name("");
  EXPECT_TRUE(is_fit());
  task.mutable_spec()->mutable_log_driver()->set_name("journald");
  node.mutable_description()->mutable_engine()->mutable_plugins()->RemoveLast();
  EXPECT_TRUE(is_fit());
}

TEST_F(FilterTest, constraints_must_hold) {
  placement().add_constraints("node.labels.zone==a");
  EXPECT_EQ(unmet(), Filter::kConstraints);
  TestSwarm::set_label(node, "zone", "a");
  EXPECT_TRUE(is_fit());
  placement().add_constraints("node.id!=n1");
  EXPECT_EQ(unmet(), Filter::kConstraints);
}

TEST_F(FilterTest, constraints_that_cannot_be_read_never_hold) {
  placement().add_constraints("node.foo!=a");
  EXPECT_EQ(unmet(), Filter::kConstraints);
}

TEST_F(FilterTest, an_image_runs_on_its_platforms_only) {
  auto* platform = placement().add_platforms();
  EXPECT_TRUE(is_fit()) << "an empty platform is any";
  platform->set_os("windows");
  EXPECT_EQ(unmet(), Filter::kPlatform);
  platform->set_os("linux");
  platform->set_architecture("amd64");
  EXPECT_TRUE(is_fit());
  platform->set_architecture("x86_64");
  EXPECT_TRUE(is_fit());
  platform->set_architecture("arm64");
  EXPECT_EQ(unmet(), Filter::kPlatform);
  placement().add_platforms()->set_architecture("amd64");
  EXPECT_TRUE(is_fit()) << "one of several is enough";
  node.mutable_description()->mutable_platform()->set_architecture("aarch64");
  EXPECT_TRUE(is_fit());
  node.mutable_description()->mutable_platform()->set_architecture("riscv64");
  EXPECT_EQ(unmet(), Filter::kPlatform);
}

TEST_F(FilterTest, a_port_of_the_host_has_one_owner) {
  publish_on_host(task, 8080);
  EXPECT_TRUE(is_fit());
  there.push_back(swarm.task("other"));
  publish_on_host(there[0], 8080, api::PortConfig::UDP);
  EXPECT_TRUE(is_fit()) << "protocols are apart";
  publish_on_host(there[0], 8081);
  EXPECT_TRUE(is_fit());
  there[0].mutable_endpoint()->mutable_ports(1)->set_published_port(8080);
  EXPECT_EQ(unmet(), Filter::kHostPorts);
  there[0].mutable_endpoint()->mutable_ports(1)->set_publish_mode(api::PortConfig::INGRESS);
  EXPECT_TRUE(is_fit()) << "the mesh's ports are another matter";
  there[0].mutable_endpoint()->clear_ports();
  auto* wished = there[0].mutable_endpoint()->mutable_spec()->add_ports();
  wished->set_publish_mode(api::PortConfig::HOST);
  wished->set_published_port(8080);
  EXPECT_EQ(unmet(), Filter::kHostPorts);
}

TEST_F(FilterTest, dynamic_ports_of_the_host_never_collide) {
  publish_on_host(task, 0);
  there.push_back(swarm.task("other"));
  publish_on_host(there[0], 0);
  EXPECT_TRUE(is_fit());
}

TEST_F(FilterTest, max_replicas_counts_the_services_active_tasks) {
  placement().set_max_replicas(1);
  there = {swarm.task("other")};
  EXPECT_TRUE(is_fit());
  there.push_back(swarm.task("web"));
  EXPECT_EQ(unmet(), Filter::kMaxReplicas);
  there[1].set_desired_state(api::SHUTDOWN);
  EXPECT_TRUE(is_fit()) << "an update that stops first needs the old one's place";
  there[1].set_desired_state(api::COMPLETE_);
  EXPECT_EQ(unmet(), Filter::kMaxReplicas) << "jobs count";
}

// The text says what to look at first, so the order of the questions is part of it.
TEST_F(FilterTest, the_first_filter_that_refuses_is_named) {
  node.mutable_status()->set_state(api::NodeStatus::DOWN);
  reserve(task, INT64_MAX, 0);
  task.add_networks()->mutable_network()->mutable_driver_state()->set_name("weave");
  placement().add_constraints("node.id==other");
  placement().add_platforms()->set_os("windows");
  publish_on_host(task, 80);
  placement().set_max_replicas(1);
  there.push_back(swarm.task("web"));
  publish_on_host(there[0], 80);
  std::vector<std::pair<Filter, std::function<void()>>> steps{
      {Filter::kReady, [&] { node.mutable_status()->set_state(api::NodeStatus::READY); }},
      {Filter::kResources, [&] { reserve(task, 0, 0); }},
      {Filter::kPlugins, [&] { task.clear_networks(); }},
      {Filter::kConstraints, [&] { placement().clear_constraints(); }},
      {Filter::kPlatform, [&] { placement().clear_platforms(); }},
      {Filter::kHostPorts, [&] { task.clear_endpoint(); }},
      {Filter::kMaxReplicas, [&] { placement().clear_max_replicas(); }}};
  for (auto& [filter, mend] : steps) {
    EXPECT_EQ(unmet(), filter) << int(filter);
    mend();
  }
  EXPECT_TRUE(is_fit());
}

std::string text_of(std::initializer_list<std::pair<Filter, int>> counts) {
  Refusals refusals;
  for (auto [filter, count] : counts)
    for (int i = 0; i < count; ++i) refusals.count(filter);
  return refusals.text();
}

TEST(Refusals, speak_dockers_words) {
  EXPECT_EQ(text_of({}), "");
  struct Case {
    Filter filter;
    const char *one, *two;
  };
  for (const Case& each : std::vector<Case>{
           {Filter::kReady, "1 node not available for new tasks", "2 nodes not available for new tasks"},
           {Filter::kResources, "insufficient resources on 1 node", "insufficient resources on 2 nodes"},
           {Filter::kPlugins, "missing plugin on 1 node", "missing plugin on 2 nodes"},
           {Filter::kConstraints, "scheduling constraints not satisfied on 1 node",
            "scheduling constraints not satisfied on 2 nodes"},
           {Filter::kPlatform, "unsupported platform on 1 node", "unsupported platform on 2 nodes"},
           {Filter::kHostPorts, "host-mode port already in use on 1 node", "host-mode port already in use on 2 nodes"},
           {Filter::kMaxReplicas, "max replicas per node limit exceed", "max replicas per node limit exceed"}}) {
    EXPECT_EQ(text_of({{each.filter, 1}}), each.one);
    EXPECT_EQ(text_of({{each.filter, 2}}), each.two);
  }
}

TEST(Refusals, the_most_frequent_reason_comes_first) {
  EXPECT_EQ(text_of({{Filter::kReady, 1}, {Filter::kMaxReplicas, 3}, {Filter::kPlatform, 1}}),
            "max replicas per node limit exceed; 1 node not available for new tasks; unsupported platform on 1 node");
}

}  // namespace
}  // namespace skein::control
