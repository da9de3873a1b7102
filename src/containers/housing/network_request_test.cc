#include "containers/housing/network_request.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace skein::containers {
namespace {

using engine::NetworkingRecord;
using nlohmann::json;

TEST(NetworkRequest, carries_names_addresses_aliases_and_ports) {
  NetworkingRecord record;
  record.network_mode = "appnet";
  record.endpoints = json::parse(
      R"({"other":{},"appnet":{"IPAMConfig":{"IPv4Address":"10.0.1.9"},"Aliases":["db"],"MacAddress":"02:42:0a:00:01:09"}})");
  record.port_bindings = json::parse(
      R"({"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],"53/udp":[{"HostPort":""}]})");
  record.exposed_ports = json::parse(R"({"443/tcp":{},"53/udp":{}})");
  record.publishes_all = true;
  EXPECT_EQ(ports_to_assign(record), (std::vector<std::string>{"53/udp", "443/tcp"}));
  auto request =
      network_request(record, {.assigned = {{"53/udp", 32768}, {"443/tcp", 32769}}}, {"f971c9bc8043a150", "c1", true});
  ASSERT_TRUE(request.ok()) << request.error().text();
  EXPECT_EQ(request->hostname, "f971c9bc8043");
  EXPECT_TRUE(request->keeps_endpoints);
  ASSERT_EQ(request->endpoints.size(), 2u);
  EXPECT_EQ(request->endpoints[0].network, "appnet");
  EXPECT_EQ(request->endpoints[0].address, *Ipv4::parse("10.0.1.9"));
  EXPECT_EQ(request->endpoints[0].aliases, std::vector<std::string>{"db"});
  EXPECT_EQ(request->endpoints[1].network, "other");
  const IpAddress any4 = IpAddress::from(Ipv4{}), any6 = IpAddress::from(Ipv6{});
  const std::vector<plan::PublishedPort> ports = {{IPPROTO_UDP, any4, 32768, {}, 53},
                                                  {IPPROTO_UDP, any6, 32768, {}, 53},
                                                  {IPPROTO_TCP, *IpAddress::parse("127.0.0.1"), 8080, {}, 80},
                                                  {IPPROTO_TCP, any6, 8080, {}, 80},
                                                  {IPPROTO_TCP, any4, 32769, {}, 443},
                                                  {IPPROTO_TCP, any6, 32769, {}, 443}};
  EXPECT_EQ(request->ports, ports);
}

TEST(NetworkRequest, the_default_network_is_the_bridge) {
  for (const char* mode : {"", "default", "bridge"}) {
    NetworkingRecord record;
    record.network_mode = mode;
    record.endpoints = json::parse(R"({"default":{"MacAddress":"02:42:0a:00:01:09"}})");
    auto request = network_request(record, {}, {"f971c9bc8043a150", "c1", false});
    ASSERT_TRUE(request.ok());
    ASSERT_EQ(request->endpoints.size(), 1u) << mode;
    EXPECT_EQ(request->endpoints[0].network, "bridge");
    EXPECT_TRUE(request->endpoints[0].mac.has_value());
  }
}

TEST(NetworkRequest, nonsense_is_refused_when_the_container_is_made) {
  for (const char* ports : {R"({"0/tcp":[{}]})", R"({"80/xyz":[{}]})", R"({"x":[{}]})",
                            R"({"80/tcp":[{"HostPort":"99999"}]})", R"({"80/tcp":[{"HostPort":"-1"}]})"}) {
    NetworkingRecord record;
    record.port_bindings = json::parse(ports);
    EXPECT_EQ(network_request(record, {}, {}).error().code, Code::kInvalidArgument) << ports;
  }
  EXPECT_FALSE(endpoint_request("n", json::parse(R"({"IPAMConfig":{"IPv4Address":"10.0.0.300"}})")).ok());
  EXPECT_FALSE(endpoint_request("n", json::parse(R"({"MacAddress":"zz"})")).ok());
  EXPECT_TRUE(endpoint_request("n", json::parse(R"({"IPAMConfig":null,"Aliases":null,"MacAddress":""})")).ok());
}

TEST(NetworkRequest, no_container_has_a_port_0) {
  for (const char* bindings : {R"({"0/tcp":[{"HostPort":"80"}]})", R"({"0/tcp":[]})", R"({"0/tcp":null})"}) {
    NetworkingRecord record;
    record.port_bindings = json::parse(bindings);
    EXPECT_EQ(published_ports(record, {}).error().text(), "invalid port specification: \"0/tcp\"") << bindings;
  }
}

}  // namespace
}  // namespace skein::containers
