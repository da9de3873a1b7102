#include "overlay/peers/gossip_records.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/addresses_for_test.h"
#include "overlay/endpoints/endpoint_record.h"
#include "overlay/peers/fake_swarm.h"
#include "overlay/peers/gossip_view.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {
namespace {

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
  networkdb::EndpointRecord told() {
    networkdb::EndpointRecord out;
    EXPECT_TRUE(out.ParseFromString(entries(kEndpointTable).at(0).value));
    return out;
  }
};

Endpoint task_endpoint(const std::string& id = "e1") {
  Endpoint out = endpoint(id, "10.0.1.5");
  out.container_name = "web.1.abc";
  out.hostname = "0123456789ab";
  out.serving = Serving::kJoining;
  out.service = {"service-id", "web", ip("10.0.1.2"), {"front"}, plan::Balance::kSourceHash, 7};
  return out;
}

TEST_F(GossipRecordsTest, an_endpoint_is_told_once_and_brought_up_to_date) {
  Endpoint web = endpoint("e1", "10.0.1.5");
  records.announce(web, swarm);
  web.aliases = {"shop"};
  records.announce(web, swarm);
  ASSERT_EQ(entries(kPeerTable).size(), 1u);
  ASSERT_EQ(entries(kEndpointTable).size(), 1u);
  EXPECT_NE(entries(kEndpointTable)[0].value.find("shop"), std::string::npos);
  EXPECT_EQ(entries(kPeerTable)[0].key, entries(kEndpointTable)[0].key);
  networkdb::PeerRecord peer;
  ASSERT_TRUE(peer.ParseFromString(entries(kPeerTable)[0].value));
  EXPECT_TRUE(peer.is_skein()) << "or it would be taken for a Docker Engine's";
  EXPECT_TRUE(peer.takes_ipv6()) << "or it would be asked by IPv4 for clients by IPv6";
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

// Docker balances over whatever has a record, so that there must be none before the task is healthy. Packets to its own
// address may come before.
TEST_F(GossipRecordsTest, a_joining_task_is_reachable_and_has_no_names) {
  Endpoint web = task_endpoint();
  records.announce(web, swarm);
  EXPECT_EQ(entries(kPeerTable).size(), 1u);
  EXPECT_TRUE(entries(kEndpointTable).empty());
  web.serving = Serving::kServing;
  records.announce(web, swarm);
  EXPECT_EQ(entries(kEndpointTable).at(0).key, entries(kPeerTable).at(0).key);
  EXPECT_FALSE(told().service_disabled());
}

TEST_F(GossipRecordsTest, a_draining_task_is_told_as_disabled_and_goes_with_its_end) {
  Endpoint web = task_endpoint();
  web.serving = Serving::kServing;
  records.announce(web, swarm);
  web.serving = Serving::kDraining;
  records.announce(web, swarm);
  EXPECT_TRUE(told().service_disabled());
  EXPECT_EQ(told().service_name(), "web");
  records.withdraw(web, false, swarm);
  EXPECT_TRUE(entries(kEndpointTable).empty());
  EXPECT_TRUE(entries(kPeerTable).empty());
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
  EXPECT_EQ(seen.live_hosts, (std::map<Ipv4, TimePoint>{{ip("192.168.1.11"), {}}}));
}

TEST_F(GossipRecordsTest, what_an_owner_takes_back_is_told_as_deleted) {
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  std::string key = entries(kPeerTable).at(0).key;
  EXPECT_TRUE(observe_gossip(&swarm, {"n1"}).deleted.empty());
  records.withdraw(endpoint("e1", "10.0.1.5"), false, swarm);
  EXPECT_EQ(observe_gossip(&swarm, {"n1"}).deleted, (std::set{std::pair<std::string, std::string>{"n1", key}}));
}

TEST_F(GossipRecordsTest, every_network_knows_this_host_as_one_of_ours) {
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  ASSERT_EQ(entries(kHostTable).size(), 1u);
  EXPECT_EQ(entries(kHostTable)[0].key, swarm.machine->name());
  EXPECT_TRUE(parse_host_entry(entries(kHostTable)[0].value).receipts.empty());
  swarm.start("ba9876543210");
  records.restart();
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  EXPECT_EQ(entries(kHostTable).at(0).key, "ba9876543210");
  records.withdraw(endpoint("e1", "10.0.1.5"), true, swarm);
  records.announce(endpoint("e2", "10.0.1.6"), swarm);
  EXPECT_EQ(entries(kHostTable).size(), 1u) << "back on the network";
}

// Who has so many entries of this host waits for no more of those it told in its earlier lives.
TEST_F(GossipRecordsTest, the_end_of_its_beginning_is_told_on_every_network) {
  Endpoint other = endpoint("e3", "10.0.2.5");
  other.network.id = "n2";
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  records.announce(task_endpoint("e2"), swarm);
  records.announce(other, swarm);
  EXPECT_EQ(parse_host_entry(entries(kHostTable)[0].value).told_peers, 0u);
  records.acknowledge("n1", {1}, swarm);
  records.close_beginning(swarm);
  EXPECT_EQ(parse_host_entry(entries(kHostTable)[0].value), (HostEntry{{1}, 2, 1}))
      << "the names of a joining task are not told";
  EXPECT_EQ(parse_host_entry(swarm.machine->entries("n2", kHostTable).at(0).value), (HostEntry{{}, 1, 1}));
  records.announce(endpoint("e4", "10.0.1.7"), swarm);
  records.acknowledge("n1", {2}, swarm);
  EXPECT_EQ(parse_host_entry(entries(kHostTable)[0].value), (HostEntry{{2}, 2, 1})) << "later ones are not counted";
}

TEST_F(GossipRecordsTest, receipts_are_sent_when_they_change_and_where_we_are) {
  records.acknowledge("n1", {1}, swarm);
  EXPECT_EQ(swarm.flushed, 0) << "not on that network";
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  swarm.flushed = 0;
  records.acknowledge("n1", {}, swarm);
  EXPECT_EQ(swarm.flushed, 0);
  records.acknowledge("n1", {1, 2}, swarm);
  EXPECT_EQ(parse_host_entry(entries(kHostTable).at(0).value).receipts, (std::set<Receipt>{1, 2}));
  records.acknowledge("n1", {1, 2}, swarm);
  EXPECT_EQ(swarm.flushed, 1);
  records.acknowledge("n1", {}, swarm);
  EXPECT_TRUE(parse_host_entry(entries(kHostTable).at(0).value).receipts.empty());
}

TEST_F(GossipRecordsTest, before_gossip_starts_nothing_is_told_and_nothing_known) {
  swarm.machine.reset();
  records.announce(endpoint("e1", "10.0.1.5"), swarm);
  EXPECT_EQ(swarm.flushed, 0);
  EXPECT_TRUE(observe_gossip(&swarm, {"n1"}).live_hosts.empty());
  EXPECT_TRUE(observe_gossip(nullptr, {"n1"}).records.empty());
}

// What another host is told, kind by kind: Docker Engines are particular about it.
struct ToldToPeersTest : testing::Test {
  gossip::SimNetwork net{gossip::seeds(3).front(), {}};
  SeededRandom random{7};
  GossipRecords records{random};
  SimulatedHost door{net, 0};

  ToldToPeersTest() {
    net.start(0, {});
    net.start(1, {0});
    net.join_network(1, "n1");
    net.run(std::chrono::seconds(10));
  }
  std::vector<std::string> seen() {
    net.run(std::chrono::seconds(5));
    std::vector<std::string> out;
    for (const auto& event : net.take_events(1))
      if (auto* entry = std::get_if<gossip::EntryChanged>(&event); entry && entry->table != kHostTable)
        out.push_back(std::string(kinds[static_cast<int>(entry->kind)]) + " " + entry->table);
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<std::string> seen_after(const Endpoint& endpoint) {
    records.announce(endpoint, door);
    return seen();
  }
  static constexpr const char* kinds[] = {"create", "update", "delete"};
};

TEST_F(ToldToPeersTest, a_task_appears_when_it_serves_and_is_updated_when_it_drains) {
  using Strings = std::vector<std::string>;
  Endpoint web = task_endpoint();
  EXPECT_EQ(seen_after(web), Strings{"create overlay_peer_table"});
  web.serving = Serving::kServing;
  EXPECT_EQ(seen_after(web), Strings{"create endpoint_table"});
  EXPECT_EQ(seen_after(web), Strings()) << "nothing has changed";
  web.serving = Serving::kDraining;
  EXPECT_EQ(seen_after(web), Strings{"update endpoint_table"});
  records.withdraw(web, false, door);
  EXPECT_EQ(seen(), (Strings{"delete endpoint_table", "delete overlay_peer_table"}));
}

TEST_F(ToldToPeersTest, a_task_that_serves_again_is_seen_serving) {
  Endpoint web = task_endpoint();
  for (auto serving : {Serving::kServing, Serving::kDraining, Serving::kServing}) {
    web.serving = serving;
    seen_after(web);
    networkdb::EndpointRecord record;
    ASSERT_TRUE(record.ParseFromString(net.gossip(1).entries("n1", kEndpointTable).at(0).value));
    EXPECT_EQ(record.service_disabled(), serving == Serving::kDraining);
  }
  web.serving = Serving::kJoining;
  EXPECT_EQ(seen_after(web), std::vector<std::string>{"delete endpoint_table"});
}

TEST_F(ToldToPeersTest, an_endpoint_on_a_host_that_cannot_be_is_not_believed) {
  for (const char* host : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255", "192.168.1.77"}) {
    networkdb::PeerRecord record;
    record.set_endpoint_ip("10.0.1.9/24");
    record.set_endpoint_mac("02:42:0a:00:01:09");
    record.set_tunnel_endpoint_ip(host);
    ASSERT_TRUE(net.gossip(1).create_entry(kPeerTable, "n1", host, record.SerializeAsString(), net.now()).ok());
  }
  net.flush(1);
  records.announce(endpoint("e1", "10.0.1.5"), door);
  net.run(std::chrono::seconds(10));
  auto seen_records = observe_gossip(&door, {"n1"}).records;
  ASSERT_EQ(seen_records.size(), 1u);
  EXPECT_EQ(seen_records[0].host, ip("192.168.1.77"));
}

TEST_F(ToldToPeersTest, hosts_of_ours_are_told_from_docker_engines_by_their_entry) {
  net.start(2, {0});
  net.join_network(2, "n1");  // as a Docker Engine would
  SimulatedHost other{net, 1};
  SeededRandom other_random{8};
  GossipRecords other_records{other_random};
  records.announce(endpoint("e1", "10.0.1.5"), door);
  other_records.announce(endpoint("e2", "10.0.1.6"), other);
  other_records.acknowledge("n1", {5}, other);
  net.run(std::chrono::seconds(10));
  NetworkHosts hosts = observe_hosts(net.gossip(0), "n1");
  EXPECT_EQ(hosts.live, (std::set{net.gossip(1).name(), net.gossip(2).name()}));
  ASSERT_TRUE(hosts.receipts.contains(net.gossip(1).name()));
  EXPECT_EQ(hosts.receipts[net.gossip(1).name()], std::set<Receipt>{5});
  EXPECT_FALSE(hosts.receipts.contains(net.gossip(2).name()));
}

}  // namespace
}  // namespace skein::overlay
