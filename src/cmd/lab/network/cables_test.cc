#include "cmd/lab/network/cables.h"

#include <gtest/gtest.h>

namespace skein::lab {
namespace {

TEST(LabWiring, a_machine_is_plugged_with_the_labs_mtu_and_no_link_outside) {
  const Spec spec{.mtu = 9000};
  EXPECT_EQ(plug_batch(spec, machines_of(spec)[0], 42),
            "link add name host-1 mtu 9000 type veth peer name eth0 address 02:00:c0:a8:01:0b mtu 9000 netns 42\n"
            "link set host-1 master ports up\n");
}

TEST(LabWiring, addresses_work_at_once_in_both_families) {
  const std::string batch = address_batch({}, machines_of({})[1]);
  EXPECT_NE(batch.find("addr add 192.168.1.12/24 brd + dev eth0\n"), std::string::npos);
  EXPECT_NE(batch.find("addr add fd00:1::12/64 dev eth0 nodad\n"), std::string::npos);
}

TEST(LabWiring, a_cut_drops_both_directions_of_each_pair) {
  const auto machines = machines_of({.hosts = 2, .clients = 1});
  EXPECT_EQ(cut_rules(machines[0], {machines[1], machines[2]}),
            "add element bridge lab cuts { \"host-1\" . \"host-2\", \"host-2\" . \"host-1\" }\n"
            "add element bridge lab cuts { \"host-1\" . \"client-1\", \"client-1\" . \"host-1\" }\n");
}

}  // namespace
}  // namespace skein::lab
