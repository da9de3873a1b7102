// A daemon that answers a version of the API must answer as that version did.
#include "api/replies/reply_versions.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using io::http::ApiVersion;
using nlohmann::json;

std::set<std::string> names_in(const json& object) {
  std::set<std::string> out;
  for (const auto& [name, value] : object.items()) out.insert(name);
  return out;
}

json container_on(const char* network) {
  json out = json::parse(R"({"Config":{"OnBuild":null},"HostConfig":{"KernelMemoryTCP":0},"NetworkSettings":
    {"SandboxID":"s","SandboxKey":"k","Ports":{},"HairpinMode":false}})");
  out["NetworkSettings"]["Networks"][network] =
      json::parse(R"({"IPAddress":"172.17.0.2","IPPrefixLen":16,"Gateway":"172.17.0.1"})");
  return out;
}

TEST(ReplyVersions, addresses_stand_beside_the_networks_until_1_52) {
  for (int minor : {24, 41, 44, 51}) {
    json on_bridge = container_on("bridge"), elsewhere = container_on("appnet");
    shape_container(on_bridge, {1, minor});
    shape_container(elsewhere, {1, minor});
    EXPECT_EQ(names_in(on_bridge["NetworkSettings"]),
              (std::set<std::string>{"Bridge", "EndpointID", "Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen",
                                     "HairpinMode", "IPAddress", "IPPrefixLen", "IPv6Gateway", "LinkLocalIPv6Address",
                                     "LinkLocalIPv6PrefixLen", "MacAddress", "Networks", "Ports", "SandboxID",
                                     "SandboxKey", "SecondaryIPAddresses", "SecondaryIPv6Addresses"}));
    EXPECT_EQ(on_bridge["NetworkSettings"]["IPAddress"], "172.17.0.2");
    EXPECT_EQ(on_bridge["NetworkSettings"]["IPPrefixLen"], 16);
    EXPECT_EQ(on_bridge["NetworkSettings"]["MacAddress"], "");
    EXPECT_EQ(elsewhere["NetworkSettings"]["IPAddress"], "");
    EXPECT_EQ(elsewhere["NetworkSettings"]["IPPrefixLen"], 0);
    EXPECT_TRUE(on_bridge["Config"].contains("OnBuild"));
  }
  for (int minor : {52, 55}) {
    json container = container_on("bridge");
    shape_container(container, {1, minor});
    EXPECT_EQ(names_in(container["NetworkSettings"]),
              (std::set<std::string>{"Networks", "Ports", "SandboxID", "SandboxKey"}));
    EXPECT_EQ(container["NetworkSettings"]["Networks"]["bridge"]["IPAddress"], "172.17.0.2");
    EXPECT_EQ(container["Config"], json::object());
    EXPECT_EQ(container["HostConfig"], json::object());
  }
}

TEST(ReplyVersions, an_images_configuration_loses_what_is_a_containers) {
  const json image = json::parse(R"({"Config":{"Cmd":["sh"],"Env":null,"Hostname":"","Tty":false},"Author":"",
    "Parent":"sha256:aa"})");
  json at_49 = image, at_50 = image, at_52 = image;
  shape_image(at_49, {1, 49});
  EXPECT_EQ(at_49["Config"].size(), 17u);
  shape_image(at_50, {1, 50});
  EXPECT_EQ(at_50["Config"], json::parse(R"({"Cmd":["sh"],"Entrypoint":null,"Env":null,"Labels":null,"OnBuild":null,
    "User":"","Volumes":null,"WorkingDir":""})"));
  EXPECT_EQ(at_50["DockerVersion"], "");
  shape_image(at_52, {1, 52});
  EXPECT_EQ(at_52, json::parse(R"({"Config":{"Cmd":["sh"]},"Parent":"sha256:aa"})"));
}

TEST(ReplyVersions, the_daemons_description_loses_what_docker_gave_up) {
  const json info = json::parse(R"({"BridgeNfIptables":true,"BridgeNfIp6tables":true,"KernelMemoryTCP":false,
    "RegistryConfig":{"AllowNondistributableArtifactsCIDRs":[],"AllowNondistributableArtifactsHostnames":[],
    "Mirrors":[]},"ContainerdCommit":{"ID":"a","Expected":"a"},"RuncCommit":{"ID":"b","Expected":"b"},
    "InitCommit":{"ID":"","Expected":""}})");
  json at_48 = info, at_49 = info, at_50 = info, at_52 = info;
  shape_info(at_48, {1, 48});
  EXPECT_EQ(at_48, info);
  shape_info(at_49, {1, 49});
  EXPECT_EQ(at_49["RegistryConfig"], json::parse(R"({"Mirrors":[]})"));
  EXPECT_EQ(at_49["RuncCommit"], json({{"ID", "b"}}));
  EXPECT_TRUE(at_49.contains("BridgeNfIptables"));
  shape_info(at_50, {1, 50});
  EXPECT_FALSE(at_50.contains("BridgeNfIptables") || at_50.contains("BridgeNfIp6tables"));
  EXPECT_TRUE(at_50.contains("KernelMemoryTCP"));
  shape_info(at_52, {1, 52});
  EXPECT_FALSE(at_52.contains("KernelMemoryTCP"));
}

TEST(ReplyVersions, networks_say_whether_they_have_ipv4_from_1_48_on) {
  for (const auto& [minor, says_so] : {std::pair(41, false), std::pair(47, false), std::pair(48, true)}) {
    json network{{"Name", "n"}, {"EnableIPv4", true}};
    shape_network(network, {1, minor});
    EXPECT_EQ(network.contains("EnableIPv4"), says_so) << minor;
  }
}

}  // namespace
}  // namespace skein::api
