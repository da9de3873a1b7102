// Wrong claims about who is alive cost users their connections; these are the rules by which claims are judged.
#include "gossip/members/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gossip/members/prober.h"

namespace skein::gossip {
namespace {

using memberlist::Alive;
using memberlist::Dead;
using memberlist::MemberState;
using memberlist::NodeState;
using memberlist::Suspect;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;

PeerAddress peer(uint32_t host) { return {IpAddress::from(Ipv4{0x0a000000 + host}), 7946}; }

struct MembershipTest : ::testing::Test {
  SeededRandom random{1};
  TimePoint now{0};
  GossipTimings timings;
  Membership members{"self", peer(1), timings, random, now};

  void SetUp() override { members.take_events(); }

  static Alive alive(const std::string& name, uint32_t incarnation, uint32_t host) {
    return {incarnation, name, to_octets(peer(host).host), 7946, std::nullopt, memberlist::kOurVersions};
  }
  void add(const std::string& name, uint32_t host) {
    members.on_alive(alive(name, 1, host), now), members.take_events();
  }
  MemberState state(const std::string& name) { return members.find(name)->state; }
  uint32_t incarnation(const std::string& name) { return members.find(name)->incarnation; }

  template <class T>
  std::vector<T> taken() {
    std::vector<T> out;
    for (auto& event : members.take_events())
      if (auto* wanted = std::get_if<T>(&event)) out.push_back(*wanted);
    return out;
  }
};

TEST_F(MembershipTest, a_new_member_is_reported_and_spread) {
  members.on_alive(alive("b", 1, 2), now);
  auto events = members.take_events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(std::get<SpreadClaim>(events[0]).about, "b");
  EXPECT_EQ(std::get<NodeUp>(events[1]).name, "b");
}

TEST_F(MembershipTest, a_known_claim_is_not_spread_again) {
  add("b", 2);
  members.on_alive(alive("b", 1, 2), now);
  EXPECT_THAT(members.take_events(), SizeIs(0));
}

TEST_F(MembershipTest, an_alive_with_impossible_versions_or_address_is_ignored) {
  Alive claim = alive("b", 1, 2);
  claim.versions = {0, 5, 2, 0, 0, 0};
  members.on_alive(claim, now);
  claim.versions = {3, 2, 2, 0, 0, 0};
  members.on_alive(claim, now);
  claim = alive("b", 1, 2);
  claim.address = "abc";
  members.on_alive(claim, now);
  EXPECT_EQ(members.find("b"), nullptr);
}

TEST_F(MembershipTest, only_a_newer_incarnation_clears_a_suspicion) {
  add("b", 2), add("c", 3), add("d", 4);
  members.on_suspect({1, "b", "c"}, now);
  EXPECT_EQ(state("b"), MemberState::kSuspect);
  members.on_alive(alive("b", 1, 2), now);
  EXPECT_EQ(state("b"), MemberState::kSuspect);
  members.on_alive(alive("b", 2, 2), now);
  EXPECT_EQ(state("b"), MemberState::kAlive);
  EXPECT_THAT(taken<SuspectCleared>(), SizeIs(1));
}

TEST_F(MembershipTest, an_old_suspicion_is_ignored) {
  add("b", 2);
  members.on_alive(alive("b", 5, 2), now);
  members.on_suspect({4, "b", "c"}, now);
  EXPECT_EQ(state("b"), MemberState::kAlive);
}

TEST_F(MembershipTest, of_three_members_a_suspect_dies_after_four_seconds) {
  add("b", 2), add("c", 3);
  members.suspect("b", now);
  EXPECT_EQ(members.next_expiry(), now + seconds(4));
  members.expire(now + milliseconds(3999));
  EXPECT_EQ(state("b"), MemberState::kSuspect);
  members.expire(now + seconds(4));
  EXPECT_EQ(state("b"), MemberState::kDead);
  auto down = taken<NodeDown>();
  ASSERT_THAT(down, SizeIs(1));
  EXPECT_FALSE(down[0].left);
}

TEST_F(MembershipTest, confirmations_of_others_shorten_a_suspicion_and_count_once_each) {
  for (uint32_t host = 2; host <= 10; ++host) add("n" + std::to_string(host), host);  // ten with self: scale 1
  members.on_suspect({1, "n2", "n3"}, now);
  EXPECT_EQ(members.next_expiry(), now + seconds(24));
  members.take_events();
  members.on_suspect({1, "n2", "n3"}, now);
  EXPECT_THAT(members.take_events(), SizeIs(0));
  EXPECT_EQ(members.next_expiry(), now + seconds(24));
  members.on_suspect({1, "n2", "n4"}, now);
  EXPECT_THAT(taken<SpreadClaim>(), SizeIs(1));
  // max - log(2)/log(3) * (max - min)
  EXPECT_NEAR(static_cast<double>((members.next_expiry() - now).count()) / 1e9, 24 - 0.63093 * 20, 0.001);
  members.on_suspect({1, "n2", "n5"}, now);
  EXPECT_EQ(members.next_expiry(), now + seconds(4));
  members.take_events();
  members.on_suspect({1, "n2", "n6"}, now);
  EXPECT_THAT(members.take_events(), SizeIs(0));
}

TEST_F(MembershipTest, this_host_refutes_what_is_said_against_it) {
  members.on_suspect({1, "self", "b"}, now);
  EXPECT_EQ(incarnation("self"), 2u);
  EXPECT_EQ(state("self"), MemberState::kAlive);
  auto events = members.take_events();
  ASSERT_THAT(events, SizeIs(2));
  auto& spread = std::get<SpreadClaim>(events[0]);
  EXPECT_EQ(std::get<Alive>(spread.message).incarnation, 2u);
  EXPECT_FALSE(std::get<Refuted>(events[1]).was_dead);

  members.on_dead({7, "self", "b"}, now);
  EXPECT_EQ(incarnation("self"), 8u);
  auto refuted = taken<Refuted>();
  ASSERT_THAT(refuted, SizeIs(1));
  EXPECT_TRUE(refuted[0].was_dead);
}

TEST_F(MembershipTest, a_false_picture_of_this_host_is_refuted_and_its_own_words_are_not) {
  Alive own = alive("self", 1, 1);
  own.meta = "";
  members.on_alive(own, now);
  EXPECT_EQ(incarnation("self"), 1u);
  members.on_alive(alive("self", 1, 99), now);
  EXPECT_EQ(incarnation("self"), 2u);
  EXPECT_EQ(members.find("self")->address, peer(1));
}

TEST_F(MembershipTest, a_name_keeps_its_address_until_it_has_left) {
  add("b", 2);
  members.on_alive(alive("b", 5, 9), now);
  EXPECT_EQ(members.find("b")->address, peer(2));
  members.on_dead({1, "b", "b"}, now);
  EXPECT_EQ(state("b"), MemberState::kLeft);
  members.on_alive(alive("b", 5, 9), now);
  EXPECT_EQ(members.find("b")->address, peer(9));
  EXPECT_EQ(state("b"), MemberState::kAlive);
}

TEST_F(MembershipTest, a_second_hand_death_is_only_a_suspicion) {
  add("b", 2), add("c", 3);
  NodeState b{"b", to_octets(peer(2).host), 7946, std::nullopt, 1, MemberState::kDead, memberlist::kOurVersions};
  ASSERT_TRUE(members.merge({b}, "c", now));
  EXPECT_EQ(state("b"), MemberState::kSuspect);
}

TEST_F(MembershipTest, a_second_hand_farewell_is_believed) {
  add("b", 2);
  NodeState b{"b", to_octets(peer(2).host), 7946, std::nullopt, 1, MemberState::kLeft, memberlist::kOurVersions};
  ASSERT_TRUE(members.merge({b}, "c", now));
  EXPECT_EQ(state("b"), MemberState::kLeft);
}

TEST_F(MembershipTest, hearing_in_a_push_pull_that_one_is_dead_is_refuted_as_a_death) {
  NodeState me{"self", to_octets(peer(1).host), 7946, std::nullopt, 1, MemberState::kDead, memberlist::kOurVersions};
  ASSERT_TRUE(members.merge({me}, "c", now));
  EXPECT_EQ(incarnation("self"), 2u);
  EXPECT_TRUE(taken<Refuted>().at(0).was_dead);
}

TEST_F(MembershipTest, a_list_with_a_protocol_that_is_not_common_to_all_is_refused_as_a_whole) {
  NodeState b{"b", to_octets(peer(2).host), 7946, std::nullopt, 1, MemberState::kAlive, memberlist::kOurVersions};
  NodeState c{"c", to_octets(peer(3).host), 7946, std::nullopt, 1, MemberState::kAlive, {3, 5, 5, 0, 0, 0}};
  EXPECT_FALSE(members.merge({b, c}, "c", now));
  EXPECT_EQ(members.find("b"), nullptr);
}

TEST_F(MembershipTest, the_dead_are_forgotten_after_thirty_seconds) {
  add("b", 2);
  members.on_dead({1, "b", "c"}, now);
  members.forget_old(now + seconds(30));
  EXPECT_NE(members.find("b"), nullptr);
  members.forget_old(now + seconds(31));
  EXPECT_EQ(members.find("b"), nullptr);
}

TEST_F(MembershipTest, a_farewell_of_its_own_is_not_refuted) {
  members.leave(now);
  members.on_dead({1, "self", "self"}, now);
  members.on_suspect({1, "self", "b"}, now);
  EXPECT_EQ(incarnation("self"), 1u);
  EXPECT_EQ(state("self"), MemberState::kLeft);
}

// ---- probing

struct ProberTest : MembershipTest {
  Prober prober{members, timings, random, now};

  std::vector<SayMessages> said() {
    std::vector<SayMessages> out;
    for (auto& output : prober.take_outputs())
      if (auto* say = std::get_if<SayMessages>(&output)) out.push_back(*say);
    return out;
  }
  SayMessages first_probe() {
    now = prober.next_deadline();
    prober.on_timer(now);
    auto all = said();
    EXPECT_THAT(all, SizeIs(1));
    return all.at(0);
  }
};

TEST_F(ProberTest, a_ping_for_this_name_is_answered_and_for_another_is_not) {
  prober.on_ping({7, "self", "", 0, ""}, peer(2), "");
  auto out = said();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_EQ(out[0].to, peer(2));
  EXPECT_EQ(std::get<memberlist::Ack>(out[0].messages[0]).sequence, 7u);
  prober.on_ping({8, "older self", "", 0, ""}, peer(2), "");
  EXPECT_THAT(said(), SizeIs(0));
}

TEST_F(ProberTest, the_answer_goes_to_the_source_named_in_the_ping) {
  prober.on_ping({7, "self", to_octets(peer(5).host), 7946, "e"}, peer(2), "");
  EXPECT_EQ(said().at(0).to, peer(5));
}

TEST_F(ProberTest, who_answers_is_not_suspected) {
  add("b", 2);
  auto ping = std::get<memberlist::Ping>(first_probe().messages[0]);
  EXPECT_EQ(ping.node, "b");
  prober.on_ack({ping.sequence, ""}, peer(2).host);
  prober.on_timer(now + seconds(1));
  EXPECT_EQ(state("b"), MemberState::kAlive);
  EXPECT_EQ(prober.health_score(), 0);
}

TEST_F(ProberTest, silence_is_checked_by_way_of_three_others_and_tcp_before_suspicion) {
  add("b", 2), add("c", 3), add("d", 4), add("e", 5), add("f", 6);
  auto ping = std::get<memberlist::Ping>(first_probe().messages[0]);
  prober.on_timer(now + milliseconds(500));
  int indirect = 0, tcp = 0;
  for (auto& output : prober.take_outputs()) {
    if (auto* say = std::get_if<SayMessages>(&output)) {
      auto& ask = std::get<memberlist::IndirectPing>(say->messages[0]);
      EXPECT_EQ(ask.node, ping.node);
      EXPECT_TRUE(ask.wants_nack);
      ++indirect;
    } else {
      EXPECT_EQ(std::get<PingOverTcp>(output).ping.node, ping.node);
      ++tcp;
    }
  }
  EXPECT_EQ(indirect, 3);
  EXPECT_EQ(tcp, 1);
  EXPECT_EQ(state(ping.node), MemberState::kAlive);
  for (int i = 0; i < 3; ++i) prober.on_nack({ping.sequence});
  prober.on_timer(now + seconds(1));
  EXPECT_EQ(state(ping.node), MemberState::kSuspect);
  EXPECT_EQ(prober.health_score(), 0) << "the relays answered, so this host is well";
}

TEST_F(ProberTest, missing_nacks_make_this_host_doubt_itself) {
  add("b", 2), add("c", 3), add("d", 4);
  first_probe();
  prober.on_timer(now + milliseconds(500));
  prober.on_timer(now + seconds(1));
  EXPECT_EQ(prober.health_score(), 2);
}

TEST_F(ProberTest, a_suspect_is_told_so_with_the_ping) {
  add("b", 2), add("c", 3);
  members.suspect("b", now), members.suspect("c", now);
  auto say = first_probe();
  ASSERT_THAT(say.messages, SizeIs(2));
  EXPECT_EQ(std::get<Suspect>(say.messages[1]).from, "self");
  EXPECT_TRUE(say.with_crc);
}

TEST_F(ProberTest, an_ack_is_relayed_under_the_askers_number) {
  prober.on_indirect_ping({77, to_octets(peer(2).host), 7946, "b", true, to_octets(peer(3).host), 7946, "c"}, peer(9),
                          now);
  auto ping = said().at(0);
  EXPECT_EQ(ping.to, peer(2));
  prober.on_ack({std::get<memberlist::Ping>(ping.messages[0]).sequence, ""}, peer(2).host);
  auto relayed = said().at(0);
  EXPECT_EQ(relayed.to, peer(3));
  EXPECT_EQ(std::get<memberlist::Ack>(relayed.messages[0]).sequence, 77u);
}

TEST_F(ProberTest, without_an_ack_the_asker_gets_a_nack_if_it_wants_one) {
  prober.on_indirect_ping({77, to_octets(peer(2).host), 7946, "b", true, "", 0, ""}, peer(9), now);
  prober.on_indirect_ping({78, to_octets(peer(2).host), 7946, "b", false, "", 0, ""}, peer(9), now);
  said();
  prober.on_timer(now + milliseconds(500));
  int nacks = 0;
  for (auto& say : said())
    for (auto& message : say.messages)
      if (auto* nack = std::get_if<memberlist::Nack>(&message)) {
        EXPECT_EQ(nack->sequence, 77u);
        ++nacks;
      }
  EXPECT_EQ(nacks, 1);
}

TEST_F(ProberTest, every_member_is_probed_once_in_each_round) {
  std::map<std::string, int> probes;
  for (uint32_t host = 2; host <= 6; ++host) add("n" + std::to_string(host), host);
  for (int i = 0; i < 10; ++i) {
    auto ping = std::get<memberlist::Ping>(first_probe().messages[0]);
    prober.on_ack({ping.sequence, ""}, peer(2).host);
    ++probes[ping.node];
  }
  for (auto& [name, count] : probes) EXPECT_EQ(count, 2) << name;
  EXPECT_THAT(probes, SizeIs(5));
}

}  // namespace
}  // namespace skein::gossip
