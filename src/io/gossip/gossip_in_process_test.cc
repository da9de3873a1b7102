// Machines on the simulated network find each other as on sockets, and what the network does to them is its seed's.
#include "io/gossip/gossip_in_process.h"

#include <gtest/gtest.h>

#include "io/loop/virtual_loop.h"

namespace skein::io {
namespace {

using namespace std::chrono_literals;

IpAddress gossiping(uint32_t number) { return IpAddress::from(Ipv4{0x0a000001 + number}); }

struct GossipOfTests : testing::Test {
  VirtualLoop loop;
  rpc::InProcessNetwork network{loop.context()};
  SeededRandom random{3};
  InProcessGossip wire{network, loop, random};
  struct Member {
    Context* context = nullptr;
    std::unique_ptr<gossip::Gossip> machine;
    std::unique_ptr<GossipDriver> driver;
  };
  std::map<uint32_t, Member> members;

  Member& start(uint32_t number) {
    Member& member = members[number];
    member.context = &loop.add_context();
    gossip::GossipConfig config{
        .name = random.hex(12), .advertise = {gossiping(number)}, .keys = {std::string(16, 'k')}};
    member.machine = std::make_unique<gossip::Gossip>(config, random, loop.now());
    auto opened = wire.host(gossiping(number)).open(*member.context, *member.machine, loop, {}, [](const auto&) {});
    EXPECT_TRUE(opened.ok());
    member.driver = std::move(*opened);
    member.machine->join({{gossiping(0)}}, loop.now());
    member.machine->join_network("n", loop.now());
    member.driver->flush();
    return member;
  }
  void kill(uint32_t number) {
    loop.drop(*members[number].context);
    members.erase(number);
  }
  size_t known_to(uint32_t number) {
    size_t alive = 0;
    for (const auto& member : members[number].machine->members()) alive += member.state == gossip::PeerState::kAlive;
    return alive;
  }
  void put(uint32_t number, const std::string& key) {
    EXPECT_TRUE(members[number].machine->create_entry("t", "n", key, "v", loop.now()).ok());
    members[number].driver->flush();
  }
};

TEST_F(GossipOfTests, hosts_find_each_other_and_entries_arrive_though_packets_are_lost_and_doubled) {
  wire.set_weather({.loss = 0.2, .duplicates = 0.2, .delay_max = 50ms});
  for (uint32_t i = 0; i < 3; ++i) start(i);
  EXPECT_TRUE(loop.run_until_true(30s, [&] { return known_to(0) == 3 && known_to(2) == 3; }));
  put(2, "key");
  EXPECT_TRUE(loop.run_until_true(30s, [&] { return members[1].machine->entry("n", "t", "key").has_value(); }));
}

TEST_F(GossipOfTests, a_port_is_taken_until_its_program_dies) {
  start(0);
  Context& other = loop.add_context();
  auto refused = wire.host(gossiping(0)).open(other, *members[0].machine, loop, {}, {});
  EXPECT_EQ(refused.error().code, Code::kFailedPrecondition);
  kill(0);
  start(0);
}

TEST_F(GossipOfTests, a_program_that_died_and_one_that_is_cut_off_are_missed_and_found_again) {
  for (uint32_t i = 0; i < 3; ++i) start(i);
  ASSERT_TRUE(loop.run_until_true(10s, [&] { return known_to(0) == 3; }));
  kill(2);
  EXPECT_TRUE(loop.run_until_true(1min, [&] { return known_to(0) == 2; }));
  start(2);
  EXPECT_TRUE(loop.run_until_true(1min, [&] { return known_to(0) == 3 && known_to(1) == 3; }));
  for (uint32_t i = 0; i < 2; ++i) network.cut(gossiping(2), gossiping(i)), network.cut(gossiping(i), gossiping(2));
  EXPECT_TRUE(loop.run_until_true(1min, [&] { return known_to(0) == 2 && known_to(2) == 1; }));
  for (uint32_t i = 0; i < 2; ++i) network.mend(gossiping(2), gossiping(i)), network.mend(gossiping(i), gossiping(2));
  EXPECT_TRUE(loop.run_until_true(1min, [&] { return known_to(0) == 3 && known_to(2) == 3; }));
}

}  // namespace
}  // namespace skein::io
