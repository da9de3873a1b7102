// What a client of an old API version gets is what that version had.
#include "api/requests/old_versions.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using io::http::ApiVersion;
using nlohmann::json;

constexpr ApiVersion kNew{1, 55};

json adjusted_service(ApiVersion version) {
  json spec = json::parse(R"({"Mode":{"ReplicatedJob":{}},"TaskTemplate":{"Placement":{"MaxReplicas":2},
    "Resources":{"Limits":{"Pids":7,"MemoryBytes":1},"SwapBytes":1,"MemorySwappiness":2},
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
  EXPECT_EQ(adjusted_service({1, 51})["TaskTemplate"]["Resources"],
            json({{"Limits", {{"Pids", 7}, {"MemoryBytes", 1}}}}));
  EXPECT_EQ(all["TaskTemplate"]["Resources"]["SwapBytes"], 1);
  json nothing = json::object();
  adjust_service(nothing, {1, 24});
  EXPECT_EQ(nothing, json::object());
}

TEST(OldVersions, lists_in_services_lose_what_a_version_did_not_have) {
  const json spec = json::parse(R"({"Networks":[{"Target":"n"}],"TaskTemplate":{"ContainerSpec":{
    "Configs":[{"ConfigID":"c","Runtime":{}}],"Mounts":[{"TmpfsOptions":{"SizeBytes":1,"Options":[["noexec"]]}}]}}})");
  json at_45 = spec, at_43 = spec, at_39 = spec, at_46 = spec;
  adjust_service(at_46, {1, 46});
  EXPECT_EQ(at_46, spec);
  adjust_service(at_45, {1, 45});
  EXPECT_EQ(at_45["TaskTemplate"]["ContainerSpec"]["Mounts"], json::parse(R"([{"TmpfsOptions":{"SizeBytes":1}}])"));
  adjust_service(at_43, {1, 43});
  EXPECT_EQ(at_43["TaskTemplate"]["Networks"], json::parse(R"([{"Target":"n"}])"));
  EXPECT_FALSE(at_43.contains("Networks"));
  adjust_service(at_39, {1, 39});
  EXPECT_EQ(at_39["TaskTemplate"]["ContainerSpec"]["Configs"], json::parse(R"([{"ConfigID":"c"}])"));
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
  EXPECT_EQ(adjusted(body, {1, 51})["NetworkingConfig"]["EndpointsConfig"],
            json({{"n", {{"MacAddress", "02:42:ac:11:00:02"}}}}));
  EXPECT_FALSE(adjusted(body, {1, 52}).contains("NetworkingConfig"));
  EXPECT_FALSE(adjusted(body, kNew).contains("MacAddress"));
  json other = body;
  other["NetworkingConfig"]["EndpointsConfig"]["n"]["MacAddress"] = "02:42:ac:11:00:03";
  EXPECT_EQ(version_refusal(other, {1, 44}),
            "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be "
            "left empty");
  EXPECT_EQ(version_refusal(other, {1, 52}), "");
  other["NetworkingConfig"]["EndpointsConfig"] = {{"m", json::object()}};
  EXPECT_EQ(version_refusal(other, {1, 51}),
            "HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks");
}

TEST(OldVersions, members_of_networks_that_a_version_did_not_have_are_left_out) {
  const json endpoint{{"NetworkingConfig", {{"EndpointsConfig", {{"n", {{"GwPriority", 5}}}}}}}};
  EXPECT_EQ(adjusted(endpoint, {1, 47})["NetworkingConfig"]["EndpointsConfig"]["n"], json::object());
  EXPECT_EQ(adjusted(endpoint, {1, 48})["NetworkingConfig"], endpoint["NetworkingConfig"]);
  for (const auto& [minor, is_kept] : {std::pair(47, false), std::pair(48, true)}) {
    json body{{"Name", "n"}, {"EnableIPv4", false}};
    adjust_network(body, {1, minor});
    EXPECT_EQ(body.contains("EnableIPv4"), is_kept);
  }
  for (const auto& [minor, is_kept] : {std::pair(53, false), std::pair(54, true)}) {
    json body{{"Container", "c"}, {"EndpointConfig", {{"MacAddress", "02:42:ac:11:00:02"}, {"Aliases", {"a"}}}}};
    adjust_connect(body, {1, minor});
    EXPECT_EQ(body["EndpointConfig"].contains("MacAddress"), is_kept);
    EXPECT_TRUE(body["EndpointConfig"].contains("Aliases"));
  }
}

TEST(OldVersions, hostnames_are_as_long_as_the_kernel_takes_them) {
  EXPECT_EQ(version_refusal({{"Hostname", std::string(64, 'h')}}, kNew), "");
  for (ApiVersion version : {ApiVersion{1, 24}, kNew})
    EXPECT_EQ(version_refusal({{"Hostname", std::string(65, 'h')}}, version),
              "hostname \"" + std::string(65, 'h') + "\" is too long (maximum 64 bytes)");
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
