// What `docker inspect` and `docker ps` show must be what the user asked for, not how we run it.
#include "api/containers/show/present.h"

#include <gtest/gtest.h>

#include <fstream>

namespace skein::api {
namespace {

using engine::NetworkingRecord;
using nlohmann::json;

overlay::EndpointStatus endpoint(std::string name) {
  overlay::EndpointStatus status;
  status.network_id = "jotn95w2m2om9inp9bott6ztw";
  status.network_name = std::move(name);
  status.endpoint_id = "23690c";
  status.address = *Ipv4::parse("10.0.1.7");
  status.mac = Mac::from_ipv4(status.address);
  status.aliases = {"c1"};
  status.dns_names = {"web", "c1", "f971c9bc8043", "host"};
  return status;
}

json engine_container() {
  return json::parse(
      R"({"Id":"f971c9bc8043a150","Name":"/c1","State":{"Status":"running","Running":true,"containers::Health":{"Status":"","Log":null}},
    "HostConfig":{"Binds":["/files/ab/hosts:/etc/hosts:rw,rprivate,rbind","/run/skein/secrets/t1/0:/run/secrets/s1:ro","/data:/data:rw"],"NetworkMode":"ns:/run/netns/ab",
    "PortBindings":{},"RestartPolicy":{"Name":"","MaximumRetryCount":0}},
    "Mounts":[{"Type":"bind","Source":"/run/skein/secrets/t1/0","Destination":"/run/secrets/s1"},{"Type":"bind","Source":"/files/ab/hosts","Destination":"/etc/hosts"},{"Type":"bind","Source":"/data","Destination":"/data"}],
    "Config":{"Image":"localhost/busybox:latest","StopSignal":"15","Labels":{"io.skein.networking":"{}","mine":"1"}},
    "NetworkSettings":{"Networks":{}}})");
}

NetworkingRecord record_with_ports() {
  NetworkingRecord record;
  record.key = "ab";
  record.network_mode = "dkbench";
  record.port_bindings = json::parse(R"({"80/tcp":[{"HostIp":"","HostPort":"8080"}],"53/udp":[{"HostPort":""}]})");
  record.exposed_ports = json::parse(R"({"80/tcp":{},"53/udp":{},"443/tcp":{}})");
  return record;
}

NetworkingState running_state() {
  return {{endpoint("dkbench")},
          {"f971c9bc8043a150", "/run/netns/ab", {{"53/udp", 32768}}, {}},
          "/files/ab",
          {"/files", "/run/skein/secrets"}};
}

TEST(Present, an_image_is_called_as_its_user_called_it) {
  for (std::string typed : {"busybox", "localhost/busybox:latest", "b1a2"}) {
    json container = engine_container(), entry = {{"Id", "f971c9bc8043a150"}, {"Image", "localhost/busybox:latest"}};
    auto record = record_with_ports();
    record.image = typed;
    present_container(container, record, running_state(), {1, 41});
    EXPECT_EQ(container["Config"]["Image"], typed);
    present_container_entry(entry, record, running_state(), {1, 41});
    EXPECT_EQ(entry["Image"], typed);
  }
}

TEST(Present, an_inspected_container_shows_networks_ports_and_no_trace_of_ours) {
  json container = engine_container();
  present_container(container, record_with_ports(), running_state(), {1, 41});
  EXPECT_EQ(container["Config"]["Labels"], json({{"mine", "1"}}));
  EXPECT_EQ(container["Config"]["Image"], "busybox:latest");
  EXPECT_EQ(container["Config"]["StopSignal"], "SIGTERM");
  EXPECT_EQ(container["HostConfig"]["Binds"], json({"/data:/data:rw"}));
  EXPECT_EQ(container["HostConfig"]["NetworkMode"], "dkbench");
  EXPECT_EQ(container["Mounts"].size(), 1u);
  EXPECT_EQ(container["NetworkSettings"]["Ports"],
            json::parse(
                R"({"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],
              "53/udp":[{"HostIp":"0.0.0.0","HostPort":"32768"},{"HostIp":"::","HostPort":"32768"}],"443/tcp":null})"));
}

// Every field that a real engine shows for an overlay endpoint is there, with the same kind of value.
TEST(Present, an_endpoint_has_the_fields_of_dockers) {
  std::ifstream file(SKEIN_TEST_DATA "/http/docker-inspect.json");
  json recording = json::parse(file);
  json wanted = recording["calls"][1]["response"]["NetworkSettings"]["Networks"]["dkbench"];
  ASSERT_TRUE(wanted.is_object());
  json container = engine_container();
  present_container(container, record_with_ports(), running_state(), {1, 41});
  json got = container["NetworkSettings"]["Networks"]["dkbench"];
  for (const auto& [name, value] : wanted.items()) {
    ASSERT_TRUE(got.contains(name)) << name;
    if (name == "IPAMConfig" || name == "Aliases" || name == "EndpointID") continue;
    EXPECT_EQ(got[name], value) << name;
  }
}

TEST(Present, the_names_of_an_endpoint_are_shown_where_the_version_has_them) {
  auto shown = [](const std::string& network, io::http::ApiVersion version) {
    NetworkingState state = running_state();
    state.endpoints = {endpoint(network)};
    if (network == "bridge") state.endpoints[0].dns_names.clear();
    return present_networks(record_with_ports(), state, "f971c9bc8043a150", version)[network];
  };
  EXPECT_FALSE(shown("dkbench", {1, 43}).contains("DNSNames"));
  EXPECT_EQ(shown("dkbench", {1, 44})["DNSNames"], json({"web", "c1", "f971c9bc8043", "host"}));
  EXPECT_EQ(shown("dkbench", {1, 45})["DNSNames"], json({"web", "c1", "f971c9bc8043", "host"}));
  EXPECT_EQ(shown("bridge", {1, 45})["DNSNames"], json()) << "it has no names";
  EXPECT_EQ(shown("dkbench", {1, 44})["Aliases"], json({"f971c9bc8043"}));
  EXPECT_EQ(shown("bridge", {1, 44})["Aliases"], json());
}

// `network connect --ip 10.61.0.77 --alias one --alias two`, and `run --ip`: running or stopped.
TEST(Present, what_was_asked_of_a_network_is_shown) {
  const json asked = json::parse(
      R"({"IPAMConfig":{"IPv4Address":"10.0.1.7"},"Aliases":["one","two"],"Links":["db:sql"],"DriverOpts":{"o":"1"}})");
  for (bool is_running : {true, false}) {
    NetworkingState state = running_state();
    state.container.networks = {{"dkbench", "jotn95w2m2om9inp9bott6ztw", asked}};
    if (!is_running) state.endpoints.clear();
    for (int minor : {41, 47}) {
      json shown = present_networks(record_with_ports(), state, "f971c9bc8043a150", {1, minor})["dkbench"];
      for (const char* name : {"IPAMConfig", "Links", "DriverOpts"}) EXPECT_EQ(shown[name], asked[name]) << name;
      EXPECT_EQ(shown["Aliases"], minor == 41 ? json({"one", "two", "f971c9bc8043"}) : json({"one", "two"}));
      EXPECT_EQ(shown["NetworkID"], "jotn95w2m2om9inp9bott6ztw");
      EXPECT_EQ(shown["IPAddress"], is_running ? "10.0.1.7" : "");
    }
  }
}

TEST(Present, networks_are_those_that_users_have_left_it) {
  NetworkingState state = running_state();
  state.endpoints.clear();
  state.container.networks = {{"bridge", "", json::object()}, {"late", "", json::object()}};
  json shown = present_networks(record_with_ports(), state, "f971c9bc8043a150", {1, 41});
  EXPECT_EQ(shown.size(), 2u);
  EXPECT_TRUE(shown.contains("bridge") && shown.contains("late")) << shown;
  state.container.networks.emplace();
  EXPECT_EQ(present_networks(record_with_ports(), state, "f971c9bc8043a150", {1, 41}), json::object());
}

// A user may name a network by its id.
TEST(Present, a_network_is_shown_once_and_by_its_name) {
  NetworkingState state = running_state();
  state.container.networks = {{"jotn95w2m2om9inp9bott6ztw", "", json::parse(R"({"Aliases":["one"]})")}};
  json shown = present_networks(record_with_ports(), state, "f971c9bc8043a150", {1, 47});
  EXPECT_EQ(shown.size(), 1u) << shown;
  EXPECT_EQ(shown["dkbench"]["Aliases"], json({"one"}));
}

TEST(Present, a_stopped_container_keeps_its_networks_without_addresses) {
  json container = engine_container();
  container["State"]["Running"] = false;
  NetworkingState state = running_state();
  state.endpoints.clear();
  present_container(container, record_with_ports(), state, {1, 47});
  EXPECT_EQ(container["NetworkSettings"]["Networks"]["dkbench"]["IPAddress"], "");
  EXPECT_EQ(container["NetworkSettings"]["Ports"], json::object());
  EXPECT_EQ(container["HostConfig"]["PortBindings"], record_with_ports().port_bindings);
}

TEST(Present, the_default_bridge_fills_the_old_fields) {
  json container = engine_container();
  NetworkingRecord record;
  record.network_mode = "default";
  NetworkingState state = running_state();
  state.endpoints = {endpoint("bridge")};
  present_container(container, record, state, {1, 41});
  EXPECT_EQ(container["NetworkSettings"]["IPAddress"], "10.0.1.7");
  json now = engine_container();
  present_container(now, record, state, {1, 52});
  EXPECT_FALSE(now["NetworkSettings"].contains("IPAddress"));
  EXPECT_EQ(now["NetworkSettings"]["Networks"]["bridge"]["IPAddress"], "10.0.1.7");
}

TEST(Present, a_mac_address_that_was_asked_for_is_the_containers_own_until_1_52) {
  NetworkingRecord record = record_with_ports();
  record.endpoints = json::parse(R"({"dkbench":{"MacAddress":"02:42:0a:00:01:09"}})");
  json old = engine_container(), now = engine_container();
  present_container(old, record, running_state(), {1, 51});
  present_container(now, record, running_state(), {1, 52});
  EXPECT_EQ(old["Config"]["MacAddress"], "02:42:0a:00:01:09");
  EXPECT_FALSE(now["Config"].contains("MacAddress"));
}

TEST(Present, a_listed_container_shows_ports_and_networks) {
  json entry = json::parse(
      R"({"Id":"f971c9bc8043a150","Names":["/c1"],"Image":"localhost/busybox:latest","State":"running","Labels":
    {"io.skein.networking":"{}"},"NetworkSettings":{"Networks":null},"Mounts":[{"Source":"/files/ab/hosts"}],"Name":"","Config":null})");
  present_container_entry(entry, record_with_ports(), running_state(), {1, 41});
  EXPECT_EQ(entry["Labels"], json::object());
  EXPECT_TRUE(entry["Mounts"].empty());
  EXPECT_EQ(entry["HostConfig"]["NetworkMode"], "dkbench");
  EXPECT_EQ(entry["NetworkSettings"]["Networks"]["dkbench"]["IPAddress"], "10.0.1.7");
  ASSERT_EQ(entry["Ports"].size(), 5u);
  EXPECT_EQ(entry["Ports"][1]["IP"], "0.0.0.0");
  EXPECT_EQ(entry["Ports"][2]["IP"], "::");
  EXPECT_FALSE(entry.contains("Config"));
}

TEST(Present, images_have_what_docker_shows_in_each_version) {
  const json engines = json::parse(R"({"Id":"sha256:aa","RepoTags":null,"RepoDigests":null,"Size":5,"VirtualSize":5,
      "SharedSize":0,"Containers":3,"Names":[],"Digest":"sha256:bb","History":[]})");
  json old = engines, now = engines;
  present_image_entry(old, {1, 41});
  present_image_entry(now, {1, 47});
  EXPECT_EQ(old, json::parse(R"({"Id":"sha256:aa","RepoTags":["<none>:<none>"],"RepoDigests":["<none>@<none>"],"Size":5,
      "VirtualSize":5,"SharedSize":-1,"Containers":-1})"));
  EXPECT_EQ(now, json::parse(R"({"Id":"sha256:aa","RepoTags":[],"RepoDigests":[],"Size":5,"SharedSize":-1,
      "Containers":-1})"));
  json inspected = json::parse(R"({"RepoTags":["localhost/web:1"],"VirtualSize":5,"Config":{"Volumes":{"/data":{}}}})");
  json inspected_by_old = inspected;
  present_image_inspection(inspected, {1, 52});
  EXPECT_EQ(inspected, json::parse(R"({"RepoTags":["web:1"],"Config":{"Volumes":{"/data":{}}},
      "ContainerConfig":{"Volumes":{"/data":{}}}})"));
  present_image_inspection(inspected_by_old, {1, 44});
  EXPECT_EQ(inspected_by_old["Container"], "");
  json layers =
      json{{{"Id", std::string(64, 'a')}, {"Tags", {"localhost/web:1"}}}, {{"Id", "<missing>"}, {"Tags", nullptr}}};
  present_history(layers);
  EXPECT_EQ(layers[0]["Id"], "sha256:" + std::string(64, 'a'));
  EXPECT_EQ(layers[0]["Tags"], json{"web:1"});
  EXPECT_EQ(layers[1]["Id"], "<missing>");
}

TEST(Present, engine_json_of_any_shape_is_survived) {
  for (const char* text : {"null", "[]", "{}", R"({"Config":[],"HostConfig":{}})",
                           R"({"Config":{"Labels":3},"HostConfig":{"RestartPolicy":{}}})"}) {
    json container = json::parse(text), entry = container, image = container, inspected = container, layers = container;
    present_container(container, record_with_ports(), running_state(), {1, 41});
    present_container_entry(entry, record_with_ports(), running_state(), {1, 41});
    present_image_entry(image, {1, 41});
    present_image_inspection(inspected, {1, 41});
    present_history(layers);
  }
  SUCCEED();
}

}  // namespace
}  // namespace skein::api
