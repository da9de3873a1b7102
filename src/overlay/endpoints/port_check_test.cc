#include "overlay/endpoints/port_check.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace skein::overlay {
namespace {

IpAddress at(const char* address) { return IpAddress::parse(address).value(); }

plan::PublishedPort port(uint16_t number, IpAddress address = {}, uint8_t protocol = IPPROTO_TCP) {
  plan::PublishedPort out;
  out.protocol = protocol;
  out.host_address = address;
  out.host_port = number;
  return out;
}

struct PortClaims : testing::Test {
  PortClaims() { book.containers["c1"].ports = {port(8080), port(53, at("127.0.0.1"), IPPROTO_UDP)}; }
  std::string said(const PortsWanted& wanted) const {
    const auto checked = check_containers(book, "c2", wanted);
    return checked.ok() ? "" : checked.error().text();
  }
  EndpointBook book;
};

TEST_F(PortClaims, of_another_container_are_refused) {
  EXPECT_EQ(said({port(8081), port(8080)}), "Bind for 0.0.0.0:8080 failed: port is already allocated");
  EXPECT_EQ(said({port(8080, at("127.0.0.1"))}), "Bind for 127.0.0.1:8080 failed: port is already allocated")
      << "all addresses are taken";
  EXPECT_EQ(said({port(53, {}, IPPROTO_UDP)}), "Bind for 0.0.0.0:53 failed: port is already allocated");
  EXPECT_TRUE(check_containers(book, "c1", {port(8080)}).ok()) << "its own";
}

TEST_F(PortClaims, are_of_a_protocol_and_an_address) {
  EXPECT_EQ(said({port(8080, {}, IPPROTO_UDP)}), "");
  EXPECT_EQ(said({port(53, at("192.168.1.11"), IPPROTO_UDP)}), "");
  EXPECT_EQ(said({port(9000, at("127.0.0.1")), port(9000, at("127.0.0.2"))}), "");
}

TEST_F(PortClaims, are_of_a_family) {
  EXPECT_EQ(said({port(8080, at("::"))}), "");
  EXPECT_EQ(said({port(8081), port(8081, at("::"))}), "") << "what `-p 8081:80` means";
  book.containers["c3"].ports = {port(8080, at("::"))};
  EXPECT_EQ(said({port(8080, at("::"))}), "Bind for :::8080 failed: port is already allocated");
  EXPECT_EQ(said({port(8080, at("::1"))}), "Bind for ::1:8080 failed: port is already allocated");
  const auto held = check_programs({{IPPROTO_TCP, 80, at("::1"), "nginx", 812}}, {port(80), port(80, at("::"))});
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().text(),
            "failed to bind host port [::]:80/tcp: address already in use by nginx (pid 812) at ::1");
}

TEST_F(PortClaims, are_not_made_twice_by_one_container) {
  EXPECT_EQ(said({port(9000), port(9000)}), "Bind for 0.0.0.0:9000 failed: port is already allocated");
}

TEST_F(PortClaims, of_the_mesh_are_refused) {
  const std::map<plan::MeshPort, plan::MeshTarget> mesh = {{{IPPROTO_TCP, {}, 80}, {}}};
  EXPECT_TRUE(check_mesh(mesh, {port(80, {}, IPPROTO_UDP), port(81)}).ok());
  const auto refused = check_mesh(mesh, {port(80, at("127.0.0.1"))});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(),
            "failed to bind host port 127.0.0.1:80/tcp: address already in use by the swarm, of which a service "
            "publishes it");
}

TEST_F(PortClaims, of_programs_are_refused_where_both_would_be_called) {
  const std::vector<PortHolder> holders = {{IPPROTO_TCP, 80, *IpAddress::parse("127.0.0.1"), "nginx", 812}};
  EXPECT_TRUE(check_programs(holders, {port(80, at("192.168.1.11")), port(80, {}, IPPROTO_UDP)}).ok());
  const auto refused = check_programs(holders, {port(80)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(),
            "failed to bind host port 0.0.0.0:80/tcp: address already in use by nginx (pid 812) at 127.0.0.1");
}

}  // namespace
}  // namespace skein::overlay
