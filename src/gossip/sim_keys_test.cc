// Keys are rotated while everybody talks, and hosts hear of it one by one: nobody notices.
#include <gtest/gtest.h>

#include "gossip/sim_network.h"

namespace skein::gossip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kHosts = 6;
constexpr Duration kPeriod = seconds(2);

// The window of three keys as hosts are given it in round n: the primary, the one before it, the next one.
std::vector<std::string> window(int round) {
  auto key = [](int number) { return std::string(16, static_cast<char>('a' + number)); };
  return {key(round + 1), key(round), key(round + 2)};
}

void start_cluster(SimNetwork& sim) {
  sim.rotate_keys(window(0));
  for (size_t host = 0; host < kHosts; ++host) {
    sim.start(host, {0});
    sim.join_network(host, "blue");
  }
}

// One period of changes at all hosts, ten a second.
void run_a_period_of_traffic(SimNetwork& sim, int round) {
  for (TimePoint end = sim.now() + kPeriod; sim.now() < end; sim.run(milliseconds(100)))
    sim.put_entry(sim.random().below(kHosts), "blue", "k" + std::to_string(sim.now().ns), std::to_string(round));
}

// Who is there, and was called something else by somebody. Earlier names of restarted daemons are rightly missed.
std::string who_was_missed(SimNetwork& sim) {
  std::set<std::string> names;
  std::string out;
  for (size_t host = 0; host < kHosts; ++host) names.insert(sim.gossip(host).name());
  for (size_t host = 0; host < kHosts; ++host)
    for (const Output& event : sim.take_events(host))
      if (auto* changed = std::get_if<MemberChanged>(&event);
          changed && changed->member.state != PeerState::kAlive && names.contains(changed->member.name))
        out += "host " + std::to_string(host) + " called " + changed->member.address.text() + " " +
               peer_state_name(changed->member.state) + "; ";
  return out;
}

uint64_t unreadable(SimNetwork& sim) {
  uint64_t out = 0;
  for (size_t host = 0; host < kHosts; ++host)
    for (GossipCount what :
         {GossipCount::kPacketsDroppedKey, GossipCount::kStreamsDroppedKey, GossipCount::kStreamsRefusedByPeer})
      out += sim.gossip(host).counts().of(what);
  return out;
}

TEST(GossipKeys, rotations_that_hosts_hear_of_late_lose_no_packet_and_no_host) {
  for (uint64_t seed : seeds(1, 2)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimNetwork sim(seed, {});
    start_cluster(sim);
    ASSERT_TRUE(sim.run_until_true(seconds(2), [&] { return sim.is_whole(); })) << sim.complaint();
    for (int round = 1; round <= 16; ++round) {
      sim.rotate_keys(window(round));
      for (size_t host = 0; host < kHosts; ++host)
        sim.hear_of_keys(host, Duration(static_cast<int64_t>(sim.random().below(kPeriod.count()))));
      run_a_period_of_traffic(sim, round);
      ASSERT_EQ(who_was_missed(sim), "") << "round " << round;
      if (round % 7 != 0) continue;
      sim.start(seed % kHosts, {0});  // a daemon that comes back knows the present keys only
      sim.join_network(seed % kHosts, "blue");
    }
    EXPECT_TRUE(sim.run_until_true(seconds(1), [&] { return sim.is_whole(); })) << sim.complaint();
    EXPECT_EQ(unreadable(sim), 0u);
  }
}

TEST(GossipKeys, a_host_that_missed_two_rotations_is_not_understood_until_it_hears_of_the_keys) {
  SimNetwork sim(seeds(5).front(), {});
  start_cluster(sim);
  ASSERT_TRUE(sim.run_until_true(seconds(2), [&] { return sim.is_whole(); })) << sim.complaint();
  for (int round = 1; round <= 2; ++round) {
    sim.rotate_keys(window(round));
    for (size_t host = 0; host + 1 < kHosts; ++host) sim.hear_of_keys(host, {});
    run_a_period_of_traffic(sim, round);
  }
  EXPECT_FALSE(sim.is_whole());
  EXPECT_GT(unreadable(sim), 0u);
  sim.hear_of_keys(kHosts - 1, {});
  EXPECT_TRUE(sim.run_until_true(seconds(10), [&] { return sim.is_whole(); })) << sim.complaint();
}

}  // namespace
}  // namespace skein::gossip
