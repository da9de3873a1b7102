// Docker Engines in the routing mesh: as hosts of backends, and as entry hosts, which ask for the published port.
#include "kernel/testing/mesh_host.h"

namespace skein::kernel::testing {
namespace {

// The host of far is a Docker Engine with the address 10.0.1.8 on the ingress network, 10.0.1.7 that of a host of ours.
// Port 80 leads to 8080, and 8080 to 80.
class MeshWithEngine : public MeshHost {
 protected:
  void SetUp() override {
    MeshHost::SetUp();
    using Where = plan::EndpointEntry::Where;
    plan::EndpointEntry own{Where::kRemote, Mac::from_ipv4(kEngine.address), "", ip("192.0.2.2")};
    plan::EndpointEntry ours{Where::kRemote, Mac::from_ipv4(kOurs.address), "", ip("192.0.2.2")};
    own.is_docker_engines = true;
    ASSERT_TRUE(path_->set_endpoints({{{kNetwork, kEngine.address}, own}, {{kNetwork, kOurs.address}, ours}}, {}).ok());
    plan::MeshTarget exchanged{kNetwork, kVip, 8080};
    ASSERT_TRUE(path_->set_ports({{{6, {}, 80}, exchanged}, {{17, {}, 80}, exchanged}}, {}).ok());
  }

  Verdict engine_sends(const Bytes& packet) {
    return verdict("under", in_tunnel(framed(kEngine.address, kRed, packet)));
  }
  Verdict red_sends_back(const Bytes& packet) { return verdict("red", framed(kRed, kEngine.address, packet)); }

  static inline const End kEngine{ip("10.0.1.8"), 5555}, kOurs{ip("10.0.1.7"), 5555}, kPublished{kRed, 8080};
};

TEST_F(MeshWithEngine, a_backend_of_it_is_asked_by_this_host_and_for_the_published_port) {
  auto endpoints = entries();
  plan::EndpointEntry& far = endpoints.at({kNetwork, kFar});
  far.service = kVip, far.is_docker_engines = true;
  ASSERT_TRUE(path_->set_endpoints(endpoints, {}).ok());
  ASSERT_TRUE(path_->set_services({{{kNetwork, kVip}, {plan::Balance::kRoundRobin, {{kFar, 1}}}}}, {}).ok());
  EXPECT_TRUE(path_->observe()->endpoints.at({kNetwork, kFar}).is_docker_engines);
  const End own{kOwn, kClient.port}, published{kFar, kDoor.port};
  EXPECT_EQ(tunnelled(hands_over(tcp4(kClient, kDoor, kSyn))), tcp4(own, published, kSyn));
  Verdict answer = verdict("under", in_tunnel(framed(kFar, kRed, tcp4(published, own, kSyn | kAck))));
  EXPECT_EQ(answer.reason, "mesh_to_client");
  EXPECT_EQ(inner(answer), tcp4(kDoor, kClient, kSyn | kAck));

  const End other{ip("198.51.100.8"), kClient.port};
  Verdict second = hands_over(tcp4(other, kDoor, kSyn));
  EXPECT_NE(read16(second.frame, 64 + 20), kClient.port) << "or answers to both would look alike";
}

TEST_F(MeshWithEngine, its_clients_reach_the_target_port_and_are_answered_from_the_published_one) {
  Verdict arrived = engine_sends(tcp4(kEngine, kPublished, kSyn));
  EXPECT_EQ(arrived.reason, "mesh_from_entry");
  EXPECT_EQ(arrived.target_interface, index("red"));
  EXPECT_EQ(inner(arrived), tcp4(kEngine, kTarget, kSyn));
  Verdict answer = red_sends_back(tcp4(kTarget, kEngine, kSyn | kAck));
  EXPECT_EQ(answer.reason, "mesh_to_entry");
  EXPECT_EQ(part(answer.frame, 50),
            ethernet({Mac::from_ipv4(kEngine.address), Mac::from_ipv4(kRed)}, tcp4(kPublished, kEngine, kSyn | kAck)));
  EXPECT_EQ(inner(engine_sends(tcp4(kEngine, kPublished, kAck))), tcp4(kEngine, kTarget, kAck));

  EXPECT_EQ(inner(engine_sends(udp4(kEngine, kPublished))), udp4(kEngine, kTarget));
  EXPECT_EQ(tunnelled(red_sends_back(udp4(kTarget, kEngine))), udp4(kPublished, kEngine));
}

TEST_F(MeshWithEngine, a_host_of_ours_asks_the_same_backend_for_the_target_port) {
  const End exchanged{kRed, 8080};
  EXPECT_EQ(inner(engine_sends(tcp4(kEngine, {kRed, 80}, kSyn))), tcp4(kEngine, exchanged, kSyn));
  EXPECT_EQ(inner(verdict("under", from_entry(tcp4(kClient, kTarget, kSyn)))), tcp4(kClient, kTarget, kSyn));
  EXPECT_EQ(inner(engine_sends(tcp4(kOurs, kTarget, kSyn))), tcp4(kOurs, kTarget, kSyn)) << "for its own programs";
  EXPECT_EQ(tunnelled(red_sends_back(tcp4(exchanged, kEngine, kSyn | kAck))), tcp4({kRed, 80}, kEngine, kSyn | kAck));
  EXPECT_EQ(tunnelled(red_answers(kClient)), tcp4(kTarget, kClient, kSyn | kAck));
}

TEST_F(MeshWithEngine, one_port_of_it_at_two_published_ports_is_two_clients_for_the_backend) {
  const End alias{kRed, 8081};
  ASSERT_TRUE(path_->set_ports({{{6, {}, 8081}, {kNetwork, kVip, 80}}}, {}).ok());
  engine_sends(tcp4(kEngine, kPublished, kSyn));
  Verdict second = engine_sends(tcp4(kEngine, alias, kSyn));
  const End renamed{kEngine.address, static_cast<uint16_t>(read16(second.frame, 34))};
  EXPECT_NE(renamed.port, kEngine.port);
  EXPECT_EQ(inner(second), tcp4(renamed, kTarget, kSyn));
  EXPECT_EQ(inner(engine_sends(tcp4(kEngine, alias, kAck))), tcp4(renamed, kTarget, kAck));
  EXPECT_EQ(tunnelled(red_sends_back(tcp4(kTarget, renamed, kSyn | kAck))), tcp4(alias, kEngine, kSyn | kAck));
  EXPECT_EQ(tunnelled(red_sends_back(tcp4(kTarget, kEngine, kSyn | kAck))), tcp4(kPublished, kEngine, kSyn | kAck));
}

TEST_F(MeshWithEngine, what_is_not_published_for_the_backend_stays_as_it_is) {
  ASSERT_TRUE(path_->set_ports({{{6, {}, 9090}, {kNetwork, ip("10.0.1.101"), 90}}}, {}).ok());
  for (uint16_t port : {22, 9090}) {
    const End direct{kRed, port};
    EXPECT_EQ(inner(engine_sends(tcp4(kEngine, direct, kSyn))), tcp4(kEngine, direct, kSyn));
    Verdict answer = red_sends_back(tcp4(direct, kEngine, kSyn | kAck));
    EXPECT_EQ(answer.reason, "to_remote");
    EXPECT_EQ(tunnelled(answer), tcp4(direct, kEngine, kSyn | kAck));
  }
}

TEST_F(MeshWithEngine, an_error_about_an_answer_tells_the_backend_of_its_own_port) {
  engine_sends(udp4(kEngine, kPublished));
  Verdict told = engine_sends(error_packet(kEngine.address, kRed, 4, udp4(kPublished, kEngine)));
  Bytes about = udp4(kTarget, kEngine);
  EXPECT_EQ(part(inner(told), 28, 24), part(about, 0, 24));
  EXPECT_EQ(internet_checksum(part(inner(told), 20)), 0);
}

TEST_F(MeshWithEngine, datagrams_in_fragments_are_answered_in_fragments) {
  Bytes asked = part(udp4(kEngine, kPublished, Bytes(64)), 20), seen = part(udp4(kEngine, kTarget, Bytes(64)), 20);
  auto piece = [](Ipv4 from, Ipv4 to, uint32_t fragment, const Bytes& data) {
    return ipv4({from, to, 17, fragment}, data);
  };
  const Ipv4 engine = kEngine.address;
  EXPECT_EQ(inner(engine_sends(piece(engine, kRed, 0x2000, part(asked, 0, 40)))),
            piece(engine, kRed, 0x2000, part(seen, 0, 40)));
  EXPECT_EQ(inner(engine_sends(piece(engine, kRed, 5, part(asked, 40)))), piece(engine, kRed, 5, part(seen, 40)));
  Bytes answered = part(udp4(kTarget, kEngine, Bytes(64)), 20), heard = part(udp4(kPublished, kEngine, Bytes(64)), 20);
  EXPECT_EQ(tunnelled(red_sends_back(piece(kRed, engine, 0x2000, part(answered, 0, 40)))),
            piece(kRed, engine, 0x2000, part(heard, 0, 40)));
  EXPECT_EQ(tunnelled(red_sends_back(piece(kRed, engine, 5, part(answered, 40)))),
            piece(kRed, engine, 5, part(heard, 40)));
}

}  // namespace
}  // namespace skein::kernel::testing
