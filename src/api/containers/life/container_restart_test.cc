// Restart policies are ours: who ends is started again after a pause, is shown as Docker shows it meanwhile, and stays
// down when a user says so.
#include "api/containers/life/container_host_for_test.h"

namespace skein::api {
namespace {

struct ContainerRestart : ContainerHost {
  // It ends, and waits for its restart for longer than any test.
  std::string wait_for_restart(const Policy& policy, int code) {
    between_runs.min = 1h;
    boot();
    std::string id = start(policy);
    has_patience = false;
    engine->exit(id, code);
    run_until([&] { return keeper->restarting_after(id) != nullptr; });
    return id;
  }
  // From its end on.
  std::string restarts(const std::string& id, int code) {
    engine->exit(id, code);
    settle();
    return (runs(id) ? "runs " : "ended ") + show(id)["RestartCount"].dump();
  }
  int update(const std::string& id, const std::string& policy) {
    return post("/containers/" + id + "/update", R"({"RestartPolicy":)" + policy + "}");
  }
};

TEST_F(ContainerRestart, policies_decide_who_comes_back) {
  const std::string none = start(), always = start("always"), unless = start("unless-stopped"),
                    failing = start("on-failure:2");
  EXPECT_EQ(restarts(none, 1), "ended null");
  EXPECT_EQ(restarts(always, 0), "runs 1");
  EXPECT_EQ(restarts(always, 1), "runs 2");
  EXPECT_EQ(restarts(unless, 0), "runs 1");
  EXPECT_EQ(restarts(failing, 1), "runs 1");
  EXPECT_EQ(restarts(failing, 7), "runs 2");
  EXPECT_EQ(restarts(failing, 7), "ended 2") << "often enough";
  EXPECT_EQ(post("/containers/" + failing + "/start"), 204);
  EXPECT_EQ(restarts(failing, 0), "ended null") << "no failure; and the user's start counts anew";
  expect_agreement();
}

TEST_F(ContainerRestart, the_daemon_before_is_counted_with) {
  const std::string web = start("on-failure:3");
  EXPECT_EQ(restarts(web, 1), "runs 1");
  boot();
  EXPECT_EQ(restarts(web, 1), "runs 2");
  EXPECT_EQ(show(web)["HostConfig"]["RestartPolicy"], json({{"Name", "on-failure"}, {"MaximumRetryCount", 3}}));
}

TEST_F(ContainerRestart, who_waits_is_restarting) {
  const std::string web = wait_for_restart("always", 3);
  const json shown = show(web);
  EXPECT_EQ(shown["State"]["Status"], "restarting");
  for (const char* name : {"Running", "Restarting"}) EXPECT_EQ(shown["State"][name], true) << name;
  EXPECT_EQ(shown["State"]["ExitCode"], 3);
  EXPECT_EQ(shown["State"]["Pid"], 0);
  EXPECT_EQ(shown["RestartCount"], 1);
  EXPECT_EQ(post("/containers/" + web + "/start"), 304);
  EXPECT_EQ(post("/containers/" + web + "/pause"), 409);
  EXPECT_FALSE(networks.is_attached(web)) << "that is too long for its addresses to wait";
}

TEST_F(ContainerRestart, a_stop_and_a_kill_end_the_wait) {
  for (const char* call : {"stop", "kill"}) {
    const std::string web = wait_for_restart("always", 3);
    auto ticket = run(keeper->join(web, containers::WaitFor::kNotRunning));
    EXPECT_EQ(post("/containers/" + web + "/" + call), 204) << call;
    EXPECT_FALSE(runs(web));
    EXPECT_EQ(show(web)["State"]["Status"], "exited");
    EXPECT_EQ(run(ticket->wait()), 3) << "who waits for its end is told";
    has_patience = true;
    boot();
    EXPECT_TRUE(runs(web)) << "always: until the daemon's next start";
  }
}

TEST_F(ContainerRestart, a_signal_that_is_no_end_reaches_nobody) {
  const std::string web = wait_for_restart("always", 3);
  router = std::make_unique<io::http::Router>();
  EXPECT_TRUE(run(keeper->kill(json{{"Id", web}}, "HUP", nullptr)).ok());
  EXPECT_TRUE(keeper->restarting_after(web));
}

TEST_F(ContainerRestart, a_removal_ends_the_wait) {
  const std::string web = wait_for_restart("always", 3);
  engine->lose(web);
  EXPECT_FALSE(keeper->may_come_back(web));
  has_patience = true;
  settle();
  expect_agreement();
}

TEST_F(ContainerRestart, a_daemon_that_dies_in_the_wait_starts_it_when_it_is_back) {
  const std::string web = wait_for_restart("on-failure", 3), other = start("on-failure");
  has_patience = true;
  boot();
  EXPECT_TRUE(runs(web));
  EXPECT_TRUE(runs(other));
  expect_agreement();
}

// Whoever wins: after a stop it does not run.
TEST_F(ContainerRestart, a_stop_while_the_engine_starts_it_holds) {
  const std::string web = start("always");
  engine->held = {"start"};
  has_patience = false;
  engine->exit(web, 1);
  run_until([&] { return engine->log.back() == "start c1" && keeper->restarting_after(web); });
  containers::Keeper::Act act = [&]() -> asio::awaitable<Result<void>> { return engine->stop(web, 0); };
  asio::co_spawn(loop, keeper->stop(json{{"Id", web}}, act), asio::detached);
  engine->let_go("start");
  settle();
  EXPECT_FALSE(runs(web));
  expect_agreement();
}

TEST_F(ContainerRestart, an_update_holds_from_the_next_end_on) {
  const std::string web = start("always");
  EXPECT_EQ(update(web, R"({"Name":"no"})"), 200);
  EXPECT_EQ(show(web)["HostConfig"]["RestartPolicy"]["Name"], "no");
  EXPECT_EQ(restarts(web, 1), "ended null");
  EXPECT_EQ(update(web, R"({"Name":"on-failure","MaximumRetryCount":1})"), 200);
  EXPECT_EQ(post("/containers/" + web + "/start"), 204);
  boot();
  EXPECT_EQ(restarts(web, 1), "runs 1") << "it outlives the daemon, and the start";
  EXPECT_EQ(restarts(web, 1), "ended 1");
  EXPECT_EQ(update(web, R"({"Name":"","MaximumRetryCount":0})"), 200) << "no policy, no change";
  EXPECT_EQ(show(web)["HostConfig"]["RestartPolicy"]["Name"], "on-failure");
}

TEST_F(ContainerRestart, what_cannot_be_updated_is_refused) {
  const std::string web = start(), old = create_old("always");
  engine->containers.at(web).spec["HostConfig"]["AutoRemove"] = true;
  EXPECT_EQ(update(web, R"({"Name":"always"})"), 409);
  EXPECT_EQ(update(web, R"({"Name":"no"})"), 200);
  EXPECT_EQ(update(web, R"({"Name":"odd"})"), 400);
  EXPECT_EQ(update("nosuch", R"({"Name":"always"})"), 404);
  EXPECT_EQ(update(old, R"({"Name":"no"})"), 501) << "the engine's own";
  EXPECT_EQ(show(old)["HostConfig"]["RestartPolicy"]["Name"], "always");
}

// Podman tells of each end twice.
TEST_F(ContainerRestart, an_end_that_is_told_again_is_counted_once) {
  const std::string web = start("always");
  const auto observer = keeper->observer();
  EXPECT_EQ(restarts(web, 1), "runs 1");
  observer.on_container_exit({.id = web, .exit_code = 1, .is_repeated = true});
  settle();
  EXPECT_EQ(show(web)["RestartCount"], 1);
}

}  // namespace
}  // namespace skein::api
