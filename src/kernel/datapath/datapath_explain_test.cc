// What is explained has not happened.
#include "kernel/testing/mesh_host.h"

namespace skein::kernel::testing {
namespace {

class Explained : public MeshHost {
 protected:
  Verdict explain(const char* interface, const Bytes& frame) {
    const auto before = path_->counters().value();
    auto explained = path_->explain(index(interface), frame);
    EXPECT_TRUE(explained.ok()) << explained.error().text();
    EXPECT_EQ(path_->counters().value(), before);
    return explained.ok() ? *explained : Verdict{};
  }
};

TEST_F(Explained, a_flow_that_is_explained_does_not_begin) {
  const Bytes syn = from_client(tcp4(kClient, kDoor, kSyn)), ack = from_client(tcp4(kClient, kDoor, kAck));
  EXPECT_EQ(explain("mesh-in", syn).reason, "mesh_to_local");
  EXPECT_EQ(explain("under", ack).reason, "underlay_other") << "there is no flow";
  EXPECT_EQ(reason("mesh-in", syn), "mesh_to_local");
  EXPECT_EQ(explain("under", ack).reason, "mesh_to_local") << "there is one";
}

TEST_F(Explained, one_that_is_explained_does_not_end) {
  const Bytes syn = from_client(tcp4(kClient, kDoor, kSyn)), ack = from_client(tcp4(kClient, kDoor, kAck));
  hands_over(tcp4(kClient, kDoor, kSyn));
  for (uint8_t flags : {kRst, kFin})
    explain("under", from_client(tcp4(kClient, kDoor, static_cast<uint8_t>(flags | kAck))));
  EXPECT_TRUE(path_->orphans().value().empty());
  set_backends({});
  EXPECT_EQ(explain("under", ack).reason, "mesh_reset");
  EXPECT_EQ(explain("under", ack).reason, "mesh_reset") << "the flow is there still";
  EXPECT_EQ(reason("under", ack), "mesh_reset");
  EXPECT_EQ(reason("under", ack), "underlay_other") << "that was its end";
}

TEST_F(Explained, turns_are_not_taken) {
  set_backends({{kBlue, 1}, {kFar, 1}});
  const auto sent = [&](uint16_t port) { return framed(kRed, kVip, tcp_packet(kRed, kVip, {port, 80}, kSyn)); };
  const std::string next = explain("red", sent(40000)).reason;
  for (uint16_t port = 40001; port < 40004; ++port) EXPECT_EQ(explain("red", sent(port)).reason, next);
  EXPECT_EQ(reason("red", sent(40005)), next);
  EXPECT_NE(reason("red", sent(40006)), next);
}

TEST_F(Explained, a_broadcast_is_sent_to_nobody) {
  const std::string received = "ip -s -o link show dev blue-in";
  const Bytes broadcast = from_red(ip("255.255.255.255"), Bytes(20, 'b'));
  const std::string before = sh(received);
  EXPECT_EQ(explain("red", broadcast).reason, "flooded");
  EXPECT_EQ(sh(received), before);
  EXPECT_EQ(reason("red", broadcast), "flooded");
  EXPECT_NE(sh(received), before);
}

TEST_F(Explained, an_interface_without_a_program_is_named) {
  EXPECT_EQ(path_->explain(999, Bytes(60)).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace skein::kernel::testing
