// With real processes: commands that are run in those that run.
#include "engine/exec/exec_stream.h"
#include "engine/process/processes_for_test.h"

namespace skein::engine {
namespace {

class ProcessExecs : public Processes {
 protected:
  struct Ended {
    std::string output, errors;  // frames' contents
    json exec;
  };
  std::unique_ptr<io::http::ByteStream> start_in(const std::string& id, ExecRequest request, ExecStart start = {}) {
    auto created = run(engine_->create_exec(id, std::move(request)));
    EXPECT_TRUE(created.ok()) << created.error().text();
    exec_ = created.ok() ? *created : "";
    auto started = run(engine_->start_exec(exec_, start));
    EXPECT_TRUE(started.ok()) << started.error().text();
    return started.ok() ? std::move(*started) : nullptr;
  }
  static ExecRequest attached(std::vector<std::string> command) {
    ExecRequest out;
    out.command = std::move(command);
    out.attaches_output = out.attaches_errors = true;
    return out;
  }
  std::string read_some(io::http::ByteStream& stream) {
    std::array<char, 4096> piece;
    auto size = run(stream.read_some(piece));
    return size.ok() ? std::string(piece.data(), *size) : "";
  }
  std::string read_to_end(io::http::ByteStream& stream) {
    std::string all;
    for (std::string piece = read_some(stream); !piece.empty(); piece = read_some(stream)) all += piece;
    return all;
  }
  Ended run_in(const std::string& id, ExecRequest request) {
    const std::string bytes = read_to_end(*start_in(id, std::move(request)));
    Ended out;
    for (size_t at = 0; at + kFrameHeadBytes <= bytes.size();) {
      const size_t size = static_cast<uint8_t>(bytes[at + 6]) * 256u + static_cast<uint8_t>(bytes[at + 7]);
      (bytes[at] == 1 ? out.output : out.errors) += bytes.substr(at + kFrameHeadBytes, size);
      at += kFrameHeadBytes + size;
    }
    out.exec = *run(engine_->inspect_exec(exec_));
    return out;
  }
  Ended run_in(const std::string& id, const std::string& script) {
    return run_in(id, attached({"/bin/sh", "-c", script}));
  }
  void await_action(const std::string& action) {
    loop_.restart();
    while (std::find(actions_.begin(), actions_.end(), action) == actions_.end()) loop_.run_one();
  }
  std::string exec_;  // the last one
};

TEST_F(ProcessExecs, tell_outputs_and_exit_codes) {
  const std::string id = start_shell(kStubborn);
  const Ended ended = run_in(id, "echo out; echo err >&2; exit 7");
  EXPECT_EQ(ended.output, "out\n");
  EXPECT_EQ(ended.errors, "err\n");
  EXPECT_EQ(ended.exec["ExitCode"], 7);
  EXPECT_EQ(ended.exec["Running"], false);
  EXPECT_EQ(run_in(id, "kill -9 $$").exec["ExitCode"], 137);
  EXPECT_EQ((*run(engine_->inspect(id)))["ExecIDs"], json()) << "those that have ended are not shown";
  await_action("exec_die");
}

TEST_F(ProcessExecs, are_in_the_containers_namespaces_with_its_environment) {
  const std::string id = start_shell(kStubborn, {{"Hostname", "blue"},
                                                 {"Env", {"A=b", "B=c"}},
                                                 {"WorkingDir", "/tmp"},
                                                 {"HostConfig", {{"NetworkMode", "none"}}}});
  await_output(id, "ready");
  const std::string own = "/proc/" + std::to_string(state(id)["Pid"].get<int>()) + "/ns/";
  ExecRequest request = attached({"/bin/sh", "-c",
                                  "uname -n; pwd; echo $A $B $C; for n in mnt uts ipc net pid; do "
                                  "readlink /proc/self/ns/$n; done; tr '\\0' ' ' </proc/1/cmdline"});
  request.environment = {"B=d", "C=e"};
  std::string expected = "blue\n/tmp\nb d e\n";
  for (const char* name : {"mnt", "uts", "ipc", "net", "pid"}) expected += fs::read_symlink(own + name).string() + "\n";
  const std::string output = run_in(id, request).output;
  EXPECT_EQ(output.substr(0, expected.size()), expected);
  EXPECT_EQ(output.substr(expected.size()).substr(0, 11), "/bin/sh -c ") << "its own /proc";
  request.working_folder = "/usr";
  EXPECT_NE(run_in(id, request).output.find("blue\n/usr\n"), std::string::npos);
}

TEST_F(ProcessExecs, that_cannot_start_say_so_in_dockers_words) {
  const std::string id = start_shell(kStubborn);
  const std::string failed = "OCI runtime exec failed: exec failed: unable to start container process: ";
  Ended ended = run_in(id, attached({"no-such-program"}));
  EXPECT_EQ(ended.output, failed + "exec: \"no-such-program\": executable file not found in $PATH: unknown\r\n");
  EXPECT_EQ(ended.exec["ExitCode"], 127);
  ended = run_in(id, attached({"/etc"}));
  EXPECT_EQ(ended.output, failed + "exec: \"/etc\": permission denied: unknown\r\n");
  EXPECT_EQ(ended.exec["ExitCode"], 126);
  ExecRequest lost = attached({"true"});
  lost.working_folder = "/no/such";
  EXPECT_NE(run_in(id, lost).output.find("chdir to cwd (\"/no/such\")"), std::string::npos);
  ExecRequest stranger = attached({"id"});
  stranger.user = "nobody";
  EXPECT_EQ(run(engine_->create_exec(id, stranger)).error().code, Code::kUnimplemented);
  const std::string other = create_shell("true");
  EXPECT_EQ(run(engine_->create_exec(other, attached({"true"}))).error().text(),
            "Container " + other + " is not running");
}

TEST_F(ProcessExecs, take_input_until_its_end) {
  const std::string id = start_shell(kStubborn);
  ExecRequest request = attached({"cat"});
  request.attaches_input = true;
  auto stream = start_in(id, request, {.is_raw = true});
  EXPECT_TRUE(run(stream->write("hello")).ok());
  EXPECT_EQ(read_some(*stream), "hello");
  stream->end_writing();
  EXPECT_EQ(read_to_end(*stream), "");
  EXPECT_EQ((*run(engine_->inspect_exec(exec_)))["ExitCode"], 0);
}

TEST_F(ProcessExecs, have_a_terminal_of_the_wanted_size) {
  const std::string id = start_shell(kStubborn);
  ExecRequest request = attached({"/bin/sh", "-c", "tty -s && stty size; read x; stty size; echo got $x; exit 3"});
  request.has_terminal = request.attaches_input = true;
  auto stream = start_in(id, request, {.is_raw = true, .console = ConsoleSize{24, 80}});
  std::string all;
  while (all.find("24 80\r\n") == std::string::npos) {
    const std::string piece = read_some(*stream);
    ASSERT_FALSE(piece.empty()) << all;
    all += piece;
  }
  EXPECT_TRUE(run(engine_->resize_exec(exec_, {30, 100})).ok());
  EXPECT_TRUE(run(stream->write("word\n")).ok());
  all += read_to_end(*stream);
  EXPECT_NE(all.find("30 100\r\n"), std::string::npos) << all;
  EXPECT_NE(all.find("got word\r\n"), std::string::npos) << all;
  EXPECT_EQ((*run(engine_->inspect_exec(exec_)))["ExitCode"], 3);
}

TEST_F(ProcessExecs, run_detached_and_are_killed_with_what_they_started) {
  const std::string id = start_shell(kStubborn);
  EXPECT_EQ(start_in(id, {.command = {"/bin/sh", "-c", "sleep 1000 & wait"}}, {.is_detached = true}), nullptr);
  EXPECT_EQ((*run(engine_->inspect_exec(exec_)))["Running"], true);
  EXPECT_EQ((*run(engine_->inspect(id)))["ExecIDs"], json({exec_}));
  EXPECT_TRUE(run(engine_->kill_exec(exec_)).ok());
  await_action("exec_die");
  EXPECT_EQ((*run(engine_->inspect_exec(exec_)))["ExitCode"], 137);
  EXPECT_EQ(run_in(id, "ps -e -o args= | grep -c '^sleep 1000'").output, "1\n") << "the container's own is left";
  auto absent = run(engine_->create_exec(id, {.command = {"no-such-program"}}));
  EXPECT_FALSE(run(engine_->start_exec(*absent, {.is_detached = true})).ok());
}

TEST_F(ProcessExecs, end_with_their_container) {
  const std::string id = start_shell(kStubborn);
  auto stream = start_in(id, attached({"/bin/sh", "-c", "echo up; sleep 1000"}), {.is_raw = true});
  ASSERT_EQ(read_some(*stream), "up\n");
  EXPECT_TRUE(run(engine_->kill(id, "SIGKILL")).ok());
  EXPECT_EQ(read_to_end(*stream), "");
  EXPECT_EQ((*run(engine_->inspect_exec(exec_)))["ExitCode"], 137);
  await_told("exit 137 " + id);
  EXPECT_TRUE(run(engine_->remove(id, false)).ok());
  EXPECT_EQ(run(engine_->inspect_exec(exec_)).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace skein::engine
