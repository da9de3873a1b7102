#include "base/address.h"

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Address, ipv4_parses_strictly) {
  EXPECT_EQ(Ipv4::parse("10.0.1.5")->text(), "10.0.1.5");
  for (const char* bad :
       {"", "10.0.1", "10.0.1.256", "10.0.1.5.6", "010.0.1.5", " 10.0.1.5", "10.0.1.5/24", "a.b.c.d", "1..2.3"})
    EXPECT_FALSE(Ipv4::parse(bad).ok()) << bad;
}

TEST(Address, subnets_know_their_overlap) {
  Subnet wide = *Subnet::parse("10.0.0.0/8"), narrow = *Subnet::parse("10.0.1.0/24"),
         other = *Subnet::parse("11.0.0.0/24");
  EXPECT_TRUE(wide.overlaps(narrow));
  EXPECT_TRUE(narrow.overlaps(wide));
  EXPECT_FALSE(narrow.overlaps(other));
  EXPECT_TRUE(Subnet::parse("0.0.0.0/0")->contains(other));
  EXPECT_EQ(narrow.last().text(), "10.0.1.255");
}

TEST(Address, subnets_refuse_host_bits_unless_masking) {
  EXPECT_FALSE(Subnet::parse("10.0.1.7/24").ok());
  EXPECT_EQ(Subnet::parse_masking("10.0.1.7/24")->text(), "10.0.1.0/24");
  EXPECT_FALSE(Subnet::parse("10.50.0.0/33").ok());
}

// Docker Engines answer ARP for our endpoints with the MAC of the record, so both sides must derive the same.
TEST(Address, endpoint_mac_is_made_of_the_address) {
  EXPECT_EQ(Mac::from_ipv4(*Ipv4::parse("10.0.1.5")).text(), "02:42:0a:00:01:05");
  EXPECT_EQ(Mac::parse("02:42:0a:00:01:05")->text(), "02:42:0a:00:01:05");
  EXPECT_FALSE(Mac::parse("02:42:0a:00:01").ok());
  EXPECT_FALSE(Mac::parse("02-42-0a-00-01-05").ok());
}

TEST(Address, host_port_takes_both_families) {
  EXPECT_EQ(HostPort::parse("192.168.1.11:2377", 0)->text(), "192.168.1.11:2377");
  EXPECT_EQ(HostPort::parse("192.168.1.11", 2377)->port, 2377);
  EXPECT_EQ(HostPort::parse("[fd00::1]:7946", 0)->text(), "[fd00::1]:7946");
  EXPECT_EQ(HostPort::parse("fd00::1", 2377)->text(), "[fd00::1]:2377");
  for (const char* bad : {"", ":2377", "host:", "host:99999", "[fd00::1", "host:-1"})
    EXPECT_FALSE(HostPort::parse(bad, 0).ok()) << bad;
  EXPECT_FALSE(HostPort::parse("host", 0).ok());
}

}  // namespace
}  // namespace skein
