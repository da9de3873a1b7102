// What a user wrote into a service must reach its containers, field by field.
#include "agent/container/task_container.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/values/json_fields.h"

namespace skein::agent {
namespace {

namespace api = model::api;
using engine::at;
using nlohmann::json;
using namespace std::chrono_literals;

struct TaskContainerTest : ::testing::Test {
  api::Task task;
  api::ContainerSpec& spec = *task.mutable_spec()->mutable_container();
  api::Node self;

  TaskContainerTest() {
    task.set_id("task1");
    task.set_slot(2);
    task.set_node_id("node1");
    task.set_service_id("service1");
    task.mutable_service_annotations()->set_name("web");
    spec.set_image("busybox");
    self.mutable_description()->set_hostname("host-1");
  }
  TaskContainer container() {
    auto out = task_container(task, self);
    EXPECT_TRUE(out.ok()) << out.error().text();
    return out.ok() ? *out : TaskContainer();
  }
  json host() { return container().body.at("HostConfig"); }
  std::string error() {
    auto out = task_container(task, self);
    return out.ok() ? "" : out.error().text();
  }
};

TEST_F(TaskContainerTest, a_spec_that_says_nothing_leaves_everything_to_the_image) {
  json body = container().body;
  for (const char* name : {"Entrypoint", "Cmd", "StopSignal"}) EXPECT_FALSE(body.contains(name)) << name;
  for (const char* name :
       {"Memory", "CpuQuota", "CapAdd", "Sysctls", "Init", "LogConfig", "Mounts", "Dns", "PidsLimit"})
    EXPECT_FALSE(body.at("HostConfig").contains(name)) << name;
  EXPECT_EQ(body.at("HostConfig").at("RestartPolicy").at("Name"), "no");
  EXPECT_EQ(body.at("Healthcheck").at("Test"), json::array({"NONE"}));
}

TEST_F(TaskContainerTest, name_and_labels_are_dockers) {
  (*spec.mutable_labels())["mine"] = "1";
  (*spec.mutable_labels())["com.docker.swarm.task.id"] = "forged";
  TaskContainer out = container();
  EXPECT_EQ(out.name, "web.2.task1");
  EXPECT_EQ(out.body.at("Labels"), (json{{"mine", "1"},
                                         {"com.docker.swarm.task", ""},
                                         {"com.docker.swarm.task.id", "task1"},
                                         {"com.docker.swarm.task.name", "web.2.task1"},
                                         {"com.docker.swarm.node.id", "node1"},
                                         {"com.docker.swarm.service.id", "service1"},
                                         {"com.docker.swarm.service.name", "web"}}));
  task.set_slot(0);  // of a global service
  EXPECT_EQ(container().name, "web.node1.task1");
}

TEST_F(TaskContainerTest, a_command_replaces_the_entrypoint_and_arguments_the_command) {
  spec.add_args("-v");
  EXPECT_FALSE(container().body.contains("Entrypoint"));
  EXPECT_EQ(container().body.at("Cmd"), json::array({"-v"}));
  spec.add_command("serve");
  EXPECT_EQ(container().body.at("Entrypoint"), json::array({"serve"}));
  EXPECT_EQ(container().body.at("Cmd"), json::array({"-v"}));
  spec.clear_args();
  EXPECT_EQ(container().body.at("Cmd"), json::array());  // not the image's
}

TEST_F(TaskContainerTest, templates_are_expanded_where_docker_expands_them) {
  spec.set_hostname("{{.Node.Hostname}}-{{.Task.Slot}}");
  spec.add_env("SLOT={{.Task.Slot}}=x");
  spec.add_env("PLAIN");
  spec.add_env("{{KEY}}=1");
  auto& mount = *spec.add_mounts();
  mount.set_type(api::Mount::BIND);
  mount.set_source("/data/{{.Service.Name}}");
  mount.set_target("/{{.Task.ID}}");
  spec.add_args("{{.Task.Slot}}");
  json body = container().body;
  EXPECT_EQ(body.at("Hostname"), "host-1-2");
  EXPECT_EQ(body.at("Env"), json::array({"SLOT=2=x", "PLAIN", "{{KEY}}=1"}));
  EXPECT_EQ(body.at("HostConfig").at("Mounts")[0].at("Source"), "/data/web");
  EXPECT_EQ(body.at("HostConfig").at("Mounts")[0].at("Target"), "/task1");
  EXPECT_EQ(body.at("Cmd"), json::array({"{{.Task.Slot}}"}));
}

TEST_F(TaskContainerTest, what_cannot_be_done_is_said_not_left_out) {
  spec.set_hostname("{{.Nope}}");
  EXPECT_TRUE(error().starts_with("expanding hostname failed: ")) << error();
  spec.clear_hostname();
  spec.add_mounts()->set_source("{{.Nope}}");
  EXPECT_TRUE(error().starts_with("expanding mounts failed: ")) << error();
  spec.clear_mounts();
  spec.clear_image();
  EXPECT_EQ(error(), "dockerexec: image required");
}

TEST_F(TaskContainerTest, every_field_has_its_place) {
  spec.set_dir("/srv");
  spec.set_user("nobody");
  spec.set_tty(true);
  spec.set_open_stdin(true);
  spec.set_read_only(true);
  spec.set_stop_signal("SIGINT");
  spec.add_groups("audio");
  spec.mutable_init()->set_value(false);
  (*spec.mutable_sysctls())["net.core.somaxconn"] = "1024";
  spec.add_capability_add("CAP_NET_ADMIN");
  spec.add_capability_drop("CAP_CHOWN");
  auto& limit = *spec.add_ulimits();
  limit.set_name("nofile");
  limit.set_soft(10);
  limit.set_hard(20);
  spec.set_pidslimit(7);
  spec.mutable_privileges()->mutable_selinux_context()->set_type("web_t");
  spec.mutable_dns_config()->add_nameservers("1.1.1.1");
  spec.mutable_dns_config()->add_search("example.org");
  spec.mutable_dns_config()->add_options("ndots:2");
  spec.add_hosts("10.0.0.1 one uno");
  spec.add_hosts("broken");
  task.mutable_log_driver()->set_name("json-file");
  (*task.mutable_log_driver()->mutable_options())["max-size"] = "1m";
  json body = container().body;
  json host = body.at("HostConfig");
  EXPECT_EQ(body.at("WorkingDir"), "/srv");
  EXPECT_EQ(body.at("User"), "nobody");
  EXPECT_EQ(body.at("Tty"), true);
  EXPECT_EQ(body.at("OpenStdin"), true);
  EXPECT_EQ(body.at("StopSignal"), "SIGINT");
  EXPECT_EQ(host.at("ReadonlyRootfs"), true);
  EXPECT_EQ(host.at("GroupAdd"), json::array({"audio"}));
  EXPECT_EQ(host.at("Init"), false);
  EXPECT_EQ(host.at("Sysctls"), (json{{"net.core.somaxconn", "1024"}}));
  EXPECT_EQ(host.at("CapAdd"), json::array({"CAP_NET_ADMIN"}));
  EXPECT_EQ(host.at("CapDrop"), json::array({"CAP_CHOWN"}));
  EXPECT_EQ(host.at("Ulimits"), json::array({{{"Name", "nofile"}, {"Soft", 10}, {"Hard", 20}}}));
  EXPECT_EQ(host.at("PidsLimit"), 7);
  EXPECT_EQ(host.at("SecurityOpt"), json::array({"label=type:web_t"}));
  EXPECT_EQ(host.at("Dns"), json::array({"1.1.1.1"}));
  EXPECT_EQ(host.at("DnsSearch"), json::array({"example.org"}));
  EXPECT_EQ(host.at("DnsOptions"), json::array({"ndots:2"}));
  EXPECT_EQ(host.at("ExtraHosts"), json::array({"one:10.0.0.1"}));
  EXPECT_EQ(host.at("LogConfig"), (json{{"Type", "json-file"}, {"Config", {{"max-size", "1m"}}}}));
}

TEST_F(TaskContainerTest, limits_are_enforced_and_reservations_do_not_contradict_them) {
  auto& resources = *task.mutable_spec()->mutable_resources();
  resources.mutable_limits()->set_nano_cpus(500'000'000);
  resources.mutable_limits()->set_memory_bytes(64 << 20);
  resources.mutable_reservations()->set_memory_bytes(32 << 20);
  EXPECT_EQ(host().at("CpuPeriod"), 100'000);
  EXPECT_EQ(host().at("CpuQuota"), 50'000);
  EXPECT_EQ(host().at("Memory"), 64 << 20);
  EXPECT_EQ(host().at("MemoryReservation"), 32 << 20);
  resources.mutable_reservations()->set_memory_bytes(65 << 20);
  EXPECT_FALSE(host().contains("MemoryReservation"));
  resources.mutable_limits()->set_nano_cpus(1'000'000);
  EXPECT_EQ(host().at("CpuQuota"), 1000);
  resources.mutable_limits()->set_nano_cpus(INT64_MAX);
  EXPECT_GT(host().at("CpuQuota"), 0);
}

TEST_F(TaskContainerTest, swap_is_counted_with_memory) {
  auto& resources = *task.mutable_spec()->mutable_resources();
  EXPECT_FALSE(host().contains("MemorySwap"));
  resources.mutable_limits()->set_memory_bytes(64 << 20);
  resources.mutable_swap_bytes()->set_value(32 << 20);
  resources.mutable_memory_swappiness()->set_value(0);
  EXPECT_EQ(host()["MemorySwap"], 96 << 20);
  EXPECT_FALSE(host().contains("MemorySwappiness")) << "no container has it with cgroups of version 2";
  resources.mutable_swap_bytes()->set_value(INT64_MAX);
  EXPECT_EQ(host()["MemorySwap"], INT64_MAX);
  resources.mutable_swap_bytes()->set_value(-1);
  EXPECT_EQ(host()["MemorySwap"], -1);
}

TEST_F(TaskContainerTest, what_was_chosen_of_generic_resources_is_in_the_environment) {
  for (const char* name : {"uuid1", "uuid2"}) {
    auto& gpu = *task.add_assigned_generic_resources()->mutable_named_resource_spec();
    gpu.set_kind("gpu");
    gpu.set_value(name);
  }
  auto& ssd = *task.add_assigned_generic_resources()->mutable_discrete_resource_spec();
  ssd.set_kind("ssd");
  ssd.set_value(3);
  const json environment = container().body.at("Env");
  EXPECT_NE(std::ranges::find(environment, "DOCKER_RESOURCE_GPU=uuid1,uuid2"), environment.end());
  EXPECT_NE(std::ranges::find(environment, "DOCKER_RESOURCE_SSD=3"), environment.end());
}

TEST_F(TaskContainerTest, mounts_are_what_the_engine_understands) {
  auto& bind = *spec.add_mounts();
  bind.set_source("/a");
  bind.set_target("/b");
  bind.set_readonly(true);
  bind.mutable_bind_options()->set_propagation(api::Mount::BindOptions::RSLAVE);
  auto& tmpfs = *spec.add_mounts();
  tmpfs.set_type(api::Mount::TMPFS);
  tmpfs.set_target("/tmp");
  tmpfs.mutable_tmpfs_options()->set_size_bytes(4096);
  tmpfs.mutable_tmpfs_options()->set_options(R"([["exec"]])");
  auto& plain = *spec.add_mounts();
  plain.set_type(api::Mount::VOLUME);
  plain.set_source("data");
  plain.set_target("/data");
  plain.mutable_volume_options()->set_nocopy(true);
  auto& special = *spec.add_mounts();
  special.set_type(api::Mount::VOLUME);
  special.set_source("data-{{.Task.Slot}}");
  special.set_target("/special");
  (*special.mutable_volume_options()->mutable_driver_config()->mutable_options())["o"] = "slot={{.Task.Slot}}";
  TaskContainer out = container();
  const json& mounts = out.body.at("HostConfig").at("Mounts");
  EXPECT_EQ(mounts[0], (json{{"Type", "bind"},
                             {"Source", "/a"},
                             {"Target", "/b"},
                             {"ReadOnly", true},
                             {"BindOptions", {{"Propagation", "rslave"}, {"NonRecursive", false}}}}));
  // Mode 0 would lock everybody out.
  EXPECT_EQ(mounts[1].at("TmpfsOptions"), json::parse(R"({"SizeBytes": 4096, "Mode": 1023, "Options": [["exec"]]})"));
  EXPECT_FALSE(mounts[1].contains("Source"));
  EXPECT_EQ(mounts[2].at("VolumeOptions"), (json{{"NoCopy", true}}));
  EXPECT_EQ(mounts[3].at("Source"), "data-2");
  EXPECT_EQ(mounts[3].at("VolumeOptions"), (json{{"DriverConfig", {{"Name", ""}, {"Options", {{"o", "slot=2"}}}}}}));
}

TEST_F(TaskContainerTest, times_to_stop_have_dockers_defaults_and_bounds) {
  EXPECT_EQ(stop_grace_s(task), 10);
  *spec.mutable_stop_grace_period() = model::to_wire(1ms);
  EXPECT_EQ(stop_grace_s(task), 1);
  *spec.mutable_stop_grace_period() = model::to_wire(0s);
  EXPECT_EQ(stop_grace_s(task), 0);

  auto& labels = *task.mutable_service_annotations()->mutable_labels();
  EXPECT_EQ(drain_limit(task), 5s);
  labels["skein.drain-timeout"] = "250ms";
  EXPECT_EQ(drain_limit(task), 250ms);
  labels["skein.drain-timeout"] = "soon";
  EXPECT_EQ(drain_limit(task), 5s);
  labels["skein.drain-timeout"] = "-1s";
  EXPECT_EQ(drain_limit(task), 0s);
}

TEST_F(TaskContainerTest, the_containers_readiness_goes_before_the_services) {
  EXPECT_EQ(readiness_command(task), "");
  (*task.mutable_service_annotations()->mutable_labels())["skein.readiness"] = "of service";
  EXPECT_EQ(readiness_command(task), "of service");
  (*spec.mutable_labels())["skein.readiness"] = "of container";
  EXPECT_EQ(readiness_command(task), "of container");
}

}  // namespace
}  // namespace skein::agent
