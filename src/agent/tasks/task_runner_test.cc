// A service's tasks must come up in Docker's steps, or say why they cannot.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/tasks/task_runner_for_test.h"

namespace skein::agent {
namespace {

TEST_F(TaskRunnerTest, a_task_comes_to_life_in_dockers_steps) {
  add("t1");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(told("t1"), (Lines{"ACCEPTED accepted", "PREPARING preparing", "READY prepared", "STARTING starting",
                               "RUNNING started"}));
  EXPECT_EQ(log, (Lines{"create web.1.t1", "attach", "start web.1.t1", "serving"}));
  EXPECT_EQ(last("t1").container().container_id(), engine.id());
  EXPECT_EQ(last("t1").container().pid(), 4711);
  EXPECT_EQ(reports["t1"][3].container().container_id(), engine.id());
  EXPECT_TRUE(last("t1").has_timestamp());
}

TEST_F(TaskRunnerTest, the_container_is_connected_as_the_manager_said) {
  auto& task = add("t1");
  task.mutable_networks(0)->add_aliases("www");
  auto& virtual_ip = *task.mutable_endpoint()->add_virtual_ips();
  virtual_ip.set_network_id("net1");
  virtual_ip.set_addr("10.0.5.2/24");
  task.mutable_spec()->mutable_container()->set_hostname("{{.Node.Hostname}}-{{.Task.Slot}}");
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  const auto& request = networks.attached.at(engine.id());
  EXPECT_EQ(request.container_name, "web.1.t1");
  EXPECT_EQ(request.hostname, "host-1-1");
  ASSERT_EQ(request.endpoints.size(), 1u);
  const auto& endpoint = request.endpoints[0];
  EXPECT_EQ(endpoint.network, "net1");
  EXPECT_TRUE(endpoint.aliases.empty());  // else the service's name would lead past its virtual address
  EXPECT_EQ(endpoint.given->address.text(), "10.0.5.11");
  EXPECT_EQ(endpoint.given->service->virtual_ip->text(), "10.0.5.2");
  EXPECT_EQ(endpoint.given->service->aliases, Lines{"www"});
  // The container finds itself by its hostname.
  auto record = engine::NetworkingRecord::from_labels(engine.containers.begin()->second.spec.at("Labels"));
  ASSERT_TRUE(record);
  EXPECT_EQ(*networks.namespaces.begin(), "/netns/" + record->key);
  EXPECT_EQ(engine.containers.begin()->second.spec.at("HostConfig").at("NetworkMode"), "ns:/netns/" + record->key);
  EXPECT_EQ(overlay::read_container_state(folder + "/files/" + record->key)->id, engine.id());
}

TEST_F(TaskRunnerTest, a_task_that_shall_be_ready_waits_for_its_turn) {
  add("t1").set_desired_state(api::READY_);
  tell();
  ASSERT_TRUE(reaches("t1", api::READY_));
  settle();
  EXPECT_EQ(last("t1").state(), api::READY_);
  EXPECT_EQ(log, Lines{"create web.1.t1"});
  want("t1", api::RUNNING);
  EXPECT_TRUE(reaches("t1", api::RUNNING));
}

TEST_F(TaskRunnerTest, an_image_is_pulled_once_and_only_if_it_is_missing) {
  add("t1", 1).mutable_spec()->mutable_container()->set_image("new");
  add("t2", 2).mutable_spec()->mutable_container()->set_image("new");
  add("t3", 3);
  for (auto* task : {&tasks["t1"], &tasks["t2"]})
    task->mutable_spec()->mutable_container()->mutable_pull_options()->set_registry_auth("secret");
  tell();
  EXPECT_TRUE(reaches("t1", api::RUNNING) && reaches("t2", api::RUNNING) && reaches("t3", api::RUNNING));
  EXPECT_EQ(count("pull new with secret"), 1);
  EXPECT_EQ(std::count_if(log.begin(), log.end(), [](auto& line) { return line.starts_with("pull"); }), 1);
}

TEST_F(TaskRunnerTest, a_task_whose_image_is_nowhere_is_rejected) {
  add("t1").mutable_spec()->mutable_container()->set_image("nosuch");
  engine.errors["pull"] = {make_error(Code::kNotFound, "manifest unknown")};
  tell();
  ASSERT_TRUE(reaches("t1", api::REJECTED));
  EXPECT_EQ(told("t1").back(), "REJECTED preparing (manifest unknown)") << "in the registry's words";
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(TaskRunnerTest, a_task_whose_image_comes_while_its_pull_fails_runs) {
  add("t1").mutable_spec()->mutable_container()->set_image("late");
  engine.outcome_of = [this](const std::string& call) -> Result<void> {
    if (call != "pull") return {};
    engine.images.insert("late");
    return make_error(Code::kUnavailable, "the registry is down");
  };
  tell();
  EXPECT_TRUE(reaches("t1", api::RUNNING));
}

TEST_F(TaskRunnerTest, a_task_whose_bind_source_is_missing_is_rejected_and_nothing_is_made) {
  auto& mount = *add("t1").mutable_spec()->mutable_container()->add_mounts();
  mount.set_source(folder + "/nosuch");
  mount.set_target("/data");
  auto& present = *add("t2", 2).mutable_spec()->mutable_container()->add_mounts();
  present.set_source(folder);
  present.set_target("/data");
  tell();
  ASSERT_TRUE(reaches("t1", api::REJECTED) && reaches("t2", api::RUNNING));
  EXPECT_EQ(last("t1").err(),
            "invalid mount config for type \"bind\": bind source path does not exist: " + folder + "/nosuch");
  EXPECT_FALSE(std::filesystem::exists(folder + "/nosuch"));
}

TEST_F(TaskRunnerTest, a_task_that_cannot_be_made_is_rejected_with_the_reason) {
  add("t1").mutable_spec()->mutable_container()->add_env("A={{.Nope}}");
  add("t2", 2);
  engine.errors["create"] = {make_error(Code::kInvalidArgument, "No command specified")};
  tell();
  ASSERT_TRUE(reaches("t1", api::REJECTED) && reaches("t2", api::REJECTED));
  EXPECT_TRUE(last("t1").err().starts_with("expanding env failed: template: ")) << last("t1").err();
  EXPECT_EQ(last("t2").err(), "No command specified");
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(TaskRunnerTest, a_task_that_cannot_be_connected_fails_before_its_first_instruction) {
  add("t1");
  networks.attach_error = make_error(Code::kUnavailable, "no device");
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(last("t1").err(), "starting container failed: no device");
  EXPECT_EQ(count("start web.1.t1"), 0);
}

TEST_F(TaskRunnerTest, a_task_that_cannot_be_started_fails_and_is_disconnected) {
  add("t1");
  engine.errors["start"] = {make_error(Code::kInvalidArgument, "exec: \"nosuch\": executable file not found in $PATH")};
  tell();
  ASSERT_TRUE(reaches("t1", api::FAILED_));
  EXPECT_EQ(told("t1").back(),
            "FAILED starting (starting container failed: exec: \"nosuch\": executable file not found in $PATH)");
  EXPECT_TRUE(networks.attached.empty());
  EXPECT_EQ(count("serving"), 0);
}

TEST_F(TaskRunnerTest, an_engine_that_comes_back_costs_no_task) {
  const Error away = make_error(Code::kUnavailable, "nobody listens");
  for (const char* call : {"list", "has_image", "create", "inspect", "start", "health_check_of_image"})
    engine.errors[call] = {away, away};
  add("t1");
  restart();
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  EXPECT_EQ(told("t1").size(), 5u);
  want("t1", api::SHUTDOWN);
  for (const char* call : {"stop", "remove"})
    engine.errors[call] = {away, make_error(Code::kUnknown, "storage is busy")};
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  tasks.clear();
  tell();
  EXPECT_TRUE(run_until([&] { return leaves_nothing(); }));
}

// It runs, but nobody could say so before it was wanted no more.
TEST_F(TaskRunnerTest, a_container_whose_start_was_not_answered_is_stopped) {
  engine.outcome_of = [&](const std::string& call) -> Result<void> {
    const bool is_running = !engine.containers.empty() && engine.containers.begin()->second.status == "running";
    if (call != "inspect" || !is_running) return {};
    return make_error(Code::kUnavailable, "nobody answers");
  };
  add("t1");
  settle();
  tell();
  ASSERT_TRUE(
      run_until([&] { return engine.containers.size() == 1 && engine.containers.begin()->second.was_started; }));
  want("t1", api::SHUTDOWN);
  settle();
  engine.outcome_of = {};
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  EXPECT_EQ(engine.containers.begin()->second.status, "exited");
}

// On a busy machine the time to try again comes between any two looks at the clock.
TEST_F(TaskRunnerTest, the_time_to_try_again_is_not_missed_when_it_comes_while_the_wait_is_prepared) {
  struct : Clock {
    TimePoint now() const override {
      passed += 600us;  // retry_pause: 1 ms
      return system_clock().now() + passed;
    }
    WallTime wall() const override { return system_clock().wall(); }
    mutable Duration passed{};
  } slow;
  for (const char* call : {"create", "start"}) engine.errors[call] = {make_error(Code::kUnavailable, "nobody listens")};
  add("t1");
  restart(slow);
  tell();
  EXPECT_TRUE(reaches("t1", api::RUNNING));
  close_runner();
}

// The answer was lost with the connection.
TEST_F(TaskRunnerTest, a_container_that_was_made_after_all_is_taken_over) {
  add("t1");
  settle();
  engine.containers["abc"] = {"web.1.t1", {{"Labels", {{"com.docker.swarm.task.id", "t1"}}}}};
  tell();
  ASSERT_TRUE(reaches("t1", api::STARTING));
  EXPECT_EQ(last("t1").container().container_id(), "abc");
  add("t2", 2);
  engine.containers["def"] = {"web.2.t2", {{"Labels", {{"com.docker.swarm.task.id", "other"}}}}};
  tell();
  ASSERT_TRUE(reaches("t2", api::REJECTED));
  EXPECT_TRUE(last("t2").err().starts_with("Conflict."));
}

TEST_F(TaskRunnerTest, not_all_start_at_once) {
  engine.held.insert("start");
  for (int i = 1; i <= 9; ++i) add("t" + std::to_string(i), static_cast<uint64_t>(i));
  tell();
  settle();
  auto starts = [&] {
    return std::count_if(log.begin(), log.end(), [](auto& line) { return line.starts_with("start"); });
  };
  EXPECT_EQ(starts(), 4);
  engine.let_go("start");
  EXPECT_TRUE(run_until([&] { return starts() == 9; }));
}

TEST_F(TaskRunnerTest, ports_of_the_host_are_bound_and_told) {
  auto& task = add("t1");
  for (uint32_t published : {8080u, 0u}) {
    auto& port = *task.mutable_endpoint()->add_ports();
    port.set_target_port(published ? 80 : 81);
    port.set_published_port(published);
    port.set_publish_mode(api::PortConfig::HOST);
  }
  task.mutable_endpoint()->add_ports()->set_target_port(82);  // ingress
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING));
  const auto& bound = last("t1").port_status().ports();
  ASSERT_EQ(bound.size(), 2);
  EXPECT_EQ(bound[0].published_port(), 8080u);
  EXPECT_GT(bound[1].published_port(), 0u);
  const auto& ports = networks.attached.at(engine.id()).ports;
  ASSERT_EQ(ports.size(), 4u);
  EXPECT_EQ(ports[2].host_port, bound[1].published_port());
  EXPECT_EQ(ports[2].container_port, 81);
  want("t1", api::SHUTDOWN);
  ASSERT_TRUE(reaches("t1", api::SHUTDOWN));
  EXPECT_FALSE(last("t1").has_port_status());
}

TEST_F(TaskRunnerTest, attachments_are_not_ours) {
  tasks["a1"].mutable_spec()->mutable_attachment()->set_container_id("abc");
  tasks["a1"].set_id("a1");
  tell();
  settle();
  EXPECT_TRUE(log.empty());
  EXPECT_TRUE(reports.empty());
}

TEST_F(TaskRunnerTest, a_node_that_leaves_its_swarm_takes_its_tasks_along) {
  add("t1", 1);
  add("t2", 2);
  tell();
  ASSERT_TRUE(reaches("t1", api::RUNNING) && reaches("t2", api::RUNNING));
  engine.containers["mine"] = {"mine", {{"Image", "busybox"}}, "running"};
  reports.clear();
  bool has_left = false;
  asio::co_spawn(loop, runner->leave(), [&](const std::exception_ptr&) { has_left = true; });
  ASSERT_TRUE(run_until([&] { return has_left; }));
  settle();
  EXPECT_EQ(engine.id(), "mine");
  EXPECT_EQ(engine.containers.size(), 1u);
  EXPECT_TRUE(networks.namespaces.empty());
  EXPECT_TRUE(reports.empty());
}

}  // namespace
}  // namespace skein::agent
