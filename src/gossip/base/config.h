// What a gossip machine is started with. The defaults are Docker's, which peers count on; the tests say why where ours
// are quicker.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time/clock.h"
#include "gossip/base/peer.h"

namespace skein::gossip {

struct GossipTimings {
  // -- membership
  Duration probe_interval = std::chrono::seconds(1);  // times (health score + 1)
  Duration probe_timeout = std::chrono::milliseconds(500);
  int indirect_checks = 3;
  int awareness_max = 8;  // health scores are below this
  int suspicion_multiplier = 4;
  int suspicion_max_multiplier = 6;
  Duration gossip_interval = std::chrono::milliseconds(200);
  int gossip_fanout = 3;
  int retransmit_multiplier = 4;
  Duration dead_keep = std::chrono::seconds(30);  // dead are gossiped to, and listed, this long
  // Docker: 30 s. It bounds the time for which a member can miss something about another; longer in clusters of
  // over 32.
  Duration push_pull_interval = std::chrono::seconds(10);
  Duration stream_timeout = std::chrono::seconds(10);
  // -- network tables
  Duration bulk_sync_interval = std::chrono::seconds(30);
  Duration reap_interval = std::chrono::seconds(5);
  Duration tombstone_keep = std::chrono::seconds(1800);     // deleted entries
  Duration left_network_keep = std::chrono::seconds(1825);  // outlives the tombstones on it
  Duration failed_node_keep = std::chrono::hours(24);
  Duration reconnect_interval = std::chrono::seconds(1);
  Duration bootstrap_interval = std::chrono::seconds(60);  // Docker's; tried each second while alone
};

struct GossipConfig {
  std::string name;       // 12 random hex digits, NEW at every start: Random::hex(12). An old name is ignored by peers.
  PeerAddress advertise;  // where peers reach this host, UDP and TCP
  std::vector<std::string> keys;  // 16 bytes each, primary first; at least one
  std::string metadata;           // goes with every claim that this host is alive; at most kMetadataBytesMax
  size_t packet_bytes_max = 1400;
  GossipTimings timings;
};

}  // namespace skein::gossip
