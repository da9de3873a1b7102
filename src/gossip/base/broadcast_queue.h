// Messages that are to reach everybody, each repeated a bounded number of times to random members.
//
// The least sent go first, among them the longest that fit, among those the newest. A newer message about a subject
// replaces the older one. Used for membership, for cluster events and for each network's table events.
#pragma once

#include <climits>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace skein::gossip {

class BroadcastQueue {
 public:
  // Over `messages_max`, the message that was sent most often is given up: others have most likely spread it already.
  explicit BroadcastQueue(size_t messages_max) : messages_max_(messages_max) {}

  void put(const std::string& subject, std::string bytes);
  void erase(const std::string& subject);

  // Messages for one packet: their sizes plus `overhead_each` sum up to at most `bytes_max`. A message that has now
  // been sent `sends_max` times leaves the queue. Only messages sent less than `sends_below` times are taken.
  std::vector<std::string> take(size_t bytes_max, size_t overhead_each, int sends_max, int sends_below = INT_MAX);

  size_t size() const { return order_.size(); }
  bool empty() const { return order_.empty(); }
  bool has(const std::string& subject) const { return by_subject_.contains(subject); }
  // Whether some message has not been sent at all.
  bool has_unsent() const { return !order_.empty() && order_.begin()->first.sends == 0; }

 private:
  struct Rank {
    int sends = 0;
    size_t bytes = 0;
    uint64_t number = 0;
    bool operator<(const Rank& other) const;
  };
  using Subjects = std::unordered_map<std::string, Rank>;
  struct Item {
    Subjects::value_type* subject;
    std::string bytes;
  };

  size_t messages_max_;
  uint64_t next_number_ = 1;
  std::map<Rank, Item> order_;
  Subjects by_subject_;
};

// How often a message is repeated in a group of this size: multiplier * ceil(log10(n + 1)), as peers do, but not less
// than twice the multiplier: with four repetitions about one message in a hundred misses somebody in a small cluster.
int retransmit_limit(int multiplier, size_t nodes);

// How many rounds are enough when each of them tells `targets` members at random, and everybody who hears the news does
// the same: a member is told nodes * e^-(targets * rounds) times less than once. What misses somebody in spite of that
// (one piece of news in 100,000, without loss of packets) comes with the next bulk sync.
int rounds_to_reach_all(size_t targets, size_t nodes);

}  // namespace skein::gossip
