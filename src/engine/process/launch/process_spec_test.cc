// A container that needs more than a process must be refused, not be run without.
#include "engine/process/launch/process_spec.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace skein::engine {
namespace {

using nlohmann::json;

const std::string kContainerId(64, 'a');

Result<ProcessSpec> parse(json spec) {
  spec.emplace("Cmd", json{"true"});
  return parse_process_spec(spec, kContainerId);
}

std::string refused(json host_config) {
  auto spec = parse({{"HostConfig", std::move(host_config)}});
  EXPECT_FALSE(spec.ok());
  return spec.ok() ? "" : code_name(spec.error().code);
}

TEST(ProcessSpec, takes_what_a_process_has) {
  auto spec = parse({{"Entrypoint", {"sh", "-c"}},
                     {"Cmd", {"exit 3"}},
                     {"Env", {"A=b", "PATH=/x", "broken"}},
                     {"WorkingDir", "/tmp"},
                     {"Hostname", "blue"},
                     {"StopSignal", "SIGUSR1"},
                     {"HostConfig", {{"NetworkMode", "ns:/run/n/1"}, {"Binds", {"/a/hosts:/etc/hosts:ro"}}}}});
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->command, (std::vector<std::string>{"sh", "-c", "exit 3"}));
  EXPECT_EQ(spec->environment, (std::vector<std::string>{"A=b", "PATH=/x", "HOSTNAME=blue", "HOME=/root"}));
  EXPECT_EQ(spec->netns_path, "/run/n/1");
  EXPECT_EQ(spec->working_folder, "/tmp");
  EXPECT_EQ(spec->stop_signal, SIGUSR1);
  ASSERT_EQ(spec->binds.size(), 1u);
  EXPECT_EQ(spec->binds[0].source, "/a/hosts");
  EXPECT_EQ(spec->binds[0].target, "/etc/hosts");
  EXPECT_TRUE(spec->binds[0].is_read_only);
}

TEST(ProcessSpec, has_dockers_defaults) {
  auto spec = parse(json::object());
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->hostname, "aaaaaaaaaaaa");
  EXPECT_EQ(spec->stop_signal, SIGTERM);
  EXPECT_EQ(spec->netns_path, "");
  EXPECT_FALSE(spec->has_no_network);
  EXPECT_TRUE(parse({{"HostConfig", {{"NetworkMode", "none"}}}})->has_no_network);
}

TEST(ProcessSpec, refuses_what_only_images_have) {
  EXPECT_EQ(refused({{"Binds", {"volume:/data"}}}), "Unimplemented");
  EXPECT_EQ(refused({{"Binds", {"/only"}}}), "Unimplemented");
  EXPECT_EQ(refused({{"Binds", std::vector<std::string>(1'001, "/a:/a")}}), "InvalidArgument");
  EXPECT_EQ(refused({{"Mounts", {{{"Target", "/x"}}}}}), "Unimplemented");
  EXPECT_EQ(refused({{"NetworkMode", "container:x"}}), "Unimplemented");
  EXPECT_FALSE(parse({{"User", "nobody"}}).ok());
  EXPECT_EQ(parse({{"Cmd", json::array()}}).error().what, "No command specified");
  EXPECT_FALSE(parse({{"Cmd", {std::string("a\0b", 3)}}}).ok());
  EXPECT_FALSE(parse({{"Hostname", std::string(65, 'x')}}).ok());
}

TEST(ProcessSpec, is_read_from_json_of_any_shape) {
  for (const char* text : {"null", "[]", "3", R"({"Cmd":3})", R"({"Cmd":[1]})", R"({"HostConfig":[],"Env":{}})"})
    EXPECT_FALSE(parse_process_spec(json::parse(text), kContainerId).ok()) << text;
  EXPECT_TRUE(parse({{"HostConfig", 4}, {"Env", 5}, {"Hostname", 6}, {"User", nullptr}}).ok());
}

TEST(Signal, is_a_name_or_a_number) {
  EXPECT_EQ(*parse_signal("SIGKILL"), SIGKILL);
  EXPECT_EQ(*parse_signal("HUP"), SIGHUP);
  EXPECT_EQ(*parse_signal("15"), SIGTERM);
  for (const char* text : {"", "SIG", "SIGNOPE", "0", "-9", "65", "9x"}) EXPECT_FALSE(parse_signal(text).ok()) << text;
}

}  // namespace
}  // namespace skein::engine
