// A container's networks are the user's, whatever the engine is told: they must come back as they were asked for.
#include "engine/values/networking_record.h"

#include <gtest/gtest.h>

#include <fstream>

namespace skein::engine {
namespace {

using nlohmann::json;

// The body of POST /containers/create, as the docker client sends it.
json recorded_create() {
  std::ifstream file(SKEIN_TEST_DATA "/http/docker-run-ping.json");
  json recording = json::parse(file);
  for (const auto& call : recording["calls"])
    if (call["path"] == "/v1.41/containers/create") return call["request"];
  return nullptr;
}

TEST(NetworkingRecord, the_engine_gets_a_namespace_instead_of_networks_and_ports) {
  json body = recorded_create();
  ASSERT_TRUE(body.is_object());
  body["HostConfig"]["PortBindings"] = {{"80/tcp", json::array({{{"HostIp", ""}, {"HostPort", "8080"}}})}};
  body["HostConfig"]["Dns"] = {"9.9.9.9"};
  auto record = take_networking(body, "abc123");
  json spec = engine_spec(body, record, "/run/netns/abc123", "/files/abc123");
  EXPECT_EQ(spec["HostConfig"]["NetworkMode"], "ns:/run/netns/abc123");
  EXPECT_FALSE(spec["HostConfig"].contains("PortBindings"));
  EXPECT_FALSE(spec["HostConfig"].contains("Dns"));
  EXPECT_FALSE(spec.contains("NetworkingConfig"));
  EXPECT_EQ(spec["HostConfig"]["Binds"],
            json({"/files/abc123/hosts:/etc/hosts", "/files/abc123/resolv.conf:/etc/resolv.conf"}));
  EXPECT_EQ(spec["Cmd"], body["Cmd"]);
  EXPECT_EQ(spec["HostConfig"]["AutoRemove"], true);
}

TEST(NetworkingRecord, the_label_brings_back_what_was_asked_for) {
  json body = recorded_create();
  body["Hostname"] = "web";
  body["NetworkingConfig"]["EndpointsConfig"] = {{"dkbench", {{"Aliases", {"a"}}}},
                                                 {"other", {{"IPAMConfig", {{"IPv4Address", "10.0.1.9"}}}}}};
  body["HostConfig"]["PortBindings"] = {{"80/tcp", json::array({{{"HostPort", "8080"}}})}};
  body["HostConfig"]["ExtraHosts"] = {"db:10.0.0.1"};
  auto record = take_networking(body, "abc123");
  json labels{{kNetworkingLabel, record.label()}};
  auto back = NetworkingRecord::from_labels(labels);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->label(), record.label());
  EXPECT_EQ(back->networks(),
            (std::vector<WantedNetwork>{{"dkbench", "", {{"Aliases", {"a"}}}},
                                        {"other", "", {{"IPAMConfig", {{"IPv4Address", "10.0.1.9"}}}}}}));
  EXPECT_EQ(back->port_bindings, body["HostConfig"]["PortBindings"]);
  EXPECT_EQ(back->hostname, "web");
  EXPECT_EQ(back->image, body["Image"]);
  EXPECT_NE(back->image, "");
}

TEST(NetworkingRecord, labels_that_are_not_ours_are_ignored) {
  for (const char* text : {"", "{", "[]", "{}", R"({"key":7})", R"({"key":"../../etc"})", R"({"key":"ABC"})"})
    EXPECT_FALSE(NetworkingRecord::from_label(text)) << text;
  EXPECT_FALSE(NetworkingRecord::from_labels(nullptr));
  EXPECT_FALSE(NetworkingRecord::from_labels({{kNetworkingLabel, 5}}));
}

TEST(NetworkingRecord, bodies_of_any_shape_are_survived) {
  for (const char* text : {"{}", R"({"HostConfig":[],"NetworkingConfig":7,"Labels":"x","ExposedPorts":null})",
                           R"({"HostConfig":{"Binds":{},"Dns":"x","PortBindings":[],"Mounts":[3]}})"}) {
    json body = json::parse(text);
    auto record = take_networking(body, "0");
    EXPECT_EQ(record.networks(), std::vector<WantedNetwork>{{.name = "bridge"}}) << text;
    EXPECT_EQ(engine_spec(body, record, "/n", "/f")["HostConfig"]["NetworkMode"], "ns:/n") << text;
  }
}

TEST(NetworkingRecord, a_users_own_hosts_file_wins) {
  json body{{"HostConfig",
             {{"Binds", {"/my/hosts:/etc/hosts:ro"}}, {"Mounts", json::array({{{"Target", "/etc/resolv.conf"}}})}}}};
  json spec = engine_spec(body, take_networking(body, "0"), "/n", "/f");
  EXPECT_EQ(spec["HostConfig"]["Binds"], json({"/my/hosts:/etc/hosts:ro"}));
}

TEST(NetworkingRecord, names_are_resolved_by_the_embedded_server_on_user_networks) {
  std::string host = "nameserver 127.0.0.53\nnameserver 192.0.2.1\nsearch corp.example\noptions edns0\n";
  NetworkingRecord record;
  record.network_mode = "appnet";
  EXPECT_EQ(format_resolv_conf(record, record.networks(), host),
            "nameserver 127.0.0.11\nsearch corp.example\noptions edns0 ndots:0\n");
  record.dns_options = {"ndots:3"};
  record.dns_search = {"."};
  EXPECT_EQ(format_resolv_conf(record, record.networks(), host), "nameserver 127.0.0.11\noptions ndots:3\n");
  NetworkingRecord bridge;
  bridge.network_mode = "default";
  EXPECT_EQ(format_resolv_conf(bridge, bridge.networks(), host),
            "nameserver 192.0.2.1\nsearch corp.example\noptions edns0\n");
  bridge.dns = {"9.9.9.9"};
  EXPECT_EQ(format_resolv_conf(bridge, bridge.networks(), ""), "nameserver 9.9.9.9\n");
}

TEST(NetworkingRecord, servers_are_asked_in_the_order_of_the_file) {
  EXPECT_EQ(name_servers("# no\nnameserver 192.0.2.1\nsearch x\nnameserver 127.0.0.53 ; why\nnameserver\n"),
            (std::vector<std::string>{"192.0.2.1", "127.0.0.53"}));
  EXPECT_TRUE(name_servers("").empty());
}

// A container of the default bridge that is connected to another network later, and one that leaves its last.
TEST(NetworkingRecord, the_resolver_follows_the_networks) {
  NetworkingRecord record;
  record.network_mode = "default";
  const std::string host = "nameserver 192.0.2.1\n";
  EXPECT_EQ(format_resolv_conf(record, {{.name = "bridge"}, {.name = "appnet"}}, host),
            "nameserver 127.0.0.11\noptions ndots:0\n");
  EXPECT_EQ(format_resolv_conf(record, {{.name = "bridge"}}, host), host);
  EXPECT_EQ(format_resolv_conf(record, {}, host), host);
}

TEST(NetworkingRecord, hosts_is_written_as_docker_writes_it) {
  NetworkingRecord record;
  record.extra_hosts = {"db:10.0.0.1", "six=fd00::1", "evil:1\n2"};
  std::string text = format_hosts(record, {{"10.88.1.200", "f090b37b032f"}}, "192.168.1.11");
  EXPECT_TRUE(
      text.starts_with("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"));
  EXPECT_TRUE(text.ends_with("10.0.0.1\tdb\nfd00::1\tsix\n10.88.1.200\tf090b37b032f\n")) << text;
}

TEST(NetworkingRecord, the_host_itself_is_found_by_the_word_for_it) {
  NetworkingRecord record;
  EXPECT_FALSE(asks_for_host_gateway(record));
  record.extra_hosts = {"db:10.0.0.1", "host.docker.internal:host-gateway", "other=host-gateway"};
  EXPECT_TRUE(asks_for_host_gateway(record));
  const std::string text = format_hosts(record, {}, "192.168.1.11");
  EXPECT_TRUE(text.ends_with("10.0.0.1\tdb\n192.168.1.11\thost.docker.internal\n192.168.1.11\tother\n")) << text;
}

// `docker run --mac-address`, as clients send it.
TEST(NetworkingRecord, the_containers_mac_address_is_that_of_its_first_network) {
  json body{{"MacAddress", "02:42:0a:00:01:09"}, {"HostConfig", {{"NetworkMode", "appnet"}}}};
  EXPECT_EQ(take_networking(body, "0").networks(),
            (std::vector<WantedNetwork>{{"appnet", "", {{"MacAddress", "02:42:0a:00:01:09"}}}}));
  body["HostConfig"].clear();
  EXPECT_EQ(take_networking(body, "0").networks(),
            (std::vector<WantedNetwork>{{"bridge", "", {{"MacAddress", "02:42:0a:00:01:09"}}}}));
}

TEST(NetworkingRecord, only_modes_without_our_networks_are_the_engines) {
  for (const char* mode : {"host", "none", "container:x", "ns:/run/x"}) EXPECT_FALSE(is_managed_mode(mode)) << mode;
  for (const char* mode : {"", "default", "bridge", "appnet", "hostile", "nones"})
    EXPECT_TRUE(is_managed_mode(mode)) << mode;
}

}  // namespace
}  // namespace skein::engine
