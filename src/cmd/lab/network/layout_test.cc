#include "cmd/lab/network/layout.h"

#include <gtest/gtest.h>

#include <set>

namespace skein::lab {
namespace {

TEST(LabLayout, machines_have_the_promised_names_and_addresses) {
  const auto machines = machines_of({.name = "a", .hosts = 2, .clients = 1});
  ASSERT_EQ(machines.size(), 3u);
  EXPECT_EQ(machines[0], (Machine{"host-1", true, "192.168.1.11", "fd00:1::11", "02:00:c0:a8:01:0b"}));
  EXPECT_EQ(machines[1], (Machine{"host-2", true, "192.168.1.12", "fd00:1::12", "02:00:c0:a8:01:0c"}));
  EXPECT_EQ(machines[2], (Machine{"client-1", false, "192.168.1.101", "fd00:1::101", "02:00:c0:a8:01:65"}));
}

TEST(LabLayout, the_largest_lab_gives_no_address_twice) {
  const auto machines = machines_of({.hosts = kHostsMax, .clients = kClientsMax});
  std::set<std::string> v4, v6, macs;
  for (const Machine& machine : machines) {
    v4.insert(machine.ipv4);
    v6.insert(machine.ipv6);
    macs.insert(machine.mac);
  }
  EXPECT_EQ(machines.size(), size_t{kHostsMax + kClientsMax});
  EXPECT_EQ(v4.size(), machines.size());
  EXPECT_EQ(v6.size(), machines.size());
  EXPECT_EQ(macs.size(), machines.size());
}

TEST(LabLayout, a_name_that_could_leave_the_labs_folder_is_refused) {
  for (const char* bad : {"", "..", "a/b", "-a", "A", "a b", "123456789012345678901"})
    EXPECT_FALSE(check_lab_name(bad).ok()) << bad;
  for (const char* good : {"lab", "a", "7", "my-lab-2", "12345678901234567890"})
    EXPECT_TRUE(check_lab_name(good).ok()) << good;
}

TEST(LabLayout, an_unknown_machine_is_answered_with_those_there_are) {
  const auto found = find_machine({.name = "x", .hosts = 2, .clients = 1}, "host-3");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().text(), "lab x has no machine 'host-3': it has host-1 host-2 client-1");
  EXPECT_FALSE(find_machine({}, "switch").ok());
}

TEST(LabLayout, every_machine_can_name_every_other) {
  const Spec spec{.hosts = 2, .clients = 1};
  const std::string text = etc_hosts(spec, machines_of(spec)[1]);
  EXPECT_NE(text.find("192.168.1.11\thost-1\n"), std::string::npos);
  EXPECT_NE(text.find("192.168.1.12\thost-2 host-2.localdomain\n"), std::string::npos);
  EXPECT_NE(text.find("192.168.1.101\tclient-1\n"), std::string::npos);
  EXPECT_TRUE(text.starts_with("127.0.0.1\tlocalhost\n"));
}

TEST(LabLayout, a_lab_is_read_back_as_it_was_written) {
  const Spec spec{.name = "demo", .hosts = 3, .clients = 2, .mtu = 9000};
  const auto read = parse_spec(format_spec(spec));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, spec);
}

TEST(LabLayout, a_damaged_record_is_an_error) {
  for (const char* bad :
       {"", "{", "[]", "{}", R"({"name":1,"hosts":2,"clients":0,"mtu":1500})",
        R"({"name":"../x","hosts":2,"clients":0,"mtu":1500})", R"({"name":"x","hosts":0,"clients":0,"mtu":1500})",
        R"({"name":"x","hosts":2,"clients":0,"mtu":"1500"})"})
    EXPECT_FALSE(parse_spec(bad).ok()) << bad;
}

}  // namespace
}  // namespace skein::lab
