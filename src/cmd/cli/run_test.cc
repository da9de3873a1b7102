// What a container prints, and how it ended, must reach the user whole.
#include <fcntl.h>
#include <unistd.h>

#include "cmd/cli/daemon/fake_daemon.h"

namespace skein::cli {
namespace {

constexpr const char* kId = "0123456789abcdef";
const std::string kPath = std::string("/containers/") + kId;

// stdin from a pipe that holds `text` and has ended.
class StdinText {
 public:
  explicit StdinText(const std::string& text) : before_(dup(STDIN_FILENO)) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
  }
  ~StdinText() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }

 private:
  int before_;
};

void offer_run(FakeDaemon& daemon, const std::string& attach, FakeReply stream, const std::string& end) {
  daemon.on("POST /containers/create", {201, R"({"Id":"0123456789abcdef","Warnings":["swap is off"]})"});
  daemon.on("POST " + kPath + "/attach?" + attach, std::move(stream));
  daemon.on("POST " + kPath + "/wait?condition=next-exit", {200, end});
  daemon.on("POST " + kPath + "/start", {204});
}

TEST(Run, streams_are_kept_apart_and_the_exit_status_passed_on) {
  FakeDaemon daemon;
  offer_run(daemon, "stream=1&stdout=1&stderr=1",
            {101, "", frame(1, "out\n") + frame(2, "oops\n") + frame(1, "more\n")}, R"({"StatusCode":42})");
  const auto outcome = daemon.run({"run", "alpine", "sh", "-c", "x"});
  EXPECT_EQ(outcome.status, 42);
  EXPECT_EQ(outcome.out, "out\nmore\n");
  EXPECT_EQ(outcome.err, "WARNING: swap is off\noops\n");
  const std::vector<std::string> order = {"POST /containers/create",
                                          "POST " + kPath + "/attach?stderr=1&stdout=1&stream=1",
                                          "POST " + kPath + "/wait?condition=next-exit", "POST " + kPath + "/start"};
  EXPECT_EQ(daemon.calls, order);
}

TEST(Run, stdin_is_forwarded_and_its_end_told) {
  FakeDaemon daemon;
  offer_run(daemon, "stream=1&stdin=1&stdout=1&stderr=1", {101, "", frame(1, "done\n"), true}, R"({"StatusCode":0})");
  const StdinText text("line 1\nline 2\n");
  const auto outcome = daemon.run({"run", "-i", "alpine", "cat"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "done\n");
  EXPECT_EQ(daemon.received, "line 1\nline 2\n");
  EXPECT_EQ(daemon.bodies[0]["OpenStdin"], true);
  EXPECT_EQ(daemon.bodies[0]["StdinOnce"], true);
}

TEST(Run, a_missing_image_is_pulled_once) {
  FakeDaemon daemon;
  daemon.on("POST /containers/create", {404, R"({"message":"No such image: web:latest"})"});
  daemon.on("POST /containers/create", {201, R"({"Id":"0123456789abcdef"})"});
  daemon.on("POST /images/create?fromImage=web&tag=latest",
            {200,
             "{\"status\":\"Pulling from library/web\",\"id\":\"latest\"}\n{\"status\":\"Downloading\",\"id\":\"ab\","
             "\"progressDetail\":{\"current\":1,\"total\":2}}\n{\"status\":\"Pull complete\",\"id\":\"ab\"}\n"});
  daemon.on("POST " + kPath + "/start", {204});
  const auto outcome = daemon.run({"run", "-d", "web"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, std::string(kId) + "\n");
  EXPECT_EQ(outcome.err,
            "Unable to find image 'web:latest' locally\nlatest: Pulling from library/web\nab: Pull complete\n");
}

TEST(Run, a_pull_that_fails_starts_nothing) {
  FakeDaemon daemon;
  daemon.on("POST /containers/create", {404, R"({"message":"No such image: web:1"})"});
  daemon.on("POST /images/create?fromImage=web&tag=1", {200, "{\"error\":\"manifest unknown\"}\n"});
  const auto outcome = daemon.run({"run", "web:1"});
  EXPECT_EQ(outcome.status, 125);
  EXPECT_EQ(outcome.err,
            "Unable to find image 'web:1' locally\nskein: manifest unknown\n\n"
            "Run 'skein run --help' for more information\n");
}

TEST(Run, a_command_that_is_not_there_ends_with_127) {
  FakeDaemon daemon;
  offer_run(daemon, "stream=1&stdout=1&stderr=1", {101, "", ""}, R"({"StatusCode":127})");
  FakeDaemon other;
  other.on("POST /containers/create", {201, R"({"Id":"0123456789abcdef"})"});
  other.on("POST " + kPath + "/start",
           {400, R"({"message":"exec: \"nosuch\": executable file not found in $PATH: unknown"})"});
  EXPECT_EQ(daemon.run({"run", "alpine", "nosuch"}).status, 127);
  EXPECT_EQ(other.run({"run", "-d", "alpine", "nosuch"}).status, 127);
}

TEST(Exec, status_of_the_command_is_passed_on) {
  FakeDaemon daemon;
  daemon.on("GET /containers/web/json", {200, R"({"Id":"0123"})"});
  daemon.on("POST /containers/web/exec", {201, R"({"Id":"e1"})"});
  daemon.on("POST /exec/e1/start", {101, "", frame(1, "hello\n")});
  daemon.on("GET /exec/e1/json", {200, R"({"ExitCode":3})"});
  const auto outcome = daemon.run({"exec", "-e", "A=b", "-w", "/tmp", "web", "ls", "-l"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, "hello\n");
  EXPECT_EQ(daemon.bodies[1]["Cmd"], Json::array({"ls", "-l"}));
  EXPECT_EQ(daemon.bodies[1]["Env"], Json::array({"A=b"}));
  EXPECT_EQ(daemon.bodies[1]["WorkingDir"], "/tmp");
}

TEST(Logs, frames_are_taken_apart) {
  FakeDaemon daemon;
  daemon.on("GET /containers/web/json", {200, R"({"Id":"0123","Config":{"Tty":false}})"});
  daemon.on("GET /containers/0123/logs?stdout=1&stderr=1&tail=5", {200, frame(1, "a\n") + frame(2, "b\n")});
  const auto outcome = daemon.run({"logs", "-n5", "web"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "a\n");
  EXPECT_EQ(outcome.err, "b\n");
}

TEST(Inspect, looks_through_the_kinds_of_objects) {
  FakeDaemon daemon;
  daemon.on("GET /networks/blue", {200, R"({"Name":"blue","Id":"n1","Driver":"overlay"})"});
  const auto all = daemon.run({"inspect", "blue"});
  EXPECT_EQ(
      all.out,
      "[\n    {\n        \"Name\": \"blue\",\n        \"Id\": \"n1\",\n        \"Driver\": \"overlay\"\n    }\n]\n");
  EXPECT_EQ(daemon.run({"inspect", "-f", "{{.Name}}/{{.Driver}}", "blue"}).out, "blue/overlay\n");
  const auto none = daemon.run({"inspect", "nosuch"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.out, "[]\n");
  EXPECT_EQ(none.err, "Error: No such object: nosuch\n");
}

TEST(Calls, a_daemon_that_is_not_there_is_named) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_words({"-H", "unix:///nonexistent/s", "node", "ls"}), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "Cannot connect to the Skein daemon at unix:///nonexistent/s. Is skeind running?\n");
}

TEST(Calls, wrong_words_are_explained_without_asking_the_daemon) {
  FakeDaemon daemon;
  auto outcome = daemon.run({"swarm", "join"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "skein: 'skein swarm join' requires 1 argument\n\nUsage:  skein swarm join [OPTIONS] "
            "HOST:PORT\n\nRun 'skein swarm join --help' for more information\n");
  outcome = daemon.run({"run", "--foo", "x"});
  EXPECT_EQ(outcome.status, 125);
  EXPECT_EQ(outcome.err,
            "unknown flag: --foo\n\nUsage:  skein run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'skein run "
            "--help' for more information\n");
  outcome = daemon.run({"frobnicate"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "skein: unknown command: skein frobnicate\n\nRun 'skein --help' for more information\n");
  EXPECT_EQ(daemon.run({"network", "create", "--help"}).status, 0);
  EXPECT_TRUE(daemon.calls.empty());
}

}  // namespace
}  // namespace skein::cli
