#include "node/addresses.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::node {
namespace {

std::vector<HostInterface> two_interfaces() {
  return {{"eth0", IpAddress::from(*Ipv4::parse("192.168.1.11")), 24},
          {"eth0", IpAddress::from(*Ipv6::parse("fd00:1::11")), 128},
          {"eth1", IpAddress::from(*Ipv4::parse("10.9.0.1")), 24}};
}
std::vector<HostInterface> one_interface() { return {two_interfaces()[1], two_interfaces()[0]}; }

TEST(Addresses, an_interface_name_stands_for_its_ipv4_address) {
  EXPECT_EQ(choose_advertise_address("eth0", {}, two_interfaces())->text(), "192.168.1.11:2377");
  EXPECT_EQ(choose_advertise_address("eth1:4000", {}, two_interfaces())->text(), "10.9.0.1:4000");
  EXPECT_EQ(choose_advertise_address("192.0.2.7", {}, two_interfaces())->text(), "192.0.2.7:2377");
  EXPECT_EQ((*choose_data_path_address("eth1", two_interfaces()))->text(), "10.9.0.1");
  EXPECT_FALSE(choose_data_path_address("", two_interfaces())->has_value());
}

TEST(Addresses, the_only_candidate_is_taken_and_two_are_named) {
  EXPECT_EQ(choose_advertise_address("", {}, one_interface())->text(), "192.168.1.11:2377");
  EXPECT_EQ(choose_advertise_address("", {}, two_interfaces()).error().what,
            "could not choose an IP address to advertise since this system has multiple addresses on different "
            "interfaces (192.168.1.11 on eth0 "
            "and 10.9.0.1 on eth1) - specify one with --advertise-addr");
  ListenAddress listen{IpAddress::from(*Ipv4::parse("10.9.0.1")), 2377};
  EXPECT_EQ(choose_advertise_address("", listen, two_interfaces())->text(), "10.9.0.1:2377");
}

TEST(Addresses, nonsense_gets_dockers_words) {
  for (const char* bad : {"10.99.0.1x", "nosuch0", "0.0.0.0", "eth0:0", "eth0:x"})
    EXPECT_EQ(choose_advertise_address(bad, {}, two_interfaces()).error().what,
              "advertise address must be a non-zero IP address or network interface (with optional port number)")
        << bad;
  EXPECT_FALSE(choose_listen_address("nosuch0", two_interfaces()).ok());
  EXPECT_FALSE(choose_data_path_address("fd00:1::11", two_interfaces()).ok());
}

// "Address already in use" alone leaves a user guessing which of four ports it was.
TEST(Addresses, a_taken_port_is_named_with_its_purpose) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  socklen_t size = sizeof name;
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  uint16_t port = ntohs(name.sin_port);
  IpAddress loopback = IpAddress::from(*Ipv4::parse("127.0.0.1"));
  EXPECT_EQ(check_port_free(loopback, port, true, "gossip").error().what,
            "UDP port " + std::to_string(port) + " (gossip) is taken by another program on this host");
  close(fd);
  EXPECT_TRUE(check_port_free(loopback, port, true, "gossip").ok());
  EXPECT_EQ(check_port_free(IpAddress::from(*Ipv4::parse("192.0.2.1")), port, false, "x").error().what,
            "this host has no address 192.0.2.1");
}

}  // namespace
}  // namespace skein::node
