// `skein secret …` and `skein config …` ask and print what Docker's do.
#include <fstream>

#include "base/time/moment.h"
#include "cmd/cli/daemon/fake_daemon.h"
#include "cmd/cli/secret/secret_format.h"

namespace skein::cli {
namespace {

const char* const kSecrets = R"([
  {"ID":"bbb","CreatedAt":"2026-11-30T07:21:00.5Z","UpdatedAt":"2026-11-30T08:21:00Z","Spec":{"Name":"s10","Labels":{"c":"","a":"b"}}},
  {"ID":"aaa","CreatedAt":"2026-11-30T07:21:00.5Z","UpdatedAt":"2026-11-30T08:21:00Z","Spec":{"Name":"s9","Labels":{}}}])";

struct SecretCommands : testing::Test {
  SecretCommands() { std::ofstream(file) << "hello\n"; }
  ~SecretCommands() override { std::filesystem::remove(file); }
  std::string file = testing::TempDir() + "/skein-secret-" + std::to_string(::getpid());
  FakeDaemon daemon;
};

TEST_F(SecretCommands, create_sends_the_files_bytes) {
  daemon.on("POST /secrets/create", {201, R"({"ID":"id1"})"});
  daemon.on("POST /configs/create", {201, R"({"ID":"id2"})"});
  EXPECT_EQ(daemon.run({"secret", "create", "s", file}).out, "id1\n");
  EXPECT_EQ(daemon.bodies.at(0), Json::parse(R"({"Name":"s","Labels":{},"Data":"aGVsbG8K"})"));
  EXPECT_EQ(daemon.run({"config", "create", "--template-driver", "golang", "-l", "a=b", "c", file}).out, "id2\n");
  EXPECT_EQ(daemon.bodies.at(1),
            Json::parse(R"({"Name":"c","Labels":{"a":"b"},"Data":"aGVsbG8K","Templating":{"Name":"golang"}})"));
  daemon.run({"secret", "create", "-d", "vault", "s"});
  EXPECT_EQ(daemon.bodies.at(2), Json::parse(R"({"Name":"s","Labels":{},"Driver":{"Name":"vault"}})"));
}

TEST_F(SecretCommands, create_says_what_is_wrong_with_the_file) {
  std::ofstream(file, std::ios::trunc).flush();
  EXPECT_EQ(daemon.run({"secret", "create", "s"}).err, "secret file is required\n");
  EXPECT_EQ(daemon.run({"secret", "create", "-d", "vault", "s", file}).err,
            "When using secret driver secret data must be empty\n");
  EXPECT_EQ(daemon.run({"secret", "create", "s", "/no/file"}).err,
            "error reading from /no/file: open /no/file: no such file or directory\n");
  EXPECT_EQ(daemon.run({"secret", "create", "s", "/"}).err, "error reading from /: read /: is a directory\n");
  EXPECT_EQ(daemon.run({"config", "create", "c", file}).err,
            "Error reading content from \"" + file + "\": error reading from " + file + ": data is empty\n");
  EXPECT_TRUE(daemon.calls.empty());
}

TEST_F(SecretCommands, lists_are_sorted_as_people_sort) {
  daemon.on("GET /secrets", {200, kSecrets});
  EXPECT_EQ(daemon.run({"secret", "ls", "-q"}).out, "aaa\nbbb\n");
  EXPECT_EQ(daemon.run({"secret", "ls", "--format", "{{.Name}} {{.Labels}} {{.Driver}}"}).out, "s9  \ns10 a=b,c= \n");
  daemon.on(R"(GET /configs?filters={"name":{"x":true}})", {200, "[]"});
  EXPECT_EQ(daemon.run({"config", "ls", "-f", "name=x"}).out, "ID        NAME      CREATED   UPDATED\n");
}

TEST_F(SecretCommands, rows_tell_ages) {
  const WallTime now = *parse_time("2026-11-30T10:21:30Z");
  const Json row = dependency_row(DependencyKind::kSecret, Json::parse(kSecrets)[0], now);
  EXPECT_EQ(text_at(row, "CreatedAt"), "3 hours ago");
  EXPECT_EQ(text_at(row, "UpdatedAt"), "2 hours ago");
}

TEST_F(SecretCommands, pretty_has_dockers_layout) {
  daemon.on("GET /secrets/s10", {200, Json::parse(kSecrets)[0].dump()});
  EXPECT_EQ(daemon.run({"secret", "inspect", "--pretty", "s10"}).out,
            "ID:              bbb\nName:              s10\nLabels:\n - a=b\n - c\nDriver:            \n"
            "Created at:        2026-11-30 07:21:00.5 +0000 utc\nUpdated at:        2026-11-30 08:21:00 +0000 utc\n");
  Json config = Json::parse(kSecrets)[1];
  config["Spec"]["Data"] = "aGVsbG8K";
  daemon.on("GET /configs/c", {200, config.dump()});
  EXPECT_EQ(daemon.run({"config", "inspect", "--pretty", "c"}).out,
            "ID:\t\t\taaa\nName:\t\t\ts9\nCreated at:            \t2026-11-30 07:21:00.5 +0000 utc\n"
            "Updated at:            \t2026-11-30 08:21:00 +0000 utc\nData:\nhello\n\n");
}

TEST_F(SecretCommands, rm_goes_on_after_a_failure) {
  daemon.on("DELETE /secrets/a", {404, R"({"message":"secret a not found"})"});
  daemon.on("DELETE /secrets/b", {204});
  const auto outcome = daemon.run({"secret", "rm", "a", "b"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "b\n");
  EXPECT_EQ(outcome.err, "Error response from daemon: secret a not found\n");
}

}  // namespace
}  // namespace skein::cli
