// What one node writes into a label, every manager reads.
#include "model/held_port.h"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

using docker::swarmkit::v1::PortConfig;

TEST(HeldPort, labels_name_port_and_protocol_and_are_read_back) {
  EXPECT_EQ((HeldPort{PortConfig::TCP, 8080}.label()), "skein.port.8080/tcp");
  EXPECT_EQ((HeldPort{PortConfig::TCP, 8080}.text()), "8080");
  EXPECT_EQ((HeldPort{PortConfig::UDP, 53}.text()), "53/udp");
  for (auto protocol : {PortConfig::TCP, PortConfig::UDP, PortConfig::SCTP})
    for (uint32_t number : {1u, 8080u, 65535u}) {
      const HeldPort port{protocol, number};
      EXPECT_EQ(HeldPort::of_label(port.label()), port);
    }
}

TEST(HeldPort, other_labels_are_none) {
  for (const char* label :
       {"skein.version", "skein.port.", "skein.port.8080", "skein.port.8080/tcpx", "skein.port.0/tcp",
        "skein.port.65536/tcp", "skein.port.-1/tcp", "skein.port.x/tcp", "port.8080/tcp"})
    EXPECT_EQ(HeldPort::of_label(label), std::nullopt) << label;
}

}  // namespace
}  // namespace skein::model
