// What a client of an old API version gets is what that version had.
#include "api/requests/old_versions.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using io::http::ApiVersion;
using nlohmann::json;

constexpr ApiVersion kNew{1, 47};

json adjusted_service(ApiVersion version) {
  json spec = json::parse(R"({"Mode":{"ReplicatedJob":{}},"TaskTemplate":{"Placement":{"MaxReplicas":2},
    "Resources":{"Limits":{"Pids":7,"MemoryBytes":1}},
    "ContainerSpec":{"Image":"x","Sysctls":{"a":"b"},"CapabilityAdd":["a"],"OomScoreAdj":5,
                     "Privileges":{"NoNewPrivileges":true,"Seccomp":{"Mode":"default"}},
                     "Healthcheck":{"Retries":1,"StartInterval":2}}}})");
  adjust_service(spec, version);
  return spec;
}

TEST(OldVersions, members_of_services_that_a_version_did_not_have_are_left_out) {
  const json all = adjusted_service(kNew);
  EXPECT_TRUE(all["TaskTemplate"]["ContainerSpec"].contains("OomScoreAdj"));
  const json at_44 = adjusted_service({1, 44}), at_43 = adjusted_service({1, 43}), at_40 = adjusted_service({1, 40}),
             at_24 = adjusted_service({1, 24});
  EXPECT_FALSE(at_44["TaskTemplate"]["ContainerSpec"].contains("OomScoreAdj"));
  EXPECT_TRUE(at_44["TaskTemplate"]["ContainerSpec"]["Privileges"].contains("NoNewPrivileges"));
  EXPECT_EQ(at_43["TaskTemplate"]["ContainerSpec"]["Privileges"], json::object());
  EXPECT_EQ(at_43["TaskTemplate"]["ContainerSpec"]["Healthcheck"], json({{"Retries", 1}}));
  EXPECT_TRUE(at_43["Mode"].contains("ReplicatedJob"));
  EXPECT_EQ(at_40["Mode"], json::object());
  EXPECT_EQ(at_40["TaskTemplate"]["Resources"]["Limits"], json({{"MemoryBytes", 1}}));
  EXPECT_TRUE(at_40["TaskTemplate"]["ContainerSpec"].contains("Sysctls"));
  EXPECT_EQ(at_24["TaskTemplate"]["ContainerSpec"],
            json({{"Image", "x"}, {"Privileges", json::object()}, {"Healthcheck", {{"Retries", 1}}}}));
  EXPECT_EQ(at_24["TaskTemplate"]["Placement"], json::object());
  json nothing = json::object();
  adjust_service(nothing, {1, 24});
  EXPECT_EQ(nothing, json::object());
}

json adjusted(json body, ApiVersion version) {
  auto adjusted = adjust_container(body, version);
  EXPECT_TRUE(adjusted.ok()) << (adjusted.ok() ? "" : adjusted.error().text());
  return body;
}
std::string version_refusal(json body, ApiVersion version) {
  auto adjusted = adjust_container(body, version);
  return adjusted.ok() ? "" : adjusted.error().text();
}

TEST(OldVersions, members_of_containers_that_a_version_did_not_have_are_left_out) {
  EXPECT_FALSE(adjusted({{"HostConfig", {{"AutoRemove", true}}}}, {1, 24})["HostConfig"].contains("AutoRemove"));
  EXPECT_EQ(adjusted({{"HostConfig", {{"AutoRemove", true}}}}, {1, 25})["HostConfig"]["AutoRemove"], true);
  EXPECT_EQ(adjusted(json::object(), {1, 39})["HostConfig"]["IpcMode"], "shareable");
  EXPECT_FALSE(adjusted(json::object(), {1, 40})["HostConfig"].contains("IpcMode"));
  const json bind{{"HostConfig",
                   {{"Mounts", json::array({{{"Type", "bind"},
                                             {"BindOptions", {{"CreateMountpoint", true}}},
                                             {"VolumeOptions", {{"NoCopy", true}}}}})}}}};
  EXPECT_EQ(adjusted(bind, {1, 41})["HostConfig"]["Mounts"][0],
            json({{"Type", "bind"}, {"BindOptions", json::object()}}));
  EXPECT_EQ(adjusted(bind, kNew)["HostConfig"]["Mounts"], bind["HostConfig"]["Mounts"]);
}

TEST(OldVersions, the_containers_address_was_its_only_endpoints) {
  const json body{{"MacAddress", "02:42:ac:11:00:02"}, {"HostConfig", {{"NetworkMode", "n"}}}};
  EXPECT_EQ(adjusted(body, {1, 43})["NetworkingConfig"]["EndpointsConfig"],
            json({{"n", {{"MacAddress", "02:42:ac:11:00:02"}}}}));
  EXPECT_FALSE(adjusted(body, kNew).contains("NetworkingConfig"));
}

TEST(OldVersions, what_a_version_cannot_be_asked_is_refused_in_dockers_words) {
  const json two{{"NetworkingConfig", {{"EndpointsConfig", {{"a", json::object()}, {"b", json::object()}}}}}};
  EXPECT_EQ(version_refusal(two, {1, 43}), "Container cannot be created with multiple network endpoints: a, b");
  EXPECT_EQ(version_refusal(two, {1, 44}), "");
  auto with = [](const char* options, const char* member, const json& value) {
    return json{{"HostConfig", {{"Mounts", json::array({{{options, {{member, value}}}}})}}}};
  };
  EXPECT_EQ(version_refusal(with("BindOptions", "ReadOnlyForceRecursive", true), {1, 43}),
            "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer");
  EXPECT_EQ(version_refusal(with("VolumeOptions", "Subpath", "x"), {1, 44}),
            "VolumeOptions.Subpath needs API v1.45 or newer");
}

}  // namespace
}  // namespace skein::api
