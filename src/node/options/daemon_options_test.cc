#include "node/options/daemon_options.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace skein::node {
namespace {

std::string write_config(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(DaemonOptions, the_file_completes_the_command_line) {
  NodeOptions given;
  given.group = "admins";
  given.flags = {"group"};
  given.config_path = write_config("daemon-options-1.json",
                                   R"({"labels":["zone=north","a=b"],"node-generic-resources":["ssd=3"],"debug":true,
                                       "key-rotation":"1h","metrics-addr":"127.0.0.1:9323","insecure-registries":["r:5000"],"data-root":"/data"})");
  const auto options = with_daemon_file(given);
  ASSERT_TRUE(options.ok()) << options.error().text();
  EXPECT_EQ(options->group, "admins");
  EXPECT_EQ(options->root_directory, "/data");
  EXPECT_EQ(options->run_directory, "/run/skein");
  EXPECT_TRUE(options->is_verbose);
  EXPECT_EQ(options->key_rotation_period, std::chrono::hours(1));
  EXPECT_EQ(options->metrics_address, "127.0.0.1:9323");
  EXPECT_EQ(options->insecure_registries, std::vector<std::string>{"r:5000"});
  const auto settings = engine_settings_of(*options);
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->labels, (std::vector<std::string>{"a=b", "zone=north"}));
  ASSERT_EQ(settings->generic.size(), 1);
  EXPECT_EQ(settings->generic[0].discrete_resource_spec().value(), 3);
}

TEST(DaemonOptions, mistakes_name_the_file_and_the_member) {
  auto refusal = [](const std::string& text) {
    NodeOptions given;
    given.config_path = write_config("daemon-options-2.json", text);
    const auto options = with_daemon_file(given);
    const std::string front = "unable to configure the daemon with file " + given.config_path + ": ";
    if (options.ok()) return std::string();
    EXPECT_TRUE(options.error().text().starts_with(front)) << options.error().text();
    return options.error().text().substr(front.size());
  };
  EXPECT_EQ(refusal(R"({"labels":["zone"]})"), "labels: bad attribute format: zone");
  EXPECT_EQ(refusal(R"({"node-generic-resources":["gpu"]})"),
            "node-generic-resources: could not parse GenericResource: incorrect term gpu, missing '=' or malformed "
            "expression");
  EXPECT_EQ(refusal(R"({"key-rotation":"1ms"})"), "key-rotation: must be at least 1s");
  for (const char* text : {"9323", "localhost:9323", "127.0.0.1", "[::1]:9323", "127.0.0.1:0"})
    EXPECT_EQ(refusal(R"({"metrics-addr":")" + std::string(text) + "\"}"),
              "metrics-addr: must be an IPv4 address and a port, such as 127.0.0.1:9323");
  EXPECT_EQ(refusal(R"({"colour":1})"), "the following directives don't match any configuration option: colour");
  EXPECT_EQ(refusal(R"({"debug":1})"), "debug: must be true or false");
}

TEST(DaemonOptions, only_the_default_file_may_be_missing) {
  NodeOptions given;
  given.config_path = testing::TempDir() + "/no-such-daemon.json";
  EXPECT_TRUE(with_daemon_file(given).error().text().starts_with("unable to configure the daemon with file "));
}

}  // namespace
}  // namespace skein::node
