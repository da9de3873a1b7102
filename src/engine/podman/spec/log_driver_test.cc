#include "engine/podman/spec/log_driver.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

json log_config(const json& asked) {
  const auto config = podman_log_config(asked);
  EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().text());
  return config.ok() ? *config : json();
}
std::string log_refusal(const json& asked) {
  const auto config = podman_log_config(asked);
  return config.ok() ? "" : config.error().text();
}
json with(const char* driver, const json& options) { return {{"Type", driver}, {"Config", options}}; }

TEST(PodmanLogs, go_to_a_file_unless_something_else_is_asked_for) {
  const json file{{"Type", "k8s-file"}, {"Config", json::object()}};
  for (const json& asked : {json(), json::object(), with("", nullptr), with("json-file", nullptr),
                            with("local", json::object()), with("json-file", {{"tag", "x"}, {"labels", "a,b"}})})
    EXPECT_EQ(log_config(asked), file) << asked;
  EXPECT_EQ(log_config(with("none", {{"anything", "x"}})), json({{"Type", "none"}, {"Config", json::object()}}));
  EXPECT_EQ(log_config(with("journald", {{"tag", "x"}, {"env", "E"}})),
            json({{"Type", "journald"}, {"Config", {{"tag", "x"}}}}));
}

TEST(PodmanLogs, are_as_large_as_is_asked_for) {
  const auto limit = [](const char* driver, const json& options) { return log_limit(with(driver, options)); };
  EXPECT_EQ(limit("json-file", {{"max-size", "10m"}, {"max-file", "3"}}), (LogLimit{10'000'000, 3}));
  EXPECT_EQ(limit("json-file", {{"max-size", "10k"}}), (LogLimit{10'000, 1}));
  EXPECT_EQ(limit("local", {{"max-size", "1.5kb"}}), (LogLimit{1500, 5}));
  EXPECT_EQ(limit("local", nullptr), (LogLimit{20'000'000, 5}));
  EXPECT_EQ(limit("json-file", {{"max-size", "10"}, {"max-file", "1000"}}), (LogLimit{100, 100}));
  EXPECT_EQ(limit("", nullptr), (LogLimit{104'857'600, 2}));
  EXPECT_EQ(limit("journald", {{"max-size", "10"}}), LogLimit{});
  // It would empty its file.
  EXPECT_EQ(log_config(with("json-file", {{"max-size", "10m"}}))["Config"], json::object());
}

TEST(PodmanLogs, refuse_what_docker_refuses) {
  EXPECT_EQ(log_refusal(with("syslog", nullptr)), "logger: no log driver named 'syslog' is registered");
  EXPECT_EQ(log_refusal(with("json-file", {{"nosuch", "x"}})), "unknown log opt 'nosuch' for json-file log driver");
  EXPECT_EQ(log_refusal(with("local", {{"tag", "x"}})), "unknown log opt 'tag' for local log driver");
  EXPECT_EQ(log_refusal(with("json-file", {{"max-file", "0"}})), "max-file cannot be less than 1");
  EXPECT_EQ(log_refusal(with("json-file", {{"max-size", "big"}})), "invalid size: 'big'");
  EXPECT_EQ(log_refusal(with("json-file", {{"mode", "x"}})), "logger: logging mode not supported: x");
  EXPECT_EQ(log_refusal(with("json-file", {{"max-buffer-size", "1m"}})),
            "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  EXPECT_EQ(log_refusal(with("json-file", {{"mode", "non-blocking"}, {"max-buffer-size", "1m"}})), "");
}

TEST(PodmanLogs, are_named_as_docker_names_them) {
  EXPECT_EQ(dockers_log_drivers({"k8s-file", "none", "passthrough", "journald"}),
            (std::vector<std::string>{"json-file", "local", "journald", "none"}));
  EXPECT_TRUE(dockers_log_drivers({}).empty());
}

}  // namespace
}  // namespace skein::engine
