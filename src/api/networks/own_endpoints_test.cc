// Users of Docker find the way out of their containers, and the host itself on ingress, with the addresses that they
// really have.
#include "api/networks/own_endpoints.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::api {
namespace {

using nlohmann::json;

overlay::Endpoint endpoint(const std::string& container, const char* subnet, const char* gateway, const char* address) {
  overlay::Endpoint out;
  out.id = "endpoint-of-" + container;
  out.container_id = container;
  out.container_name = "web";
  out.network.id = "n1";
  out.network.subnet = *Subnet::parse(subnet);
  out.network.gateway = ip(gateway);
  out.address = ip(address);
  out.mac = Mac::from_ipv4(out.address);
  out.has_default_route = true;
  return out;
}

struct OwnEndpoints : testing::Test {
  overlay::EndpointBook book;
  void add(const overlay::Endpoint& added) { book.endpoints[added.id] = added; }
  json shown() { return way_out_network(book, "8a45111590cd"); }
  void take_part_in_mesh() {
    book.mesh = endpoint("", "10.0.0.0/24", "10.0.0.1", "10.0.0.3");
    book.mesh->network.id = "ingress-id";
    book.mesh->has_default_route = false;
  }
};

TEST_F(OwnEndpoints, the_way_out_looks_as_dockers) {
  const json network = shown();
  EXPECT_EQ(network["Name"], "docker_gwbridge");
  EXPECT_EQ(network["Driver"], "bridge");
  EXPECT_EQ(network["Scope"], "local");
  EXPECT_EQ(network["Options"], (json{{"com.docker.network.bridge.enable_icc", "false"},
                                      {"com.docker.network.bridge.enable_ip_masquerade", "true"},
                                      {"com.docker.network.bridge.name", "docker_gwbridge"}}));
  EXPECT_EQ(network["IPAM"]["Config"], json::array());
  EXPECT_EQ(network["Containers"], json::object());
  EXPECT_EQ(network["Id"].get<std::string>().size(), 64u);
  EXPECT_NE(network["Id"], way_out_network(book, "77b8c1f0aa12")["Id"]);
}

TEST_F(OwnEndpoints, containers_leave_with_their_addresses_on_overlay_networks) {
  add(endpoint("c1aaaaaaaaaabbbb", "10.0.1.0/24", "10.0.1.1", "10.0.1.5"));
  add(endpoint("c2aaaaaaaaaabbbb", "10.0.1.0/24", "10.0.1.1", "10.0.1.6"));
  EXPECT_EQ(shown()["IPAM"]["Config"], json::parse(R"([{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}])"));
  EXPECT_EQ(shown()["Containers"].size(), 2u);
  EXPECT_EQ(shown()["Containers"]["c1aaaaaaaaaabbbb"], (json{{"Name", "gateway_c1aaaaaaaaaa"},
                                                             {"EndpointID", "endpoint-of-c1aaaaaaaaaabbbb"},
                                                             {"MacAddress", "02:42:0a:00:01:05"},
                                                             {"IPv4Address", "10.0.1.5/24"},
                                                             {"IPv6Address", ""}}));
}

TEST_F(OwnEndpoints, who_leaves_otherwise_or_not_at_all_is_not_there) {
  overlay::Endpoint local = endpoint("local", "172.17.0.0/16", "172.17.0.1", "172.17.0.2");
  local.network.is_local = true;
  overlay::Endpoint internal = endpoint("internal", "10.0.2.0/24", "10.0.2.1", "10.0.2.2");
  internal.network.is_internal = true;
  overlay::Endpoint second = endpoint("second", "10.0.3.0/24", "10.0.3.1", "10.0.3.2");
  second.has_default_route = false;
  for (const auto& each : {local, internal, second}) add(each);
  EXPECT_EQ(shown()["Containers"], json::object());
  EXPECT_EQ(shown()["IPAM"]["Config"], json::array());
}

TEST_F(OwnEndpoints, the_host_enters_the_mesh_by_an_address_of_its_device) {
  take_part_in_mesh();
  EXPECT_EQ(shown()["IPAM"]["Config"], json::parse(R"([{"Subnet": "169.254.121.0/30", "Gateway": "169.254.121.2"}])"));
  EXPECT_EQ(shown()["Containers"]["ingress-sbox"]["Name"], "gateway_ingress-sbox");
  EXPECT_EQ(shown()["Containers"]["ingress-sbox"]["IPv4Address"], "169.254.121.1/30");
  EXPECT_EQ(shown()["Containers"]["ingress-sbox"]["MacAddress"], "") << "of the device, which nobody needs to know";
}

TEST_F(OwnEndpoints, the_host_is_on_ingress_and_on_no_other_network) {
  EXPECT_EQ(ingress_endpoint(book, "ingress-id"), json::object());
  take_part_in_mesh();
  EXPECT_EQ(ingress_endpoint(book, "n1"), json::object());
  EXPECT_EQ(ingress_endpoint(book, "ingress-id"), (json{{"ingress-sbox",
                                                         {{"Name", "ingress-endpoint"},
                                                          {"EndpointID", "endpoint-of-"},
                                                          {"MacAddress", "02:42:0a:00:00:03"},
                                                          {"IPv4Address", "10.0.0.3/24"},
                                                          {"IPv6Address", ""}}}}));
}

}  // namespace
}  // namespace skein::api
