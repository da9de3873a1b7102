// What can never run is refused when it is made, in Docker's words.
#include "api/containers/create/container_check.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

const HostLimits kHost{2, [](const std::string& path) { return path == "/there"; }};

std::string words(const std::string& body) {
  auto checked = check_container(json::parse(body), kHost);
  if (checked.ok()) return "";
  EXPECT_EQ(checked.error().code, Code::kInvalidArgument);
  return checked.error().what;
}

TEST(ContainerCheck, policies_and_mounts_are_known_ones) {
  EXPECT_EQ(words(R"({"HostConfig":{"RestartPolicy":{"Name":"sometimes"}}})"), "invalid restart policy 'sometimes'");
  EXPECT_EQ(words(R"({"HostConfig":{"RestartPolicy":{"Name":"always","MaximumRetryCount":3}}})"),
            "maximum retry count cannot be used with restart policy 'always'");
  EXPECT_EQ(words(R"({"HostConfig":{"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":-1}}})"),
            "maximum retry count cannot be negative");
  EXPECT_EQ(words(R"({"HostConfig":{"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}}})"), "");
  EXPECT_EQ(words(R"({"HostConfig":{"AutoRemove":true,"RestartPolicy":{"Name":"always"}}})"),
            "can't create 'AutoRemove' container with restart policy");
  EXPECT_EQ(words(R"({"HostConfig":{"AutoRemove":true,"RestartPolicy":{"Name":"no"}}})"), "");
  EXPECT_EQ(words(R"({"HostConfig":{"Mounts":[{"Type":"odd","Target":"/x"}]}})"),
            "invalid mount config for type \"odd\": mount type unknown");
}

TEST(ContainerCheck, what_docker_takes_passes) {
  for (
      const char* body :
      {"{}", R"({"WorkingDir":"/w","HostConfig":null})", R"({"WorkingDir":""})",
       R"({"HostConfig":{"Memory":0,"NanoCpus":0,"ShmSize":0,"OomScoreAdj":-1000}})",
       R"({"HostConfig":{"Memory":6291456,"NanoCpus":2000000000}})",
       R"({"HostConfig":{"Mounts":[{"Type":"bind","Source":"/there","Target":"/x"},{"Type":"volume","Source":"v","Target":"/y"}]}})",
       R"({"HostConfig":{"Mounts":[{"Type":"bind","Source":"/new","Target":"/x","BindOptions":{"CreateMountpoint":true}}]}})"})
    EXPECT_EQ(words(body), "") << body;
}

TEST(ContainerCheck, members_of_any_type_are_survived) {
  for (const char* body : {R"({"WorkingDir":7,"HostConfig":[]})",
                           R"({"HostConfig":{"Memory":"1","NanoCpus":1.5,"ShmSize":{},"Mounts":1}})",
                           R"({"HostConfig":{"Mounts":[1,null,{"Type":3,"Target":"/x"}]}})"})
    EXPECT_EQ(words(body), "") << body;
}

TEST(ContainerCheck, what_cannot_be_is_named) {
  EXPECT_EQ(words(R"({"WorkingDir":"w"})"), "the working directory 'w' is invalid, it needs to be an absolute path");
  EXPECT_EQ(words(R"({"HostConfig":{"Memory":6291455}})"), "Minimum memory limit allowed is 6MB");
  for (const char* cpus : {"9999999", "2000000001", "-1"})
    EXPECT_EQ(words(R"({"HostConfig":{"NanoCpus":)" + std::string(cpus) + "}}"),
              "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available");
  EXPECT_EQ(words(R"({"HostConfig":{"ShmSize":-1}})"), "SHM size can not be less than 0");
  EXPECT_EQ(words(R"({"HostConfig":{"OomScoreAdj":1001}})"),
            "Invalid value 1001, range for oom score adj is [-1000, 1000]");
  EXPECT_EQ(words(R"({"Healthcheck":{"Interval":0,"Timeout":1000000,"Retries":0}})"), "");
  EXPECT_EQ(words(R"({"Healthcheck":{"Interval":999999}})"), "Interval in Healthcheck cannot be less than 1ms");
  EXPECT_EQ(words(R"({"Healthcheck":{"StartInterval":-1}})"), "StartInterval in Healthcheck cannot be less than 1ms");
  EXPECT_EQ(words(R"({"Healthcheck":{"Retries":-1}})"), "Retries in Healthcheck cannot be negative");
  EXPECT_EQ(words(R"({"HostConfig":{"Mounts":[{"Type":"bind","Source":"/gone","Target":"/x"}]}})"),
            "invalid mount config for type \"bind\": bind source path does not exist: /gone");
  EXPECT_EQ(words(R"({"HostConfig":{"Mounts":[{"Type":"bind","Source":"rel","Target":"/x"}]}})"),
            "invalid mount config for type \"bind\": invalid mount path: 'rel' mount path must be absolute");
}

}  // namespace
}  // namespace skein::api
