// The machine as its driver sees it, and face to face with what Docker daemons really sent.
#include "gossip/gossip_for_test.h"

namespace skein::gossip {
namespace {

TEST_F(GossipTest, a_push_pull_of_docker_tells_its_members_and_their_networks) {
  meet_docker();
  std::vector<std::string> names;
  for (const Member& member : gossip.members()) names.push_back(member.name);
  EXPECT_THAT(names, ElementsAre("0123456789ab", "03a61c9cb853", "108e44b59d8f", "e153bc8f785b"));
  EXPECT_THAT(gossip.network_peers(kIngress), ElementsAre("03a61c9cb853", "108e44b59d8f", "e153bc8f785b"));
  EXPECT_EQ(gossip.members()[1].address, node_at(2));
}

TEST_F(GossipTest, a_host_is_heard_of_when_something_comes_from_it_and_not_when_others_tell_of_it) {
  now = now + std::chrono::seconds(5);
  meet_docker();
  EXPECT_EQ(gossip.heard_at(node_at(2).host), now);
  EXPECT_EQ(gossip.heard_at(node_at(1).host), TimePoint{});
  gossip.on_packet(node_at(1), "noise", now);
  EXPECT_EQ(gossip.heard_at(node_at(1).host), TimePoint{});
  receive(memberlist::Ping{7, "0123456789ab"});
  EXPECT_EQ(gossip.heard_at(node_at(1).host), now);
}

TEST_F(GossipTest, a_push_pull_is_answered_with_what_this_host_knows) {
  meet_docker();
  auto replies = taken<ReplyStream>();
  ASSERT_THAT(replies, SizeIs(1));
  EXPECT_EQ(replies[0].id, 1u);
  auto answer = std::get<memberlist::PushPull>(opened(replies[0].frame));
  EXPECT_FALSE(answer.is_join);
  EXPECT_THAT(answer.nodes, SizeIs(4));
  EXPECT_EQ(unwrap(answer.user_state)->type, networkdb::GossipMessage::PUSH_PULL);
}

TEST_F(GossipTest, a_bulk_sync_of_docker_fills_the_tables_and_is_answered) {
  gossip.join_network(kIngress, now);
  meet_docker();
  gossip.take_outputs();
  gossip.on_stream_request(2, node_at(1, 38480), captured("tcp-bulksync-unsolicited.bin"), now);
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), SizeIs(3));
  EXPECT_THAT(gossip.entries(kIngress, "overlay_peer_table"), SizeIs(3));
  std::vector<OpenStream> streams;
  int created = 0;
  for (Output& output : gossip.take_outputs()) {
    if (auto* stream = std::get_if<OpenStream>(&output)) streams.push_back(*stream);
    if (auto* entry = std::get_if<EntryChanged>(&output)) created += entry->kind == EntryChange::kCreate;
  }
  EXPECT_EQ(created, 6);
  ASSERT_THAT(streams, SizeIs(1));
  EXPECT_EQ(streams[0].to, node_at(1));
  EXPECT_FALSE(streams[0].expects_reply);
  const std::string bytes = std::get<memberlist::User>(opened(streams[0].frame)).bytes;
  auto message = unwrap(bytes).value();
  networkdb::BulkSyncMessage answer;
  ASSERT_TRUE(answer.ParseFromString(std::string(message.data)));
  EXPECT_FALSE(answer.unsolicited());
  EXPECT_EQ(answer.node_name(), gossip.name());
  ASSERT_EQ(answer.networks_size(), 1);
  EXPECT_EQ(answer.networks(0), kIngress);
  EXPECT_GT(answer.l_time(), 7u) << "Docker 29 takes an answer by its later time";
  EXPECT_THAT(unwrap_compound(unwrap(answer.payload())->data).value(), SizeIs(6));
}

TEST_F(GossipTest, entries_of_networks_that_are_not_joined_are_not_kept) {
  meet_docker();
  gossip.on_stream_request(2, node_at(1, 38480), captured("tcp-bulksync-unsolicited.bin"), now);
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), IsEmpty());
}

TEST_F(GossipTest, an_entry_may_come_before_the_news_that_its_owner_is_on_the_network) {
  gossip.join_network(kIngress, now);
  gossip.on_stream_request(2, node_at(1, 38480), captured("tcp-bulksync-unsolicited.bin"), now);
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), IsEmpty());
  meet_docker();
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), SizeIs(3));
}

// A Docker Engine waits for the answer for 30 s, and the container that it starts waits with it.
TEST_F(GossipTest, a_bulk_sync_that_overtakes_the_news_of_its_sender_is_answered_with_that_news) {
  gossip.join_network(kIngress, now);
  gossip.on_stream_request(2, node_at(1, 38480), captured("tcp-bulksync-unsolicited.bin"), now);
  EXPECT_THAT(taken<OpenStream>(), IsEmpty()) << "nobody knows where to send the answer";
  now = now + seconds(1);
  receive(memberlist::Alive{1, "108e44b59d8f", to_octets(node_at(1).host), 7946, "", {1, 5, 2, 0, 0, 0}}, 2);
  auto streams = taken<OpenStream>();
  ASSERT_THAT(streams, SizeIs(1));
  EXPECT_EQ(streams[0].to, node_at(1));
  networkdb::BulkSyncMessage answer;
  const std::string bytes = std::get<memberlist::User>(opened(streams[0].frame)).bytes;
  ASSERT_TRUE(answer.ParseFromString(std::string(unwrap(bytes)->data)));
  EXPECT_FALSE(answer.unsolicited());
  ASSERT_EQ(answer.networks_size(), 1);
  EXPECT_EQ(answer.networks(0), kIngress);
}

TEST_F(GossipTest, a_bulk_sync_of_a_sender_that_stays_unknown_is_forgotten) {
  gossip.join_network(kIngress, now);
  gossip.on_stream_request(2, node_at(1, 38480), captured("tcp-bulksync-unsolicited.bin"), now);
  now = now + kEarlySyncKeep + seconds(1);
  receive(memberlist::Alive{1, "108e44b59d8f", to_octets(node_at(1).host), 7946, "", {1, 5, 2, 0, 0, 0}}, 2);
  EXPECT_THAT(taken<OpenStream>(), IsEmpty());
}

TEST_F(GossipTest, a_member_that_fails_takes_its_entries_along) {
  gossip.join_network(kIngress, now);
  meet_docker();
  gossip.on_stream_request(2, node_at(1, 38480), captured("tcp-bulksync-unsolicited.bin"), now);
  gossip.take_outputs();
  receive(memberlist::Dead{1, "03a61c9cb853", "e153bc8f785b"});
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), SizeIs(2));
  EXPECT_THAT(gossip.network_peers(kIngress), ElementsAre("0123456789ab", "108e44b59d8f", "e153bc8f785b"));
  int deleted = 0;
  for (const EntryChanged& change : taken<EntryChanged>()) {
    EXPECT_EQ(change.kind, EntryChange::kDelete);
    EXPECT_EQ(change.owner, "03a61c9cb853");
    EXPECT_FALSE(change.previous.empty());
    ++deleted;
  }
  EXPECT_EQ(deleted, 2);
}

// The same event is passed over as long as it changes nothing: once its entry is gone, it is news again.
TEST_F(GossipTest, what_was_heard_before_is_welcome_again_when_its_entry_is_gone) {
  gossip.join_network(kIngress, now);
  meet_docker();
  const std::string event = table_event(networkdb::TableEvent::CREATE, 50, "03a61c9cb853", "k", "v");
  const Entry entry{"k", "03a61c9cb853", "v"};
  for (int i = 0; i < 2; ++i) receive_user(event);
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), ElementsAre(entry));
  gossip.take_outputs();
  receive(memberlist::Dead{1, "03a61c9cb853", "e153bc8f785b"});
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), IsEmpty());
  receive(memberlist::Alive{2, "03a61c9cb853", to_octets(node_at(2).host), 7946, "", {1, 5, 2, 0, 0, 0}});
  meet_docker();
  receive_user(event);
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), ElementsAre(entry)) << "after its owner was away";
  gossip.leave_network(kIngress, now);
  gossip.join_network(kIngress, now);
  receive_user(event);
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), ElementsAre(entry)) << "after we were away";
}

TEST_F(GossipTest, a_new_name_at_a_known_address_replaces_the_old_one) {
  meet_docker();
  gossip.take_outputs();
  receive(memberlist::Alive{1, "ffffffffffff", to_octets(node_at(2).host), 7946, std::nullopt});
  std::vector<std::string> names;
  for (const Member& member : gossip.members()) names.push_back(member.name);
  EXPECT_THAT(names, ElementsAre("0123456789ab", "108e44b59d8f", "e153bc8f785b", "ffffffffffff"));
  auto changes = taken<MemberChanged>();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].member.name, "03a61c9cb853");
  EXPECT_EQ(changes[0].member.state, PeerState::kLeft);
  EXPECT_THAT(gossip.network_peers(kIngress), ElementsAre("108e44b59d8f", "e153bc8f785b"));
}

TEST_F(GossipTest, the_later_lamport_time_wins_whatever_comes_first) {
  gossip.join_network(kIngress, now);
  meet_docker();
  receive_user(table_event(networkdb::TableEvent::CREATE, 50, "108e44b59d8f", "k", "new"));
  receive_user(table_event(networkdb::TableEvent::UPDATE, 40, "108e44b59d8f", "k", "old"));
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), ElementsAre(Entry{"k", "108e44b59d8f", "new"}));
  receive_user(table_event(networkdb::TableEvent::DELETE, 60, "108e44b59d8f", "k", "new"));
  receive_user(table_event(networkdb::TableEvent::CREATE, 55, "108e44b59d8f", "k", "late"));
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), IsEmpty());
}

TEST_F(GossipTest, a_deletion_that_comes_first_is_remembered) {
  gossip.join_network(kIngress, now);
  meet_docker();
  receive_user(table_event(networkdb::TableEvent::DELETE, 60, "108e44b59d8f", "k", "v"));
  receive_user(table_event(networkdb::TableEvent::CREATE, 50, "108e44b59d8f", "k", "v"));
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), IsEmpty());
}

TEST_F(GossipTest, nobody_else_can_change_an_own_entry) {
  gossip.join_network(kIngress, now);
  meet_docker();
  ASSERT_TRUE(gossip.create_entry("endpoint_table", kIngress, "mine", "v", now).ok());
  receive_user(table_event(networkdb::TableEvent::CREATE, 99, "108e44b59d8f", "mine", "theirs"));
  receive_user(table_event(networkdb::TableEvent::DELETE, 99, gossip.name(), "mine", "v"));
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), ElementsAre(Entry{"mine", gossip.name(), "v"}));
}

TEST_F(GossipTest, a_clock_at_the_end_of_time_is_not_believed) {
  gossip.join_network(kIngress, now);
  meet_docker();
  receive_user(table_event(networkdb::TableEvent::CREATE, UINT64_MAX, "108e44b59d8f", "k", "v"));
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), IsEmpty());
  EXPECT_EQ(gossip.counts().of(GossipCount::kTableMessagesMalformed), 1u);
}

TEST_F(GossipTest, an_own_entry_goes_out_at_once_in_a_form_that_docker_reads) {
  gossip.join_network(kIngress, now);
  meet_docker();
  gossip.take_outputs();
  ASSERT_TRUE(gossip.create_entry("endpoint_table", kIngress, "mine", "v", now).ok());
  int events = 0;
  for (const SendPacket& packet : taken<SendPacket>()) {
    EXPECT_LE(packet.bytes.size(), 1450u);
    for (auto& message : content(packet)) {
      auto* user = std::get_if<memberlist::User>(&message);
      auto compound = user ? unwrap(user->bytes).value() : Wrapped{};
      if (compound.type != networkdb::GossipMessage::COMPOUND) continue;
      auto parts = unwrap_compound(compound.data).value();
      networkdb::TableEvent event;
      ASSERT_TRUE(event.ParseFromString(std::string(unwrap(parts.at(0))->data)));
      EXPECT_EQ(event.type(), networkdb::TableEvent::CREATE);
      EXPECT_EQ(event.node_name(), gossip.name());
      EXPECT_EQ(event.value(), "v");
      ++events;
    }
  }
  EXPECT_EQ(events, 3) << "to every member of the network, as there are three";
}

TEST_F(GossipTest, writing_needs_the_network_and_the_own_entry) {
  EXPECT_EQ(gossip.create_entry("t", "blue", "k", "v", now).error().code, Code::kFailedPrecondition);
  gossip.join_network("blue", now);
  EXPECT_EQ(gossip.update_entry("t", "blue", "k", "v", now).error().code, Code::kNotFound);
  EXPECT_EQ(gossip.delete_entry("t", "blue", "k", now).error().code, Code::kNotFound);
  EXPECT_TRUE(gossip.create_entry("t", "blue", "k", "v", now).ok());
  EXPECT_EQ(gossip.create_entry("t", "blue", "k", "v", now).error().code, Code::kAlreadyExists);
  EXPECT_EQ(gossip.create_entry("t", "blue", "a/b", "v", now).error().code, Code::kInvalidArgument);
  EXPECT_EQ(gossip.create_entry("t", "blue", "big", std::string(300000, 'x'), now).error().code,
            Code::kInvalidArgument);
  EXPECT_TRUE(gossip.delete_entry("t", "blue", "k", now).ok());
  EXPECT_TRUE(gossip.create_entry("t", "blue", "k", "again", now).ok());
}

TEST_F(GossipTest, an_entry_too_large_for_a_packet_travels_by_bulk_sync) {
  gossip.join_network(kIngress, now);
  meet_docker();
  for (const OpenStream& stream : taken<OpenStream>()) gossip.on_stream_failed(stream.id, now);
  ASSERT_TRUE(gossip.create_entry("endpoint_table", kIngress, "big", std::string(5000, 'x'), now).ok());
  auto streams = taken<OpenStream>();
  ASSERT_THAT(streams, SizeIs(3));
  const std::string bytes = std::get<memberlist::User>(opened(streams[0].frame)).bytes;
  auto message = unwrap(bytes).value();
  EXPECT_EQ(message.type, networkdb::GossipMessage::BULK_SYNC);
  EXPECT_GT(message.data.size(), 5000u);
}

TEST_F(GossipTest, having_been_held_for_dead_it_announces_networks_and_entries_anew_as_creations) {
  gossip.join_network(kIngress, now);
  meet_docker();
  ASSERT_TRUE(gossip.create_entry("endpoint_table", kIngress, "mine", "v", now).ok());
  for (; now < TimePoint{0} + seconds(8); now = now + milliseconds(50)) gossip.on_timer(now), gossip.take_outputs();
  receive(memberlist::Dead{1, gossip.name(), "108e44b59d8f"});
  uint64_t network_time = 0, entry_time = 0;
  for (TimePoint end = now + seconds(2); now < end; now = now + milliseconds(50)) {
    gossip.on_timer(now);
    for (const SendPacket& packet : taken<SendPacket>())
      for (auto& message : content(packet)) {
        auto* user = std::get_if<memberlist::User>(&message);
        if (!user) continue;
        auto outer = unwrap(user->bytes).value();
        networkdb::NetworkEvent network;
        if (outer.type == networkdb::GossipMessage::NETWORK_EVENT && network.ParseFromString(std::string(outer.data)))
          network_time = network.l_time();
        if (outer.type != networkdb::GossipMessage::COMPOUND) continue;
        networkdb::TableEvent event;
        ASSERT_TRUE(event.ParseFromString(std::string(unwrap(unwrap_compound(outer.data)->at(0))->data)));
        EXPECT_EQ(event.type(), networkdb::TableEvent::CREATE);
        EXPECT_GT(network_time, 0u) << "the network first";
        entry_time = event.l_time();
      }
  }
  EXPECT_GT(entry_time, 1u);
}

TEST_F(GossipTest, leaving_ends_and_then_it_is_silent) {
  meet_docker();
  gossip.leave(now);
  bool is_done = false;
  for (TimePoint end = now + seconds(5); now < end && !is_done; now = gossip.next_deadline()) {
    gossip.on_timer(now);
    is_done = !taken<LeaveDone>().empty();
  }
  EXPECT_TRUE(is_done);
  EXPECT_EQ(gossip.next_deadline(), TimePoint::never());
  receive(memberlist::Ping{1, gossip.name()});
  EXPECT_THAT(gossip.take_outputs(), IsEmpty());
}

TEST_F(GossipTest, leaving_a_network_withdraws_its_entries) {
  gossip.join_network(kIngress, now);
  meet_docker();
  ASSERT_TRUE(gossip.create_entry("endpoint_table", kIngress, "mine", "v", now).ok());
  gossip.take_outputs();
  gossip.leave_network(kIngress, now);
  bool has_deletion = false, has_leave = false;
  for (const SendPacket& packet : taken<SendPacket>())
    for (auto& message : content(packet)) {
      auto* user = std::get_if<memberlist::User>(&message);
      if (!user) continue;
      auto outer = unwrap(user->bytes).value();
      networkdb::NetworkEvent network;
      if (outer.type == networkdb::GossipMessage::NETWORK_EVENT && network.ParseFromString(std::string(outer.data)))
        has_leave |= network.type() == networkdb::NetworkEvent::LEAVE;
      networkdb::TableEvent event;
      if (outer.type == networkdb::GossipMessage::COMPOUND &&
          event.ParseFromString(std::string(unwrap(unwrap_compound(outer.data)->at(0))->data)))
        has_deletion |= event.type() == networkdb::TableEvent::DELETE && event.residual_reap_time() == 1800;
    }
  EXPECT_TRUE(has_deletion);
  EXPECT_TRUE(has_leave);
  EXPECT_THAT(gossip.entries(kIngress, "endpoint_table"), IsEmpty());
}

}  // namespace
}  // namespace skein::gossip
