#include "agent/gossip_records.h"

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>

namespace skein::agent {
namespace {

Ipv4 ip(const std::string& text) { return *Ipv4::parse(text); }

// A swarm of this host alone.
struct FakeSwarm final : SwarmDoor {
  SeededRandom random{1};
  std::optional<gossip::Gossip> machine;
  int flushed = 0;

  explicit FakeSwarm(const std::string& name) { start(name); }
  void start(const std::string& name) {
    gossip::GossipConfig config;
    config.name = name;
    config.advertise = {IpAddress::from(ip("192.168.1.11")), 7946};
    config.keys = {std::string(16, 'k')};
    machine.emplace(config, random, TimePoint{0});
  }
  boost::asio::awaitable<Result<Attachment>> attach(EndpointRequest, std::string) override {
    co_return make_error(Code::kUnavailable, "not asked for here");
  }
  void detach(const std::string&) override {}
  Result<Ipv4> data_path_address() const override { return ip("192.168.1.11"); }
  uint16_t data_path_port() const override { return 4789; }
  gossip::Gossip* gossip() override { return machine ? &*machine : nullptr; }
  void flush_gossip() override { ++flushed; }
  TimePoint now() const override { return TimePoint{0}; }
};

Endpoint endpoint(const std::string& id, const std::string& address) {
  Endpoint out;
  out.id = id;
  out.container_id = "0123456789abcdef";
  out.container_name = "web";
  out.network.id = "n1";
  out.network.subnet = *Subnet::parse("10.0.1.0/24");
  out.address = ip(address);
  out.mac = Mac::from_ipv4(out.address);
  return out;
}

struct GossipRecordsTest : testing::Test {
  SeededRandom random{7};
  GossipRecords records{random};
  FakeSwarm swarm{"0123456789ab"};
  std::vector<gossip::Entry> entries(const char* table) { return swarm.machine->entries("n1", table); }
};

TEST_F(GossipRecordsTest, an_endpoint_is_told_once_and_brought_up_to_date) {
  Endpoint web = endpoint("e1", "10.0.1.5");
  records.announce(web, swarm);
  web.aliases = {"shop"};
  records.announce(web, swarm);
  ASSERT_EQ(entries(kPeerTable).size(), 1u);
  ASSERT_EQ(entries(kEndpointTable).size(), 1u);
  EXPECT_NE(entries(kEndpointTable)[0].value.find("shop"), std::string::npos);
  EXPECT_EQ(entries(kPeerTable)[0].key, entries(kEndpointTable)[0].key);
  EXPECT_EQ(swarm.flushed, 2);
}

TEST_F(GossipRecordsTest, the_network_is_left_with_the_last_endpoint) {
  Endpoint one = endpoint("e1", "10.0.1.5"), two = endpoint("e2", "10.0.1.6");
  records.announce(one, swarm);
  records.announce(two, swarm);
  records.withdraw(one, false, swarm);
  EXPECT_EQ(entries(kPeerTable).size(), 1u);
  EXPECT_EQ(swarm.machine->network_peers("n1").size(), 1u);
  records.withdraw(two, true, swarm);
  EXPECT_TRUE(swarm.machine->network_peers("n1").empty());
}

// Peers hold on to tombstones of the old keys: what is told under them again would look outdated.
TEST_F(GossipRecordsTest, a_new_start_of_gossip_brings_new_keys) {
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  std::string before = entries(kPeerTable).at(0).key;
  swarm.start("ba9876543210");
  records.restart();
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  EXPECT_NE(entries(kPeerTable).at(0).key, before);
}

TEST_F(GossipRecordsTest, own_endpoints_are_not_taken_for_those_of_others) {
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  auto seen = observe_gossip(&swarm, {"n1"});
  EXPECT_TRUE(seen.records.empty());
  EXPECT_EQ(seen.live_hosts, std::set{ip("192.168.1.11")});
}

TEST_F(GossipRecordsTest, what_an_owner_takes_back_is_told_as_deleted) {
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  std::string key = entries(kPeerTable).at(0).key;
  EXPECT_TRUE(observe_gossip(&swarm, {"n1"}).deleted.empty());
  records.withdraw(endpoint("e1", "10.0.1.5"), false, swarm);
  EXPECT_EQ(observe_gossip(&swarm, {"n1"}).deleted, (std::set{std::pair<std::string, std::string>{"n1", key}}));
}

TEST_F(GossipRecordsTest, before_gossip_starts_nothing_is_told_and_nothing_known) {
  swarm.machine.reset();
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  EXPECT_EQ(swarm.flushed, 0);
  EXPECT_TRUE(observe_gossip(&swarm, {"n1"}).live_hosts.empty());
  EXPECT_TRUE(observe_gossip(nullptr, {"n1"}).records.empty());
}

}  // namespace
}  // namespace skein::agent
