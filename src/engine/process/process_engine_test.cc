// With real processes: how they live and die, and what must be gone when a lab is taken down.
#include "engine/process/processes_for_test.h"

namespace skein::engine {
namespace {

TEST_F(Processes, live_and_die_and_observers_hear_of_it_in_order) {
  std::string id = create_shell("exit 3", {{"Labels", {{"a", "b"}}}});
  EXPECT_EQ(state(id)["Status"], "created");
  EXPECT_EQ(life_of(*run(engine_->inspect(id))), Life::kNew);
  start(id);
  await_told("exit 3 " + id);
  json inspected = *run(engine_->inspect(id));
  EXPECT_EQ(life_of(inspected), Life::kEnded);
  EXPECT_EQ(exit_code_of(inspected), 3);
  EXPECT_EQ(inspected["State"]["Pid"], 0);
  EXPECT_EQ(inspected["Config"]["Labels"]["a"], "b");
  EXPECT_TRUE(run(engine_->remove(id, false)).ok());
  await_told("removed " + id);
  EXPECT_EQ(log_, (std::vector<std::string>{"start " + id, "exit 3 " + id, "removed " + id}));
  EXPECT_EQ(actions_, (std::vector<std::string>{"create", "start", "die", "destroy"}));
  EXPECT_EQ(run(engine_->inspect(id)).error().what, "No such container: " + id);
  EXPECT_TRUE(run(engine_->remove(id, false)).ok()) << "absent is no error";
}

TEST_F(Processes, can_be_started_again) {
  std::string id = start_shell("exit 3");
  await_told("exit 3 " + id);
  log_.clear();
  start(id);
  await_told("exit 3 " + id);
  EXPECT_EQ(log_, (std::vector<std::string>{"start " + id, "exit 3 " + id}));
}

TEST_F(Processes, are_asked_to_stop_and_then_killed) {
  std::string polite = start_shell(kPolite), stubborn = start_shell(kStubborn);
  EXPECT_TRUE(run(engine_->start(polite)).ok()) << "running already is no error";
  await_output(polite, "ready");
  await_output(stubborn, "ready");
  EXPECT_EQ(life_of(*run(engine_->inspect(polite))), Life::kRunning);
  EXPECT_TRUE(run(engine_->stop(polite, 1000)).ok());
  EXPECT_EQ(state(polite)["ExitCode"], 7);
  EXPECT_TRUE(run(engine_->stop(polite, 0)).ok()) << "stopped already is no error";
  EXPECT_TRUE(run(engine_->stop(stubborn, 0)).ok());
  EXPECT_EQ(state(stubborn)["ExitCode"], 137);
}

TEST_F(Processes, are_stopped_by_the_signal_of_their_spec) {
  std::string id = start_shell(kPolite, {{"StopSignal", "SIGUSR1"}});
  await_output(id, "ready");
  EXPECT_TRUE(run(engine_->stop(id, -1)).ok());
  EXPECT_EQ(state(id)["ExitCode"], 8);
}

TEST_F(Processes, get_signals) {
  std::string id = start_shell(kPolite);
  await_output(id, "ready");
  EXPECT_EQ(run(engine_->kill(id, "NOPE")).error().what, "Invalid signal: NOPE");
  EXPECT_TRUE(run(engine_->kill(id, "SIGUSR1")).ok());
  await_told("exit 8 " + id);
  EXPECT_EQ(run(engine_->kill(id, "SIGKILL")).error().code, Code::kAlreadyExists);
}

TEST_F(Processes, that_cannot_start_leave_a_created_container_and_dockers_words) {
  std::string missing = create({{"Cmd", {"no-such-program"}}});
  auto started = run(engine_->start(missing));
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().what.find("exec: \"no-such-program\": executable file not found in $PATH"),
            std::string::npos)
      << started.error().what;
  EXPECT_EQ(state(missing)["Status"], "created");
  EXPECT_NE(run(engine_->start(create({{"Cmd", {"/no/such"}}}))).error().what.find("stat /no/such: no such file"),
            std::string::npos);
  EXPECT_NE(run(engine_->start(create({{"Cmd", {"/etc"}}}))).error().what.find("permission denied"), std::string::npos);
  std::string lost = create_shell("true", {{"WorkingDir", "/no/such"}});
  EXPECT_NE(run(engine_->start(lost)).error().what.find("chdir to cwd (\"/no/such\") failed"), std::string::npos);
  std::string apart = create_shell("true", {{"HostConfig", {{"NetworkMode", "ns:/no/such"}}}});
  EXPECT_FALSE(run(engine_->start(apart)).ok());
}

TEST_F(Processes, have_namespaces_and_an_environment_of_their_own) {
  EXPECT_EQ(output_of("echo $$ $A; uname -n; pwd", {{"Hostname", "blue"}, {"Env", {"A=b"}}, {"WorkingDir", "/tmp"}}),
            "1 b\nblue\n/tmp\n");
  const char* const script = "readlink /proc/self/ns/net";
  const std::string ours = fs::read_symlink("/proc/self/ns/net").string() + "\n";
  EXPECT_EQ(output_of(script), ours);
  const std::string apart = output_of(script, {{"HostConfig", {{"NetworkMode", "none"}}}});
  EXPECT_TRUE(apart.starts_with("net:") && apart != ours) << apart;
}

TEST_F(Processes, join_the_network_namespace_that_they_are_given) {
  std::string other = start_shell(kStubborn, {{"HostConfig", {{"NetworkMode", "none"}}}});
  await_output(other, "ready");
  const std::string path = "/proc/" + std::to_string(state(other)["Pid"].get<int>()) + "/ns/net";
  EXPECT_EQ(output_of("readlink /proc/self/ns/net", {{"HostConfig", {{"NetworkMode", "ns:" + path}}}}),
            fs::read_symlink(path).string() + "\n");
}

// As a secret below /run/secrets: a place that no host has.
TEST_F(Processes, get_a_place_below_run_for_a_file_that_is_bound) {
  std::ofstream(folder_ + "/secret") << "sesame\n";
  const std::string place = "/run/skein-test-" + std::to_string(::getpid());
  const std::string target = place + "/secrets/s1";
  EXPECT_EQ(output_of("cat " + target + "; (echo x >" + target + ") 2>/dev/null || echo kept",
                      {{"HostConfig", {{"Binds", {folder_ + "/secret:" + target + ":ro"}}}}}),
            "sesame\nkept\n");
  fs::remove_all(place);
}

TEST_F(Processes, see_the_files_that_are_bound_for_them_alone) {
  ASSERT_TRUE(io::write_file_atomically(folder_ + "/hosts", "10.0.0.2 web\n", 0644).ok());
  const auto before = io::read_file("/etc/hosts");
  EXPECT_EQ(output_of("cat /etc/hosts", {{"HostConfig", {{"Binds", {folder_ + "/hosts:/etc/hosts"}}}}}),
            "10.0.0.2 web\n");
  EXPECT_EQ(*io::read_file("/etc/hosts"), *before);
}

TEST_F(Processes, leave_nothing_behind) {
  const std::string fifo = folder_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  std::string id = start_shell("setsid sleep 1000 > " + fifo + " & echo ready; wait");
  await_output(id, "ready");
  const pid_t pid = state(id)["Pid"];
  EXPECT_EQ(run(engine_->remove(id, false)).error().code, Code::kAlreadyExists);
  EXPECT_TRUE(run(engine_->remove(id, true)).ok());
  char byte;
  EXPECT_EQ(::read(reader, &byte, 1), 0) << "somebody still holds the other end";
  ::close(reader);
  EXPECT_EQ(::kill(pid, 0), -1);
  await_told("removed " + id);
  EXPECT_EQ(log_, (std::vector<std::string>{"start " + id, "exit 137 " + id, "removed " + id}));
  EXPECT_FALSE(fs::exists(state_folder() + "/" + id));
}

TEST_F(Processes, are_found_by_label_name_and_prefix) {
  json labels{{"a", "1"}, {"b", "2"}};
  std::string id = create({{"Cmd", {"true"}}, {"Labels", labels}}, "web");
  create({{"Cmd", {"true"}}, {"Labels", {{"a", "2"}}}}, "db");
  auto count = [&](std::vector<std::string> wanted) { return run(engine_->list(std::move(wanted)))->size(); };
  EXPECT_EQ(count({}), 2u);
  EXPECT_EQ(count({"a"}), 2u);
  EXPECT_EQ(count({"a=1"}), 1u);
  EXPECT_EQ(count({"a", "b=1"}), 0u);
  for (const std::string& name : {id, std::string("web"), std::string("/web"), id.substr(0, 12)})
    EXPECT_EQ((*run(engine_->inspect(name)))["Id"], id) << name;
  auto twice = run(engine_->create("web", {{"Cmd", {"true"}}}));
  EXPECT_EQ(twice.error().code, Code::kAlreadyExists);
  EXPECT_TRUE(twice.error().what.starts_with("Conflict. The container name \"/web\" is already in use by")) << id;
  EXPECT_TRUE(*run(engine_->has_image("whatever")));
  EXPECT_TRUE(run(engine_->pull("whatever", "")).ok());
}

TEST_F(Processes, are_reached_by_dockers_calls) {
  std::string id = create_shell("echo out; echo err >&2; exit 4", {{"Labels", {{"a", "b"}}}});
  EXPECT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
  await_told("exit 4 " + id);
  EXPECT_EQ(call("POST", "/containers/" + id + "/stop?t=0").status, 304);
  EXPECT_EQ(log_of(id, {.has_output = true}), std::string("\x01\0\0\0\0\0\0\x04", 8) + "out\n");
  EXPECT_EQ(run(engine_->logs("nobody", {.has_output = true})).error().code, Code::kNotFound);
  EXPECT_EQ((*call("GET", "/containers/" + id + "/json").json())["State"]["ExitCode"], 4);
  EXPECT_EQ(call("GET", "/containers/nobody/json").status, 404);
  EXPECT_EQ(call("GET", "/containers/json").json()->size(), 0u);
  const std::string filters = io::http::percent_encode(R"({"label":{"a=b":true},"status":["exited"]})");
  EXPECT_EQ((*call("GET", "/containers/json?filters=" + filters).json())[0]["Names"][0].get<std::string>(),
            "/process_" + id.substr(0, 8));
  EXPECT_EQ(call("GET", "/containers/json?filters=garbage").status, 400);
  EXPECT_EQ(call("DELETE", "/libpod/containers/" + id + "?force=false").status, 204);
  EXPECT_EQ(call("DELETE", "/libpod/containers/" + id).status, 404);
}

TEST_F(Processes, have_no_files_of_their_own_and_it_is_said_what_they_are_for) {
  const std::string id = create_shell("true");
  auto refused = call("GET", "/containers/" + id + "/archive?path=/");
  EXPECT_EQ(refused.status, 501);
  EXPECT_NE(refused.message().find("for labs and scale tests"), std::string::npos);
  EXPECT_EQ((*run(engine_->open({.target = "/containers/" + id + "/export"})))->head.status, 501);
}

TEST_F(Processes, that_are_to_be_removed_are_removed) {
  std::string id = start_shell("exit 2", {{"HostConfig", {{"AutoRemove", true}}}});
  await_told("removed " + id);
  EXPECT_EQ(log_, (std::vector<std::string>{"start " + id, "exit 2 " + id, "removed " + id}));
}

}  // namespace
}  // namespace skein::engine
