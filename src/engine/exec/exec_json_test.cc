// Execs, their containers and their ends in Docker's words.
#include "engine/exec/exec_json.h"

#include <gtest/gtest.h>

#include "engine/exec/process_session.h"
#include "engine/exec/request/exec_failure.h"

namespace skein::engine {
namespace {

using nlohmann::json;

const std::string kContainer(64, 'c');

json inspected(const std::string& state) {
  return {{"Id", kContainer},
          {"Name", "/web"},
          {"State", {{"Status", state}, {"Pid", 17}}},
          {"HostConfig", {{"GroupAdd", {"g"}}}},
          {"Config",
           {{"Image", "docker.io/library/busybox:latest"},
            {"Hostname", "h"},
            {"User", "u"},
            {"Env", {"A=b"}},
            {"Labels", {{"l", "1"}, {"io.skein.networking", "{}"}}}}}};
}

Exec make_exec() {
  Exec exec;
  exec.id = std::string(64, 'e');
  exec.container = exec_container(inspected("running"));
  exec.container.user = "";
  exec.request.command = {"sh", "-c", "a  b"};
  exec.request.attaches_output = true;
  return exec;
}

TEST(ExecContainer, is_what_an_inspection_tells) {
  const ExecContainer container = exec_container(inspected("running"));
  EXPECT_EQ(container.name, "web");
  EXPECT_EQ(container.image, "busybox:latest");
  EXPECT_EQ(container.environment, std::vector<std::string>{"A=b"});
  EXPECT_EQ(container.groups, std::vector<std::string>{"g"});
  EXPECT_EQ(container.labels, json({{"l", "1"}}));
  EXPECT_EQ(container.process, 17);
  EXPECT_EQ(exec_container(json()).id, "");
}

TEST(ExecContainer, must_run) {
  auto refused = [](const char* state) {
    const auto error = exec_refusal(exec_container(inspected(state)), "web");
    return error ? std::to_string(error->status) + " " + error->message : "";
  };
  EXPECT_EQ(refused("running"), "");
  EXPECT_EQ(refused("stopping"), "");
  for (const char* state : {"created", "exited", "stopped", "removing", ""})
    EXPECT_EQ(refused(state), "409 Container " + kContainer + " is not running") << state;
  EXPECT_EQ(refused("paused"), "409 Container web is paused, unpause the container before exec");
}

TEST(ExecView, is_dockers) {
  Exec exec = make_exec();
  EXPECT_EQ(show_exec(exec),
            json::parse(R"({"ID":")" + exec.id + R"(","Running":false,"ExitCode":null,"ProcessConfig":{"tty":false,
      "entrypoint":"sh","arguments":["-c","a  b"],"privileged":false},"OpenStdin":false,"OpenStderr":false,
      "OpenStdout":true,"CanRemove":false,"ContainerID":")" +
                        kContainer + R"(","DetachKeys":"","Pid":0})"));
  exec.phase = ExecPhase::kRunning;
  exec.process = 5;
  exec.request.user = "u";
  exec.request.detach_keys = "q";
  EXPECT_EQ(show_exec(exec)["Running"], true);
  EXPECT_EQ(show_exec(exec)["ExitCode"], json());
  EXPECT_EQ(show_exec(exec)["Pid"], 5);
  EXPECT_EQ(show_exec(exec)["ProcessConfig"]["user"], "u");
  EXPECT_EQ(show_exec(exec)["DetachKeys"], "cQ==");
  exec.phase = ExecPhase::kEnded;
  exec.exit_code = 7;
  EXPECT_EQ(show_exec(exec)["ExitCode"], 7);
}

TEST(ExecView, events_tell_the_command_the_exec_and_the_container) {
  Exec exec = make_exec();
  const json event = exec_event(exec, "exec_create", WallTime{1'500'000'000});
  EXPECT_EQ(event["Action"], "exec_create: sh -c a  b");
  EXPECT_EQ(event["Actor"],
            json({{"ID", kContainer},
                  {"Attributes", {{"execID", exec.id}, {"image", "busybox:latest"}, {"l", "1"}, {"name", "web"}}}}));
  EXPECT_EQ(event["time"], 1);
  EXPECT_EQ(event["timeNano"], 1'500'000'000);
  exec.request.command = {"true"};
  exec.exit_code = 3;
  EXPECT_EQ(exec_event(exec, "exec_start", {})["Action"], "exec_start: true ") << "Docker's blank";
  EXPECT_EQ(exec_event(exec, "exec_die", {})["Action"], "exec_die");
  EXPECT_EQ(exec_event(exec, "exec_die", {})["Actor"]["Attributes"]["exitCode"], "3");
}

TEST(ExecView, ids_of_a_container_are_null_or_a_list) {
  json container{{"ExecIDs", json::array()}};
  put_exec_ids(container, {});
  EXPECT_EQ(container["ExecIDs"], json());
  put_exec_ids(container, {"a", "b"});
  EXPECT_EQ(container["ExecIDs"], json({"a", "b"}));
  json damaged = "x";
  put_exec_ids(damaged, {"a"});
  EXPECT_EQ(damaged, "x");
}

std::string log_line(const std::string& message, const std::string& level = "error") {
  return json{{"msg", message}, {"level", level}, {"time", "2026-11-29T06:32:46Z"}}.dump() + "\n";
}

std::string failure(const std::string& message, const std::string& command) {
  const auto failed = exec_failure(log_line("cannot detect HOME", "warning") + log_line(message), command, kContainer);
  return std::to_string(failed.status) + " " + std::to_string(failed.exit_code) + " " + failed.message;
}

// The left ones are crun's, as it wrote them.
TEST(ExecFailures, are_told_in_dockers_words) {
  const std::string failed = "OCI runtime exec failed: exec failed: unable to start container process: ";
  EXPECT_EQ(failure("executable file `nosuch` not found in $PATH: No such file or directory", "nosuch"),
            "400 127 " + failed + "exec: \"nosuch\": executable file not found in $PATH: unknown");
  EXPECT_EQ(failure("executable file `/no/x` not found in $PATH: No such file or directory", "/no/x"),
            "400 127 " + failed + "exec: \"/no/x\": stat /no/x: no such file or directory: unknown");
  EXPECT_EQ(failure("open executable: Permission denied", "/etc/passwd"),
            "400 126 " + failed + "exec: \"/etc/passwd\": permission denied: unknown");
  EXPECT_EQ(failure("open executable: Operation not permitted", "/etc"),
            "400 126 " + failed + "exec: \"/etc\": permission denied: unknown");
  EXPECT_EQ(
      failure("chdir `/no`: No such file or directory", "ls"),
      "400 127 " + failed + "chdir to cwd (\"/no\") set in config.json failed: no such file or directory: unknown");
  EXPECT_EQ(failure("the container `" + kContainer + "` is not running", "ls"),
            "409 126 Container " + kContainer + " is not running");
  EXPECT_EQ(failure("error opening file `/run/crun/x/status`: No such file or directory", "ls"),
            "409 126 Container " + kContainer + " is not running");
  EXPECT_EQ(failure("the container `" + kContainer + "` is paused", "ls"),
            "409 126 Container " + kContainer + " is paused, unpause the container before exec");
  EXPECT_EQ(failure("something new", "ls"), "500 126 OCI runtime exec failed: exec failed: something new: unknown");
}

TEST(ExecFailures, without_a_reason_are_told_all_the_same) {
  for (const char* log : {"", "\n", "{", "text\n", "[]\n"})
    EXPECT_EQ(exec_failure(log, "ls", kContainer).message,
              "OCI runtime exec failed: exec failed: the container runtime gave no reason: unknown");
}

TEST(Sessions, stand_behind_a_name_that_may_be_anything) {
  EXPECT_EQ(session_in("5 (cat) R 4 17 18 0 -1"), 18);
  EXPECT_EQ(session_in("5 (a) b) S 4 17 18 0) -1"), std::nullopt);
  EXPECT_EQ(session_in("5 (a) R 1 2 3) S 4 17 18 0 -1"), 18);
  EXPECT_EQ(session_in("5 (cat) Z 4 17 18 0 -1"), std::nullopt) << "it has ended";
  for (const char* damaged : {"", "5", "5 (cat", "5 (cat)", "5 (cat) R", "5 (cat) R 4 x 18"})
    EXPECT_EQ(session_in(damaged), std::nullopt) << damaged;
}

}  // namespace
}  // namespace skein::engine
