// Who knows the same exchanges no tables.
#include "gossip/gossip_for_test.h"
#include "gossip/sim_network.h"
#include "gossip/table/table_digest.h"

namespace skein::gossip {
namespace {

TEST(SparedSyncs, a_settled_cluster_exchanges_no_tables_until_something_is_missing) {
  constexpr size_t kHosts = 12;
  SimNetwork network(41, {});
  for (size_t host = 0; host < kHosts; ++host) network.start(host, {0});
  for (size_t host = 0; host < kHosts; ++host) network.join_network(host, "net");
  for (size_t host = 0; host < kHosts; ++host) network.put_entry(host, "net", "of-" + std::to_string(host), "v");
  network.run(std::chrono::minutes(3));
  ASSERT_EQ(network.complaint(), "");
  auto syncs = [&](GossipCount what) {
    uint64_t sum = 0;
    for (size_t host = 0; host < kHosts; ++host) sum += network.gossip(host).counts().of(what);
    return sum;
  };
  const uint64_t before = syncs(GossipCount::kBulkSyncs), spared = syncs(GossipCount::kBulkSyncsSpared);
  network.run(std::chrono::minutes(10));
  EXPECT_EQ(syncs(GossipCount::kBulkSyncs), before);
  EXPECT_GE(syncs(GossipCount::kBulkSyncsSpared) - spared, kHosts * 9);
}

// A member that is asked knows this host's and the asked one's tables to be equal, or not.
struct SparedSyncsTest : GossipTest {
  std::map<uint32_t, std::string> payloads;  // of the acks, by host
  std::map<uint32_t, int> synced;            // bulk syncs, by host

  void SetUp() override {
    gossip.join_network(kIngress, now);
    meet_docker();
    gossip.on_stream_request(2, node_at(1, 38480), captured("tcp-bulksync-unsolicited.bin"), now);
    run_for(seconds(10));  // what joining a network brings about
    synced.clear();
  }
  static uint32_t host_of(const PeerAddress& address) { return address.host.v4.value - node_at(0).host.v4.value; }
  // Answers pings, and counts what else is sent.
  void run_for(Duration time) {
    for (const TimePoint end = now + time; gossip.next_deadline() <= end;) {
      now = std::max(now, gossip.next_deadline());
      gossip.on_timer(now);
      for (Output& output : gossip.take_outputs()) {
        if (auto* packet = std::get_if<SendPacket>(&output)) answer(*packet);
        if (auto* stream = std::get_if<OpenStream>(&output))
          if (std::holds_alternative<memberlist::User>(opened(stream->frame))) ++synced[host_of(stream->to)];
      }
    }
  }
  void answer(const SendPacket& packet) {
    for (const auto& message : content(packet))
      if (auto* ping = std::get_if<memberlist::Ping>(&message))
        receive(memberlist::Ack{ping->sequence, payloads[host_of(packet.to)]}, host_of(packet.to));
  }
  // As this host itself tells somebody who asks.
  std::string own_payload() {
    receive(memberlist::Ping{77, gossip.name(), "", 0, "108e44b59d8f"});
    for (auto& packet : taken<SendPacket>())
      for (const auto& message : content(packet))
        if (auto* ack = std::get_if<memberlist::Ack>(&message)) return ack->payload.value_or("");
    return "";
  }
};

TEST_F(SparedSyncsTest, members_that_send_no_digest_are_synced_with_as_ever) {
  run_for(std::chrono::minutes(5));
  EXPECT_GE(synced[1] + synced[2] + synced[3], 8);
}

TEST_F(SparedSyncsTest, nobody_is_synced_with_while_all_know_the_same) {
  for (uint32_t host : {1, 2, 3}) payloads[host] = own_payload();
  ASSERT_TRUE(parse_digest(payloads[1]));
  run_for(seconds(31));  // a sync may be under way
  synced.clear();
  run_for(std::chrono::minutes(5));
  EXPECT_EQ(synced[1] + synced[2] + synced[3], 0);
}

// So that two parts of a cluster, each of one mind, do not stay apart.
TEST_F(SparedSyncsTest, who_knows_something_else_is_synced_with_whoever_else_agrees) {
  for (uint32_t host : {1, 2}) payloads[host] = own_payload();
  payloads[3] = format_digest(*parse_digest(own_payload()) + 1);
  run_for(seconds(31));
  synced.clear();
  run_for(std::chrono::minutes(5));
  EXPECT_EQ(synced[1] + synced[2], 0);
  EXPECT_GE(synced[3], 8);
}

// What a lost packet leaves behind is not there until the periodic sync.
TEST_F(SparedSyncsTest, a_difference_that_lasts_is_mended_within_seconds) {
  for (uint32_t host : {1, 2, 3}) payloads[host] = own_payload();
  run_for(seconds(31));
  synced.clear();
  payloads[2] = format_digest(*parse_digest(own_payload()) + 1);
  run_for(seconds(8));
  EXPECT_EQ(synced[2], 1);
  run_for(seconds(11));
  EXPECT_LE(synced[2], 3) << "not with each of its answers";
}

TEST_F(SparedSyncsTest, a_difference_while_things_change_is_waited_for) {
  for (uint32_t host : {1, 2, 3}) payloads[host] = format_digest(1);
  run_for(seconds(31));
  synced.clear();
  for (int i = 0; i < 5; ++i) {
    const std::string key = "new-" + std::to_string(i);
    ASSERT_TRUE(gossip.create_entry("endpoint_table", kIngress, key, "v", now).ok());
    run_for(seconds(2));
  }
  EXPECT_LE(synced[1] + synced[2] + synced[3], 2) << "the periodic sync, and one that was due";
}

TEST_F(SparedSyncsTest, what_was_found_long_ago_does_not_count) {
  for (uint32_t host : {1, 2, 3}) payloads[host] = own_payload();
  run_for(seconds(31));
  payloads.clear();
  run_for(seconds(31));
  synced.clear();
  run_for(std::chrono::minutes(5));
  EXPECT_GE(synced[1] + synced[2] + synced[3], 8);
}

TEST_F(SparedSyncsTest, only_a_member_learns_the_digest) {
  receive(memberlist::Ping{78, gossip.name(), "", 0, "a stranger"});
  const auto packets = taken<SendPacket>();
  ASSERT_THAT(packets, SizeIs(1));
  EXPECT_EQ(std::get<memberlist::Ack>(content(packets[0]).front()).payload.value_or(""), "");
}

}  // namespace
}  // namespace skein::gossip
