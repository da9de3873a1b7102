// One machine, and what Docker daemons really sent (tests/data/gossip). For tests only.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "gossip/gossip.h"
#include "gossip/machine.h"
#include "gossip/table/table_messages.h"
#include "wire/memberlist/keyring.h"
#include "wire/memberlist/message.h"

namespace skein::gossip {
namespace memberlist = wire::memberlist;
using memberlist::KeyRing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// From tests/data/gossip/keys.json: oldest, primary, newest.
inline const std::string kOldest = from_hex("982acd1acdcc8b23301cc6828427ee4d").value();
inline const std::string kPrimary = from_hex("badc12518e7c550695d15ac3d009020c").value();
inline const std::string kNewest = from_hex("3ae470a0ed0cd2de4144361b072fb275").value();
inline const std::string kIngress = "pt625k195cy7vjt8wfygstcwx";

inline std::string captured(const std::string& name) {
  std::ifstream file(SKEIN_TEST_DATA "/gossip/" + name, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  EXPECT_FALSE(out.str().empty()) << name;
  return out.str();
}

inline PeerAddress node_at(uint32_t host, uint16_t port = 7946) {
  return {IpAddress::from(Ipv4{0x0a4d0000 + host}), port};
}

struct GossipTest : ::testing::Test {
  SeededRandom random{1};
  TimePoint now{0};
  Gossip gossip{{.name = "0123456789ab", .advertise = node_at(9), .keys = {kPrimary, kOldest, kNewest}}, random, now};
  KeyRing docker = KeyRing::make(kPrimary, {}).value();

  template <class T>
  std::vector<T> taken() {
    std::vector<T> out;
    for (auto& output : gossip.take_outputs())
      if (auto* wanted = std::get_if<T>(&output)) out.push_back(std::move(*wanted));
    return out;
  }
  void receive(const memberlist::Message& message, uint32_t from = 1) {
    gossip.on_packet(node_at(from), docker.seal_packet(format(message), random), now);
  }
  void receive_user(const std::string& bytes, uint32_t from = 1) { receive(memberlist::User{bytes}, from); }
  memberlist::StreamMessage opened(const std::string& frame) {
    return memberlist::parse_stream(docker.open_frame(frame).value()).value();
  }
  std::vector<memberlist::Message> content(const SendPacket& packet) {
    return memberlist::parse_packet(docker.open_packet(packet.bytes).value()).value();
  }
  // The captured cluster: 108e44b59d8f (.1), 03a61c9cb853 (.2), e153bc8f785b (.3), all on ingress.
  void meet_docker() {
    gossip.on_stream_request(1, node_at(2, 37880), captured("tcp-pushpull-periodic-reply.bin"), now);
  }
  std::string table_event(networkdb::TableEvent::T type, uint64_t ltime, const std::string& owner,
                          const std::string& key, const std::string& value) {
    networkdb::TableEvent event;
    event.set_type(type), event.set_l_time(ltime), event.set_node_name(owner), event.set_network_id(kIngress);
    event.set_table_name("endpoint_table"), event.set_key(key), event.set_value(value);
    return wrap_compound({wrap(networkdb::GossipMessage::TABLE_EVENT, event)});
  }
};

}  // namespace skein::gossip
