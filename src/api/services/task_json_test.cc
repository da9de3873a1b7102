// `docker service ps` and everything else that lists tasks reads ours as it reads Docker's.
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <fstream>

#include "api/replies/service_words.h"
#include "api/services/service_out.h"
#include "api/services/service_spec_in.h"
#include "api/swarm/times_for_test.h"

namespace skein::api {
namespace {

using nlohmann::json;

void read_meta(const json& shown, swarm::Meta& out) {
  out.mutable_version()->set_index(shown["Version"]["Index"]);
  *out.mutable_created_at() = time_of(shown["CreatedAt"]);
  *out.mutable_updated_at() = time_of(shown["UpdatedAt"]);
}

void read_ipam(const json& shown, swarm::IPAMOptions& out) {
  out.mutable_driver()->set_name(shown["Driver"].value("Name", ""));
  for (const json& config : shown.value("Configs", json::array())) {
    out.add_configs()->set_subnet(config["Subnet"]);
    out.mutable_configs()->rbegin()->set_gateway(config.value("Gateway", ""));
  }
}

void read_driver(const json& shown, swarm::Driver& out) {
  out.set_name(shown.value("Name", ""));
  const json options = shown.value("Options", json::object());
  for (const auto& [key, value] : options.items()) (*out.mutable_options())[key] = value;
}

swarm::Network network_of(const json& shown) {
  swarm::Network out;
  out.set_id(shown["ID"]);
  read_meta(shown, *out.mutable_meta());
  const json& spec = shown["Spec"];
  out.mutable_spec()->mutable_annotations()->set_name(spec["Name"]);
  for (const auto& [key, value] : spec["Labels"].items())
    (*out.mutable_spec()->mutable_annotations()->mutable_labels())[key] = value;
  read_driver(spec["DriverConfiguration"], *out.mutable_spec()->mutable_driver_config());
  out.mutable_spec()->set_attachable(spec.value("Attachable", false));
  out.mutable_spec()->set_ingress(spec.value("Ingress", false));
  if (spec.contains("IPAMOptions")) read_ipam(spec["IPAMOptions"], *out.mutable_spec()->mutable_ipam());
  read_driver(shown["DriverState"], *out.mutable_driver_state());
  read_ipam(shown["IPAMOptions"], *out.mutable_ipam());
  return out;
}

void read_status(const json& shown, swarm::TaskStatus& out) {
  *out.mutable_timestamp() = time_of(shown["Timestamp"]);
  out.set_state(*kTaskStates.value(shown["State"].get<std::string>()));
  out.set_message(shown.value("Message", ""));
  out.set_err(shown.value("Err", ""));
  if (shown.contains("ContainerStatus")) {
    const json& container = shown["ContainerStatus"];
    out.mutable_container()->set_container_id(container["ContainerID"]);
    out.mutable_container()->set_pid(container["PID"]);
    out.mutable_container()->set_exit_code(container["ExitCode"]);
  }
  for (const json& port : shown["PortStatus"].value("Ports", json::array())) {
    auto* added = out.mutable_port_status()->add_ports();
    added->set_protocol(*kPortProtocols.value(port["Protocol"].get<std::string>()));
    added->set_publish_mode(*kPublishModes.value(port["PublishMode"].get<std::string>()));
    added->set_target_port(port["TargetPort"]);
    added->set_published_port(port["PublishedPort"]);
  }
}

// The task that a manager of Docker's had when it showed it so.
swarm::Task task_of(const json& shown) {
  swarm::Task out;
  out.set_id(shown["ID"]);
  read_meta(shown, *out.mutable_meta());
  std::optional<Error> problem;
  {
    Members spec(shown["Spec"], "Spec", problem);
    read_task_spec(spec, *out.mutable_spec());
  }
  EXPECT_FALSE(problem) << problem->text();
  out.set_service_id(shown["ServiceID"]);
  out.set_slot(shown.value("Slot", 0));
  out.set_node_id(shown.value("NodeID", ""));
  read_status(shown["Status"], *out.mutable_status());
  out.set_desired_state(*kTaskStates.value(shown["DesiredState"].get<std::string>()));
  for (const json& attachment : shown.value("NetworksAttachments", json::array())) {
    auto* added = out.add_networks();
    *added->mutable_network() = network_of(attachment["Network"]);
    for (const json& address : attachment["Addresses"]) added->add_addresses(address);
  }
  return out;
}

TEST(TaskJson, tasks_look_as_docker_shows_them) {
  std::ifstream file(SKEIN_TEST_DATA "/http/tasks-shown.json");
  json all = json::parse(file);
  ASSERT_GE(all.size(), 10u);
  for (const json& shown : all) EXPECT_EQ(task_to_json(task_of(shown)), shown);
}

TEST(TaskJson, what_a_job_and_its_resources_add_is_shown) {
  swarm::Task task;
  task.mutable_job_iteration()->set_index(3);
  task.add_assigned_generic_resources()->mutable_discrete_resource_spec()->set_kind("ssd");
  json shown = task_to_json(task);
  EXPECT_EQ(shown["JobIteration"]["Index"], 3);
  EXPECT_EQ(shown["GenericResources"][0]["DiscreteResourceSpec"]["Kind"], "ssd");
  EXPECT_FALSE(shown.contains("NodeID"));
}

// What `docker service ls` counts.
TEST(ServiceStatus, counts_what_runs_and_what_should) {
  store::Tables view;
  int number = 0;
  auto add = [&](swarm::TaskState state, swarm::TaskState desired, uint64_t iteration = 0) {
    swarm::Task task;
    task.set_id("t" + std::to_string(number++));
    task.set_service_id("s");
    task.mutable_status()->set_state(state);
    task.set_desired_state(desired);
    task.mutable_job_iteration()->set_index(iteration);
    view.apply({model::Kind::kTask, task.id(), store::Ref<swarm::Task>(), std::make_shared<const swarm::Task>(task)});
  };
  auto counts = [&](const swarm::Service& service) {
    json status = service_status(service, view);
    return std::vector<int>{status["RunningTasks"], status["DesiredTasks"], status["CompletedTasks"]};
  };
  swarm::Service service;
  service.set_id("s");
  service.mutable_spec()->mutable_replicated()->set_replicas(4);
  add(swarm::RUNNING, swarm::RUNNING);
  add(swarm::RUNNING, swarm::SHUTDOWN);
  add(swarm::STARTING, swarm::RUNNING);
  add(swarm::FAILED_, swarm::SHUTDOWN);
  EXPECT_EQ(counts(service), (std::vector<int>{2, 4, 0}));
  service.mutable_spec()->mutable_global();
  EXPECT_EQ(counts(service), (std::vector<int>{2, 2, 0}));

  auto* job = service.mutable_spec()->mutable_replicated_job();
  job->set_total_completions(9);
  job->set_max_concurrent(2);
  service.mutable_job_status()->mutable_job_iteration()->set_index(1);
  add(swarm::COMPLETE_, swarm::COMPLETE_, 1);
  add(swarm::RUNNING, swarm::COMPLETE_, 1);
  EXPECT_EQ(counts(service), (std::vector<int>{1, 2, 1}));
  service.mutable_spec()->mutable_global_job();
  EXPECT_EQ(counts(service), (std::vector<int>{1, 1, 1}));
}

// `service ls` says 0/1 (3/3 completed) of it.
TEST(ServiceStatus, a_job_that_is_done_still_wants_what_may_run_at_once) {
  store::Tables view;
  swarm::Service service;
  service.set_id("s");
  service.mutable_spec()->mutable_replicated_job()->set_total_completions(3);
  service.mutable_spec()->mutable_replicated_job()->set_max_concurrent(1);
  for (int i = 0; i < 3; ++i) {
    swarm::Task task;
    task.set_id("t" + std::to_string(i));
    task.set_service_id("s");
    task.mutable_status()->set_state(swarm::COMPLETE_);
    task.set_desired_state(swarm::COMPLETE_);
    view.apply({model::Kind::kTask, task.id(), store::Ref<swarm::Task>(), std::make_shared<const swarm::Task>(task)});
  }
  EXPECT_EQ(service_status(service, view), json({{"RunningTasks", 0}, {"DesiredTasks", 1}, {"CompletedTasks", 3}}));
}

}  // namespace
}  // namespace skein::api
