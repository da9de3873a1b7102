// Daemons die, hosts reboot, engines fail to answer: afterwards what runs and what is attached are the same, and what
// is to run runs.
#include "api/containers/life/container_host_for_test.h"

namespace skein::api {
namespace {

TEST_F(ContainerHost, what_ended_while_the_daemon_was_away_has_no_endpoints) {
  const std::string web = start(), other = start();
  end_unseen(web, 0);
  boot();
  EXPECT_FALSE(networks.is_attached(web));
  EXPECT_TRUE(networks.is_attached(other)) << "it runs";
}

TEST_F(ContainerHost, what_was_removed_while_the_daemon_was_away_has_no_endpoints) {
  const std::string web = start();
  end();
  engine->containers.erase(web);
  boot();
  EXPECT_TRUE(networks.attached.empty());
}

TEST_F(ContainerHost, an_exit_about_which_the_engine_cannot_be_asked_is_not_forgotten) {
  const std::string web = start();
  engine->errors["inspect"] = {make_error(Code::kUnavailable, "away")};
  engine->errors["list"] = {make_error(Code::kUnavailable, "away"), make_error(Code::kUnavailable, "away")};
  engine->exit(web, 0);
  settle();
  EXPECT_FALSE(networks.is_attached(web));
}

TEST_F(ContainerHost, a_restart_that_fails_leaves_no_endpoints_of_what_it_stopped) {
  const std::string web = start();
  engine->exit(web, 0);
  settle();
  engine->errors["start"] = {make_error(Code::kInternal, "no")};
  EXPECT_EQ(post("/containers/" + web + "/start"), 500);
  EXPECT_FALSE(networks.is_attached(web));
}

TEST_F(ContainerHost, after_a_reboot_policies_start_their_containers_and_the_others_are_exited_with_255) {
  const std::string none = start(), always = start("always"), unless = start("unless-stopped"),
                    failing = start("on-failure");
  const std::string created = create("always");
  reboot();
  EXPECT_FALSE(runs(none));
  EXPECT_EQ(show(none)["State"]["ExitCode"], 255);
  EXPECT_EQ(show(none)["State"]["Status"], "exited");
  EXPECT_NE(show(none)["State"]["FinishedAt"], "0001-01-01T00:00:00Z");
  for (const auto& id : {always, unless, failing}) EXPECT_TRUE(runs(id));
  EXPECT_EQ(show(always)["State"]["ExitCode"], 0);
  EXPECT_FALSE(runs(created)) << "it was never started";
  expect_agreement();
  const std::string found_at = show(none)["State"]["FinishedAt"];
  boot();
  EXPECT_EQ(show(none)["State"]["FinishedAt"], found_at) << "found once";
  EXPECT_EQ(post("/containers/" + none + "/start"), 204);
  EXPECT_EQ(show(none)["State"]["ExitCode"], 0);
}

TEST_F(ContainerHost, a_stop_by_the_user_outlives_daemons_and_hosts_until_the_next_start) {
  const std::string web = start("unless-stopped"), other = start("always");
  EXPECT_EQ(post("/containers/" + web + "/stop"), 204);
  EXPECT_EQ(post("/containers/" + other + "/stop"), 204);
  boot();
  EXPECT_FALSE(runs(web));
  EXPECT_TRUE(runs(other)) << "always: a stop holds until the daemon's next start";
  reboot();
  EXPECT_FALSE(runs(web));
  EXPECT_EQ(post("/containers/" + web + "/start"), 204);
  reboot();
  EXPECT_TRUE(runs(web));
  expect_agreement();
}

TEST_F(ContainerHost, a_stop_that_fails_is_no_stop) {
  const std::string web = start("unless-stopped");
  engine->errors["stop"] = {make_error(Code::kInternal, "no")};
  EXPECT_EQ(post("/containers/" + web + "/stop"), 500);
  reboot();
  EXPECT_TRUE(runs(web));
}

TEST_F(ContainerHost, a_container_waits_for_its_network_without_holding_up_others) {
  const std::string web = start("always");
  engine->crash();
  networks.attached.clear();
  networks.attach_error = make_error(Code::kUnavailable, "no session with a manager");
  end();
  auto answered = [&]() -> asio::awaitable<void> {
    io::Timer timer(loop, 20ms);
    co_await timer.async_wait(asio::use_awaitable);
    EXPECT_FALSE(runs(web));
    networks.attach_error.reset();
  };
  asio::co_spawn(loop, answered(), asio::detached);
  boot();
  EXPECT_TRUE(runs(web));
  expect_agreement();
}

TEST_F(ContainerHost, a_container_that_cannot_be_started_is_left) {
  const std::string web = start("always");
  engine->crash();
  networks.attached.clear();
  boot({{"start", {make_error(Code::kInvalidArgument, "exec: not found")}}});
  EXPECT_FALSE(runs(web));
  expect_agreement();
}

TEST_F(ContainerHost, an_engine_that_is_away_for_a_moment_costs_no_container_its_start) {
  const std::string web = start("always");
  engine->crash();
  networks.attached.clear();
  const Error away = make_error(Code::kUnavailable, "away");
  boot({{"start", {away, away}}});
  EXPECT_TRUE(runs(web));
  expect_agreement();
}

// Their endpoints are the agent's, but for what is left of them.
TEST_F(ContainerHost, containers_of_tasks_neither_come_back_nor_keep_anything) {
  const std::string dead = create("no", true), living = create("no", true);
  for (const auto& id : {dead, living}) {
    engine->containers.at(id).status = "running";
    engine->containers.at(id).was_started = true;
    networks.attached[id] = {};
  }
  end_unseen(dead, 0);
  boot();
  EXPECT_FALSE(networks.is_attached(dead));
  EXPECT_TRUE(networks.is_attached(living));
  reboot();
  EXPECT_FALSE(runs(living));
  expect_agreement();
}

TEST_F(ContainerHost, what_the_engine_starts_by_itself_gets_its_endpoints) {
  const std::string web = create_old("always");
  EXPECT_EQ(post("/containers/" + web + "/start"), 204);
  engine->exit(web, 1);
  settle();
  EXPECT_FALSE(networks.is_attached(web));
  EXPECT_TRUE(run(engine->start(web)).ok());
  EXPECT_TRUE(networks.is_attached(web));
}

TEST_F(ContainerHost, rm_holds_for_what_ended_unseen) {
  const std::string web = start();
  engine->containers.at(web).spec["HostConfig"]["AutoRemove"] = true;
  end_unseen(web, 0);
  boot();
  EXPECT_FALSE(engine->containers.contains(web));
}

TEST_F(ContainerHost, the_dead_are_not_healthy) {
  const std::string web = start();
  health.put(web, containers::HealthRecord(containers::Health::kHealthy));
  EXPECT_EQ(show(web)["State"]["Health"]["Status"], "healthy");
  engine->exit(web, 1);
  EXPECT_EQ(show(web)["State"]["Health"]["Status"], "unhealthy");
}

// Whatever happens in whatever order: once the daemon is up and the engine answers, all agree.
TEST_F(ContainerHost, what_runs_and_what_is_attached_agree_after_anything) {
  const std::vector<Policy> policies{"no", "always", "unless-stopped", "on-failure"};
  std::map<std::string, bool> is_stopped;
  for (int step = 0; step < 400; ++step) {
    std::vector<std::string> ids;
    for (const auto& [id, container] : engine->containers) ids.push_back(id);
    const std::string id = ids.empty() ? "" : ids[random.below(ids.size())];
    for (const char* call : {"inspect", "list", "start"})
      if (random.below(4) == 0) engine->errors[call].push_back(make_error(Code::kUnavailable, "away"));
    switch (random.below(8)) {
      case 0:
        if (ids.size() < 8) create(policies[random.below(policies.size())]);
        break;
      case 1:
      case 2:
        if (!id.empty() && post("/containers/" + id + "/start") == 204) is_stopped[id] = false;
        break;
      case 3:
        if (!id.empty() && runs(id) && post("/containers/" + id + "/stop") == 204) is_stopped[id] = true;
        break;
      case 4:
        if (!id.empty() && runs(id)) {
          const int code = static_cast<int>(random.below(2));
          const Policy policy = engine->containers.at(id).spec["Labels"].value(engine::kRestartLabel, "");
          engine->exit(id, code);
          settle();
          EXPECT_EQ(runs(id), policy == "on-failure" ? code != 0 : policy != "no") << policy << " " << step;
        }
        break;
      case 5:
        if (!id.empty()) end_unseen(id, 1), is_stopped.try_emplace(id, false);
        engine->errors.clear();
        boot();
        break;
      case 6: engine->lose(id.empty() ? "none" : id); break;
      case 7:
        engine->errors.clear();
        reboot();
        for (const auto& [each, container] : engine->containers) {
          const json& labels = container.spec["Labels"];
          const Policy policy = labels.value(engine::kRestartLabel, "");
          if (!is_stopped.contains(each) || policy != "unless-stopped") continue;
          EXPECT_EQ(container.status == "running", !is_stopped[each]) << step;
        }
        break;
    }
    settle();
    engine->errors.clear();
    settle();
    expect_agreement();
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
}

}  // namespace
}  // namespace skein::api
