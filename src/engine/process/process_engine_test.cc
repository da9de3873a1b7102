// With real processes: what a lab counts on when its daemons are killed, and what must be gone when it is taken down.
#include "engine/process/process_engine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/container_life.h"
#include "io/file.h"

namespace skein::engine {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using nlohmann::json;

// Says when it is ready, and ends with 7 when it is asked to.
constexpr const char* kPolite = "trap 'exit 7' TERM; trap 'exit 8' USR1; echo ready; sleep 1000 & wait; wait";
// Does not end when it is asked to: the first process of a namespace has no default signals.
constexpr const char* kStubborn = "echo ready; sleep 1000 & wait";

class Processes : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "namespaces need root";
    std::string pattern = testing::TempDir() + "/skein-process-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    make_engine();
  }
  void TearDown() override {
    if (!engine_) return;
    auto listed = run(engine_->list({}));
    for (const auto& entry : *listed) EXPECT_TRUE(run(engine_->remove(entry["Id"], true)).ok());
    EXPECT_TRUE(fs::is_empty(state_folder()));
    engine_.reset();
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    fs::remove_all(folder_);
  }

  std::string state_folder() const { return folder_ + "/state"; }
  void make_engine() {
    engine_ = std::make_unique<ProcessEngine>(loop_, ProcessOptions{state_folder()});
    Observer observer;
    observer.on_container_start = [this](const std::string& id) { log_.push_back("start " + id); };
    observer.on_container_removed = [this](const std::string& id) { log_.push_back("removed " + id); };
    observer.on_container_exit = [this](const ContainerExit& exit) {
      log_.push_back("exit " + std::to_string(exit.exit_code) + " " + exit.id);
    };
    observer.on_event = [this](const json& event) { actions_.push_back(event["Action"]); };
    engine_->observe(observer);
    ASSERT_TRUE(engine_->start_up().ok());
  }
  // As kill -9 does to a daemon: nothing is told to the containers.
  void lose_engine() { engine_.reset(); }

  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> result;
    auto keep = [](asio::awaitable<T> done, std::optional<T>& out) -> asio::awaitable<void> {
      out.emplace(co_await std::move(done));
    };
    asio::co_spawn(loop_, keep(std::move(work), result), asio::detached);
    loop_.restart();
    while (!result) loop_.run_one();
    return std::move(*result);
  }
  void await_told(const std::string& line) {
    loop_.restart();
    while (std::find(log_.begin(), log_.end(), line) == log_.end()) loop_.run_one();
  }
  std::string create(json spec, const std::string& name = "") {
    spec.emplace("Image", "process");
    auto created = run(engine_->create(name, std::move(spec)));
    EXPECT_TRUE(created.ok()) << created.error().text();
    return created.ok() ? created->id : "";
  }
  std::string create_shell(const std::string& script, json more = json::object()) {
    more["Cmd"] = {"/bin/sh", "-c", script};
    return create(std::move(more));
  }
  std::string start(const std::string& id) {
    auto started = run(engine_->start(id));
    EXPECT_TRUE(started.ok()) << started.error().text();
    return id;
  }
  std::string start_shell(const std::string& script, json more = json::object()) {
    return start(create_shell(script, std::move(more)));
  }
  void await_output(const std::string& id, const std::string& text) {
    io::http::ClientRequest request;
    request.target = "/containers/" + id + "/logs?stdout=1&follow=1";
    auto stream = run(engine_->open(request));
    ASSERT_TRUE(stream.ok());
    std::string all;
    while (all.find(text) == std::string::npos) {
      auto piece = run((*stream)->read_some());
      ASSERT_TRUE(piece.ok() && !piece->empty()) << all;
      all += *piece;
    }
  }
  io::http::Reply call(const std::string& method, const std::string& target) {
    io::http::ClientRequest request;
    request.method = method;
    request.target = target;
    return *run(engine_->call(request));
  }
  std::string output(const std::string& id) {
    auto body = call("GET", "/containers/" + id + "/logs?stdout=1&stderr=1").body;
    std::string text;
    for (size_t at = 0; at + 8 <= body.size();) {
      size_t size = static_cast<uint8_t>(body[at + 6]) * 256u + static_cast<uint8_t>(body[at + 7]);
      text += body.substr(at + 8, size);
      at += 8 + size;
    }
    return text;
  }
  json state(const std::string& id) { return (*run(engine_->inspect(id)))["State"]; }
  std::string output_of(const std::string& script, json more = json::object()) {
    std::string id = start_shell(script, std::move(more));
    await_told("exit 0 " + id);
    return output(id);
  }

  asio::io_context loop_;
  std::string folder_;
  std::unique_ptr<ProcessEngine> engine_;
  std::vector<std::string> log_, actions_;
};

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
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
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

TEST_F(Processes, outlive_the_daemon_and_are_adopted) {
  std::string id = start_shell(kPolite);
  await_output(id, "ready");
  const json before = state(id);
  lose_engine();
  log_.clear();
  make_engine();
  EXPECT_EQ(state(id), before);
  EXPECT_TRUE(run(engine_->stop(id, 1000)).ok());
  await_told("exit 7 " + id);
  EXPECT_EQ(log_, (std::vector<std::string>{"exit 7 " + id}));
}

TEST_F(Processes, that_ended_while_there_was_no_daemon_are_told_to_the_next) {
  const std::string fifo = folder_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::string id = start_shell("read x < " + fifo + "; exit 5");
  lose_engine();
  log_.clear();
  auto record = parse_record(*io::read_file(state_folder() + "/" + id + "/record.json"));
  ASSERT_TRUE(record.ok() && record->is_running());
  std::ofstream(fifo) << "go\n";
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(record->run->supervisor.pid), &info, WEXITED), 0);
  make_engine();
  await_told("exit 5 " + id);
  EXPECT_EQ(state(id)["ExitCode"], 5);
  lose_engine();
  log_.clear();
  make_engine();
  EXPECT_EQ(state(id)["ExitCode"], 5);
  loop_.restart();
  loop_.poll();
  EXPECT_EQ(log_, std::vector<std::string>()) << "told once";
}

TEST_F(Processes, of_a_boot_before_have_ended) {
  std::string id = start_shell(kStubborn);
  const std::string path = state_folder() + "/" + id + "/record.json";
  lose_engine();
  auto record = parse_record(*io::read_file(path));
  ProcessRecord changed = *record;
  changed.run->boot = "another";
  ASSERT_TRUE(io::write_file_atomically(path, format_record(changed), 0600).ok());
  make_engine();
  EXPECT_EQ(state(id)["ExitCode"], 137);
  EXPECT_EQ(::kill(record->run->process.pid, 0), 0) << "its number may be another's now";
  ::kill(record->run->process.pid, SIGKILL);
  ::waitpid(record->run->supervisor.pid, nullptr, 0);
}

TEST_F(Processes, die_with_their_supervisor) {
  std::string id = start_shell(kStubborn);
  await_output(id, "ready");
  auto record = parse_record(*io::read_file(state_folder() + "/" + id + "/record.json"));
  ASSERT_TRUE(record.ok());
  ::kill(record->run->supervisor.pid, SIGKILL);
  await_told("exit 137 " + id);
  EXPECT_EQ(state(id)["Running"], false);
}

TEST_F(Processes, damaged_records_are_skipped) {
  std::string good = create_shell("true");
  lose_engine();
  auto put = [&](char digit, const std::string& content) {
    const std::string folder = state_folder() + "/" + std::string(64, digit);
    fs::create_directory(folder);
    std::ofstream(folder + "/record.json") << content;
  };
  put('0', "garbage");
  put('1', *io::read_file(state_folder() + "/" + good + "/record.json"));  // of another id
  put('2', std::string(kRecordBytesMax + 1, ' '));
  put('3', "");
  fs::create_directories(state_folder() + "/" + std::string(64, '4') + "/record.json");
  fs::create_directory(state_folder() + "/" + std::string(64, '5'));  // a crash during the creation
  std::ofstream(state_folder() + "/file") << "x";
  make_engine();
  auto listed = run(engine_->list({}));
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0]["Id"], good);
  EXPECT_TRUE(fs::exists(state_folder() + "/" + std::string(64, '0'))) << "somebody may want to look at it";
  EXPECT_FALSE(fs::exists(state_folder() + "/" + std::string(64, '5')));
  for (char digit : {'0', '1', '2', '3', '4'}) fs::remove_all(state_folder() + "/" + std::string(64, digit));
  fs::remove(state_folder() + "/file");
}

TEST_F(Processes, damaged_ends_are_those_of_a_kill) {
  std::string id = start_shell("exit 0");
  lose_engine();
  auto record = parse_record(*io::read_file(state_folder() + "/" + id + "/record.json"));
  ::waitpid(record->run->supervisor.pid, nullptr, 0);
  std::ofstream(state_folder() + "/" + id + "/exit") << std::string(1 << 20, 'x');
  make_engine();
  EXPECT_EQ(state(id)["ExitCode"], 137);
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
  auto logs = call("GET", "/containers/" + id + "/logs?stdout=1");
  EXPECT_EQ(logs.body, std::string("\x01\0\0\0\0\0\0\x04", 8) + "out\n");
  EXPECT_EQ(call("GET", "/containers/" + id + "/logs").status, 400);
  EXPECT_EQ((*call("GET", "/containers/" + id + "/json").json())["State"]["ExitCode"], 4);
  EXPECT_EQ(call("GET", "/containers/nobody/json").status, 404);
  EXPECT_EQ(call("GET", "/containers/json").json()->size(), 0u);
  const std::string filters = io::http::percent_encode(R"({"label":{"a=b":true},"status":["exited"]})");
  EXPECT_EQ((*call("GET", "/containers/json?filters=" + filters).json())[0]["Names"][0].get<std::string>(),
            "/process_" + id.substr(0, 8));
  EXPECT_EQ(call("GET", "/containers/json?filters=garbage").status, 400);
  EXPECT_EQ((*call("GET", "/info").json())["Containers"], 1);
  EXPECT_EQ(call("DELETE", "/libpod/containers/" + id + "?force=false").status, 204);
  EXPECT_EQ(call("DELETE", "/libpod/containers/" + id).status, 404);
}

TEST_F(Processes, have_no_exec_and_it_is_said_what_they_are_for) {
  std::string id = create_shell("true");
  auto refused = call("POST", "/containers/" + id + "/exec");
  EXPECT_EQ(refused.status, 501);
  EXPECT_NE(refused.message().find("for labs and scale tests"), std::string::npos);
  io::http::ClientRequest request;
  request.method = "POST";
  request.target = "/containers/" + id + "/attach";
  auto hijacked = run(engine_->hijack(request));
  EXPECT_EQ(hijacked->head.status, 501);
  EXPECT_EQ(hijacked->stream, nullptr);
  EXPECT_EQ((*run(engine_->open(request)))->head.status, 501);
}

TEST_F(Processes, that_are_to_be_removed_are_removed) {
  std::string id = start_shell("exit 2", {{"HostConfig", {{"AutoRemove", true}}}});
  await_told("removed " + id);
  EXPECT_EQ(log_, (std::vector<std::string>{"start " + id, "exit 2 " + id, "removed " + id}));
}

}  // namespace
}  // namespace skein::engine
