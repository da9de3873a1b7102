// A daemon that starts with half of its configuration is worse than one that says what is wrong.
#include "node/options/daemon_file.h"

#include <gtest/gtest.h>

namespace skein::node {
namespace {

std::string refusal_of(const std::string& text, const std::set<std::string>& flags = {}) {
  const auto file = parse_daemon_file(text, "/etc/skein/daemon.json", flags);
  const std::string front = "unable to configure the daemon with file /etc/skein/daemon.json: ";
  if (file.ok()) return "";
  const std::string told = file.error().text();
  EXPECT_TRUE(told.starts_with(front)) << told;
  return told.substr(front.size());
}

TEST(DaemonFile, every_member_is_read) {
  const auto file = parse_daemon_file(R"({"labels":["zone=north"],"node-generic-resources":["gpu=UUID1"],"debug":true,
    "data-root":"/d","exec-root":"/e","hosts":["unix:///s.sock"],"group":"g","cgroup-parent":"c",
    "insecure-registries":["10.0.0.1:5000"],"live-restore":true,"engine":"process","encryption":"kernel",
    "key-rotation":"1h","metrics-addr":"10.0.0.1:9323"})",
                                      "f", {});
  ASSERT_TRUE(file.ok()) << file.error().text();
  EXPECT_EQ(file->labels, std::vector<std::string>{"zone=north"});
  EXPECT_EQ(file->generic_resources, std::vector<std::string>{"gpu=UUID1"});
  EXPECT_EQ(file->is_verbose, true);
  EXPECT_EQ(file->root_directory, "/d");
  EXPECT_EQ(file->run_directory, "/e");
  EXPECT_EQ(file->socket_path, "/s.sock");
  EXPECT_EQ(file->group, "g");
  EXPECT_EQ(file->cgroup_parent, "c");
  EXPECT_EQ(file->insecure_registries, std::vector<std::string>{"10.0.0.1:5000"});
  EXPECT_EQ(file->engine, "process");
  EXPECT_EQ(file->encryption, "kernel");
  EXPECT_EQ(file->key_rotation, "1h");
  EXPECT_EQ(file->metrics_address, "10.0.0.1:9323");
}

TEST(DaemonFile, an_empty_file_says_nothing) {
  for (const char* text : {"", " \n", "{}"}) {
    const auto file = parse_daemon_file(text, "f", {"labels"});
    ASSERT_TRUE(file.ok()) << text;
    EXPECT_FALSE(file->labels || file->is_verbose || file->group) << text;
  }
}

TEST(DaemonFile, mistakes_name_the_member) {
  EXPECT_EQ(refusal_of(R"({"label":["a=b"],"colour":1})"),
            "the following directives don't match any configuration option: colour, label");
  EXPECT_EQ(refusal_of(R"({"labels":["a=b"]})", {"labels", "debug"}),
            "the following directives are specified both as a flag and in the configuration file: labels");
  EXPECT_EQ(refusal_of(R"({"labels":"a=b"})"), "labels: must be a list of strings");
  EXPECT_EQ(refusal_of(R"({"labels":[1]})"), "labels: must be a list of strings");
  EXPECT_EQ(refusal_of(R"({"debug":"yes"})"), "debug: must be true or false");
  EXPECT_EQ(refusal_of(R"({"group":7})"), "group: must be a string");
  EXPECT_EQ(refusal_of(R"({"engine":"docker"})"), "engine: must be one of podman, process");
  EXPECT_EQ(refusal_of(R"({"live-restore":false})"), "live-restore: must be true: containers always go on");
  for (const char* hosts : {R"([])", R"(["tcp://0.0.0.0:2375"])", R"(["unix:///a","unix:///b"])", R"("unix:///a")"})
    EXPECT_EQ(refusal_of(std::string(R"({"hosts":)") + hosts + "}"),
              "hosts: must be one socket, [\"unix:///run/skein/skein.sock\"]")
        << hosts;
  EXPECT_EQ(refusal_of("[]"), "invalid JSON: it must be an object");
  EXPECT_TRUE(refusal_of("{").starts_with("invalid JSON: ")) << refusal_of("{");
  EXPECT_EQ(refusal_of("{} {}"), "invalid JSON: it must be an object");
}

}  // namespace
}  // namespace skein::node
