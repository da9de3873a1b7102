// News must reach everybody without anybody repeating it for ever.
#include "gossip/base/broadcast_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace skein::gossip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kAll = 10000;

TEST(BroadcastQueue, a_message_is_sent_as_often_as_allowed_and_then_forgotten) {
  BroadcastQueue queue(10);
  queue.put("a", "news");
  EXPECT_TRUE(queue.has_unsent());
  for (int i = 0; i < 3; ++i) EXPECT_THAT(queue.take(kAll, 2, 3), ElementsAre("news"));
  EXPECT_FALSE(queue.has_unsent());
  EXPECT_THAT(queue.take(kAll, 2, 3), IsEmpty());
  EXPECT_FALSE(queue.has("a"));
}

TEST(BroadcastQueue, a_newer_message_about_a_subject_replaces_the_older) {
  BroadcastQueue queue(10);
  queue.put("a", "suspect");
  queue.take(kAll, 2, 9);
  queue.put("a", "alive");
  EXPECT_TRUE(queue.has_unsent());
  EXPECT_THAT(queue.take(kAll, 2, 9), ElementsAre("alive"));
}

TEST(BroadcastQueue, the_least_sent_go_first_then_the_longest_that_fit) {
  BroadcastQueue queue(10);
  queue.put("old", "oooooo");
  queue.take(kAll, 0, 9);
  queue.put("short", "ss");
  queue.put("long", "llll");
  EXPECT_THAT(queue.take(7, 0, 9), ElementsAre("llll", "ss"));
  EXPECT_THAT(queue.take(7, 0, 9), ElementsAre("oooooo"));
}

TEST(BroadcastQueue, overhead_counts_and_what_does_not_fit_waits) {
  BroadcastQueue queue(10);
  queue.put("a", "1234");
  queue.put("b", "5678");
  EXPECT_EQ(queue.take(11, 2, 1).size(), 1u);
  EXPECT_EQ(queue.take(11, 2, 1).size(), 1u);
  EXPECT_TRUE(queue.empty());
}

TEST(BroadcastQueue, an_eager_round_takes_only_what_was_sent_less) {
  BroadcastQueue queue(10);
  queue.put("a", "x");
  queue.take(kAll, 0, 9);
  queue.put("b", "y");
  EXPECT_THAT(queue.take(kAll, 0, 9, 1), ElementsAre("y"));
  EXPECT_THAT(queue.take(kAll, 0, 9, 1), IsEmpty());
}

TEST(BroadcastQueue, when_full_the_most_repeated_is_given_up) {
  BroadcastQueue queue(2);
  queue.put("old", "o");
  queue.take(kAll, 0, 9);
  queue.put("b", "b");
  queue.put("c", "c");
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_FALSE(queue.has("old"));
}

TEST(BroadcastQueue, repetitions_grow_with_the_logarithm_of_the_cluster) {
  EXPECT_EQ(retransmit_limit(4, 3), 8);
  EXPECT_EQ(retransmit_limit(4, 99), 8);
  EXPECT_EQ(retransmit_limit(4, 100), 12);
  EXPECT_EQ(retransmit_limit(4, 5000), 16);
}

// Everybody who has heard it tells three others in each of so many rounds; nobody may have missed it then.
TEST(BroadcastQueue, rounds_that_reach_all_do_so) {
  SeededRandom random(7);
  for (size_t nodes : {5, 20, 200}) {
    const int rounds = rounds_to_reach_all(3, nodes);
    EXPECT_LT(rounds, retransmit_limit(4, nodes)) << nodes;
    for (int news = 0; news < 200; ++news) {
      std::vector<int> left(nodes, -1);  // rounds in which it still tells; -1: has not heard
      left[0] = rounds;
      while (std::ranges::any_of(left, [](int rounds_left) { return rounds_left > 0; }))
        for (size_t teller = 0; teller < nodes; ++teller) {
          if (left[teller] <= 0) continue;
          --left[teller];
          for (int target = 0; target < 3; ++target)
            if (int& told = left[random.below(nodes)]; told < 0) told = rounds;
        }
      EXPECT_FALSE(std::ranges::any_of(left, [](int rounds_left) { return rounds_left < 0; })) << nodes << " " << news;
    }
  }
  EXPECT_EQ(rounds_to_reach_all(3, 20), 5);
  EXPECT_EQ(rounds_to_reach_all(3, 1000), 7);
}

}  // namespace
}  // namespace skein::gossip
