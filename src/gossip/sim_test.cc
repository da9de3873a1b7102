// Whole clusters in virtual time, on real encrypted bytes, under bad weather. What a user counts on: wherever a
// container runs, every host finds it, soon, and finds nothing that is no longer there.
#include <gtest/gtest.h>

#include "gossip/sim_network.h"

namespace skein::gossip {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Hosts that come one after the other, each joining by way of the first, with one entry each on one network.
void build(SimNetwork& sim, size_t hosts, Duration apart = milliseconds(20)) {
  for (size_t host = 0; host < hosts; ++host) {
    sim.start(host, {0});
    sim.join_network(host, "blue");
    sim.put_entry(host, "blue", "e" + std::to_string(host), "at start");
    sim.run(apart);
  }
}

SimWeather weather(double loss, int delay_max_ms) {
  return {.loss = loss, .duplicates = 0.05, .delay_min = milliseconds(1), .delay_max = milliseconds(delay_max_ms)};
}

#define EXPECT_WHOLE_WITHIN(sim, limit) \
  EXPECT_TRUE((sim).run_until_true(limit, [&] { return (sim).is_whole(); })) << (sim).complaint()

TEST(GossipSim, three_hosts_know_each_other_within_two_seconds) {
  SimNetwork sim(seeds(1).front(), {});
  build(sim, 3);
  EXPECT_WHOLE_WITHIN(sim, seconds(2));
}

TEST(GossipSim, a_change_reaches_all_of_three_hosts_within_300_ms_in_99_of_100_cases) {
  SimNetwork sim(seeds(2).front(), weather(0.01, 5));
  build(sim, 3);
  ASSERT_TRUE(sim.run_until_true(seconds(5), [&] { return sim.is_whole(); })) << sim.complaint();
  int late = 0;
  for (int i = 0; i < 200; ++i) {
    sim.put_entry(static_cast<size_t>(i % 3), "blue", "x" + std::to_string(i), "v");
    late += !sim.run_until_true(milliseconds(300), [&] { return sim.is_whole(); });
    sim.run(milliseconds(static_cast<int64_t>(sim.random().below(300))));
  }
  EXPECT_LE(late, 2);
}

TEST(GossipSim, a_host_cut_off_for_a_minute_is_whole_within_five_seconds) {
  for (uint64_t seed : seeds(1, 6)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimNetwork sim(seed, weather(seed % 2 ? 0.05 : 0, 10));
    size_t hosts = 3 + 4 * (seed % 6);
    build(sim, hosts);
    ASSERT_TRUE(sim.run_until_true(seconds(10), [&] { return sim.is_whole(); })) << sim.complaint();
    size_t lonely = sim.random().below(hosts);
    sim.partition({lonely});
    sim.run(seconds(30));
    sim.put_entry(lonely, "blue", "made alone", "v");
    sim.delete_entry(lonely, "blue", "e" + std::to_string(lonely));
    size_t other = (lonely + 1) % hosts;
    sim.put_entry(other, "blue", "made meanwhile", "v");
    sim.put_entry(other, "blue", "e" + std::to_string(other), "changed meanwhile");
    sim.run(seconds(30));
    EXPECT_FALSE(sim.is_whole());
    sim.heal();
    EXPECT_WHOLE_WITHIN(sim, seconds(5));
  }
}

TEST(GossipSim, a_short_cut_that_nobody_calls_death_loses_nothing) {
  for (uint64_t seed : seeds(1, 6)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimNetwork sim(seed, weather(0, 5));
    build(sim, 6);
    ASSERT_TRUE(sim.run_until_true(seconds(10), [&] { return sim.is_whole(); })) << sim.complaint();
    sim.partition({2});
    sim.put_entry(2, "blue", "from inside", "v");
    sim.put_entry(3, "blue", "from outside", "v");
    sim.run(milliseconds(2000 + 1000 * static_cast<int64_t>(seed % 7)));
    sim.heal();
    EXPECT_WHOLE_WITHIN(sim, seconds(31));  // at the latest by the periodic sync
  }
}

TEST(GossipSim, halves_that_parted_become_one_again) {
  for (uint64_t seed : seeds(1, 2)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimNetwork sim(seed, weather(0.05, 10));
    build(sim, 12);
    ASSERT_TRUE(sim.run_until_true(seconds(10), [&] { return sim.is_whole(); })) << sim.complaint();
    sim.partition({1, 3, 5, 7, 9, 11});
    sim.run(seconds(90));
    for (size_t host = 0; host < 12; ++host) sim.put_entry(host, "blue", "n" + std::to_string(host), "v");
    sim.run(seconds(30));
    sim.heal();
    EXPECT_WHOLE_WITHIN(sim, seconds(6));
  }
}

TEST(GossipSim, a_crashed_host_and_its_entries_are_forgotten) {
  SimNetwork sim(seeds(7).front(), weather(0.05, 10));
  build(sim, 10);
  ASSERT_TRUE(sim.run_until_true(seconds(10), [&] { return sim.is_whole(); })) << sim.complaint();
  sim.crash(4);
  EXPECT_WHOLE_WITHIN(sim, seconds(40));
}

TEST(GossipSim, a_host_that_crashes_and_starts_again_replaces_its_old_self_at_once) {
  SimNetwork sim(seeds(8).front(), weather(0.02, 10));
  build(sim, 8);
  ASSERT_TRUE(sim.run_until_true(seconds(10), [&] { return sim.is_whole(); })) << sim.complaint();
  sim.crash(5);
  sim.run(seconds(1));
  sim.start(5, {0});
  sim.join_network(5, "blue");
  sim.put_entry(5, "blue", "second life", "v");
  EXPECT_WHOLE_WITHIN(sim, seconds(5));
}

TEST(GossipSim, what_a_host_says_of_itself_is_known_to_all_also_when_it_was_taken_for_dead) {
  SimNetwork sim(seeds(11).front(), weather(0.05, 10));
  build(sim, 4);
  sim.start(4, {0}, [](const std::string&) { return "about me"; });
  auto all_know = [&] {
    for (size_t host = 0; host < 5; ++host) {
      bool knows = false;
      for (const Member& member : sim.gossip(host).members())
        knows |= member.address == SimNetwork::address_of(4) && member.state == PeerState::kAlive &&
                 member.metadata == "about me";
      if (!knows) return false;
    }
    return true;
  };
  EXPECT_TRUE(sim.run_until_true(seconds(3), all_know));
  sim.partition({4});
  sim.run(seconds(60));
  EXPECT_FALSE(all_know());
  sim.heal();
  EXPECT_TRUE(sim.run_until_true(seconds(5), all_know));
}

TEST(GossipSim, who_has_nothing_to_say_sleeps) {
  SimNetwork sim(seeds(12).front(), weather(0, 10));
  build(sim, 3);
  sim.run(seconds(60));
  int wakes = 0;
  TimePoint last;
  for (int step = 0; step < 1000; ++step) {
    sim.run(std::chrono::milliseconds(10));
    const TimePoint next = sim.gossip(0).next_deadline();
    wakes += next != last;
    last = next;
  }
  // For probes of members; rounds of gossip would be fifty more, and attempts to reach who has failed ten.
  EXPECT_LE(wakes, 22);
}

TEST(GossipSim, a_farewell_is_known_to_all_at_once) {
  SimNetwork sim(seeds(9).front(), weather(0.05, 10));
  build(sim, 8);
  ASSERT_TRUE(sim.run_until_true(seconds(10), [&] { return sim.is_whole(); })) << sim.complaint();
  sim.leave(3);
  EXPECT_WHOLE_WITHIN(sim, seconds(3));
}

TEST(GossipSim, the_first_manager_may_start_last) {
  SimNetwork sim(seeds(10).front(), {});
  for (size_t host : {1, 2, 3}) {
    sim.start(host, {0});
    sim.join_network(host, "blue");
    sim.put_entry(host, "blue", "e" + std::to_string(host), "v");
  }
  sim.run(seconds(20));
  EXPECT_FALSE(sim.is_whole());
  sim.start(0, {});
  EXPECT_WHOLE_WITHIN(sim, seconds(5));
}

// Everything at once, at random, from many seeds; then fair weather, in which all must come right.
TEST(GossipSim, after_any_history_everyone_agrees) {
  for (uint64_t seed : seeds(1, 8)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimNetwork sim(seed, weather(0.05 + 0.0125 * static_cast<double>(seed % 9), 30));
    size_t hosts = 5 + seed % 8;
    build(sim, hosts);
    std::set<size_t> down;
    std::set<std::pair<size_t, std::string>> keys;
    for (int step = 0; step < 40; ++step) {
      size_t host = sim.random().below(hosts);
      bool is_down = down.contains(host);
      std::string key = "k" + std::to_string(host) + "." + std::to_string(sim.random().below(5));
      switch (sim.random().below(8)) {
        case 0:
          if (down.size() < hosts / 3 && !is_down && host != 0) {
            sim.crash(host), down.insert(host);
            std::erase_if(keys, [&](const auto& k) { return k.first == host; });
          }
          break;
        case 1:
          if (is_down) {
            sim.start(host, {0}), down.erase(host);
            sim.join_network(host, "blue");
          }
          break;
        case 2: sim.partition({host}); break;
        case 3: sim.heal(); break;
        case 4:
          if (!is_down && keys.erase({host, key})) sim.delete_entry(host, "blue", key);
          break;
        case 5:
          if (!is_down) sim.join_network(host, "red" + std::to_string(step % 3));
          break;
        default:
          if (!is_down) sim.put_entry(host, "blue", key, std::to_string(step)), keys.insert({host, key});
      }
      sim.run(milliseconds(static_cast<int64_t>(sim.random().below(3000))));
    }
    sim.heal();
    sim.set_weather({});
    EXPECT_WHOLE_WITHIN(sim, seconds(45));  // the longest suspicion, and a periodic sync
  }
}

TEST(GossipSim, a_hundred_members_under_loss_crashes_and_a_partition_come_right) {
  SimNetwork sim(seeds(42).front(), weather(0.1, 20));
  sim.look_every(milliseconds(250));
  build(sim, 100);
  EXPECT_WHOLE_WITHIN(sim, seconds(5));
  std::vector<size_t> cut;
  for (size_t host = 90; host < 100; ++host) cut.push_back(host);
  sim.partition(cut);
  for (size_t host : {20, 40, 60}) sim.crash(host);
  sim.run(seconds(10));
  for (size_t host : {0, 95}) sim.put_entry(host, "blue", "made apart by " + std::to_string(host), "v");
  sim.run(seconds(5));
  EXPECT_FALSE(sim.is_whole()) << "a judge who sees nothing amiss here sees nothing";
  sim.heal();
  EXPECT_WHOLE_WITHIN(sim, seconds(60));  // those that were cut off learn of the crashes: the longest suspicion
}

}  // namespace
}  // namespace skein::gossip
