// The inside of gossip.h: puts membership, prober and tables together, carries their messages in packets and streams,
// and heals. Split by subject: machine.cc (inputs, timers), machine_packets.cc (what packets carry),
// machine_streams.cc (push/pull and bulk sync), machine_heal.cc (reconnecting, announcing anew).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gossip/gossip.h"
#include "gossip/members/membership.h"
#include "gossip/members/prober.h"
#include "gossip/table/agreements.h"
#include "gossip/table/network_db.h"
#include "gossip/table/sync_plan.h"
#include "wire/memberlist/keyring.h"

namespace skein::gossip {

// Between Docker's 200 ms ticks, what has never been sent goes out after this: long enough for a burst to share
// packets.
inline constexpr Duration kRelayDelay = std::chrono::milliseconds(20);
// Packets per target and round. Docker sends one, which makes a burst of 200 entries take 20 s.
inline constexpr int kPacketsPerRound = 8;
// Streams of ours that are remembered. The end of a one-way stream is not reported, so most of these are long over.
inline constexpr size_t kStreamsMax = 1024;
// Members that are bulk-synced with on joining a network; Docker asks all, though each of them knows everything.
inline constexpr size_t kJoinSyncPeers = 4;
// Of the members of a network so many, on average, bulk-sync with one that they newly see on it; and of those newly
// seen at once, so many are synced with.
inline constexpr double kGreeters = 3;
// Attempts each second to reach freshly failed members, shared among those who are left (at least one each): a host
// that is alone tries many, one of ninety tries one, and the first success is news for all. Older failures are tried
// one a second.
inline constexpr size_t kReconnectsPerTick = 32;
// A connection into a partition is of no use when that heals: its SYN waits for longer and longer. So attempts are
// short and overlap.
inline constexpr Duration kReconnectTimeout = std::chrono::seconds(3);
inline constexpr Duration kReconnectPatience = std::chrono::milliseconds(900);  // before another attempt beside it
inline constexpr Duration kFreshlyFailed = std::chrono::minutes(10);
// Announcing everything anew costs all members work, so a host that is accused all the time does it seldom.
inline constexpr Duration kAnnouncePauseAfterDeath = std::chrono::seconds(2);
inline constexpr Duration kAnnouncePauseAfterSuspicion = std::chrono::seconds(10);
inline constexpr Duration kLeaveTimeMax = std::chrono::seconds(1);
// Bulk syncs that are answered when their senders become members. A Docker Engine that joins a network waits for each
// answer for so long, one after the other, and its first container with it.
inline constexpr Duration kEarlySyncKeep = std::chrono::seconds(30);
inline constexpr size_t kEarlySyncsMax = 256;
// Tables that differ although ours has not changed for so long differ because something was lost. So often, at most, is
// a member synced with for that before the periodic sync.
inline constexpr Duration kSteadyTime = std::chrono::seconds(5);
inline constexpr Duration kMendPause = std::chrono::seconds(10);

struct Gossip::Machine {
  Machine(GossipConfig config, Random& random, TimePoint now);

  // ---- inputs (machine.cc); each ends with settle
  void on_packet(const PeerAddress& from, std::string_view bytes, TimePoint now);
  void on_timer(TimePoint now);
  TimePoint next_deadline() const;
  void settle(TimePoint now);
  void on_up(const std::string& name, TimePoint now);

  // ---- packets (machine_packets.cc)
  void on_packet_message(const memberlist::Message& message, const PeerAddress& from, TimePoint now);
  void on_ping(const memberlist::Ping& ping, const PeerAddress& from);
  void on_ack(const memberlist::Ack& ack, const IpAddress& from, TimePoint now);
  void compare_tables(const std::string& peer, uint64_t digest, TimePoint now);
  void send_messages(const SayMessages& say);
  void send_parts(const PeerAddress& to, const std::vector<std::string>& parts, bool with_crc);
  std::vector<std::string> take_broadcasts(size_t bytes_max, int sends_below);
  // One round of gossip; an eager one carries only what no round has carried yet.
  void gossip_round(bool is_eager, TimePoint now);
  void gossip_claims(bool is_eager, TimePoint now);
  void gossip_tables(bool is_eager);
  bool has_broadcasts();
  bool has_unsent_broadcasts();

  // ---- streams (machine_streams.cc)
  enum class Purpose { kBootstrap, kPeriodic, kReconnect, kResync, kTcpPing, kBulkSync };
  struct Stream {
    Purpose purpose = Purpose::kPeriodic;
    PeerAddress to;
    std::string peer;  // may be empty
    uint32_t sequence = 0;
    int attempts = 0;
    bool expects_reply = false;
    TimePoint opened_at;
    TimePoint give_up_at;
  };
  void on_stream_request(StreamId id, const PeerAddress& from, std::string_view frame, TimePoint now);
  void on_stream_reply(StreamId id, std::string_view frame, TimePoint now);
  void on_stream_failed(StreamId id, TimePoint now);
  bool open_stream(Stream stream, const memberlist::StreamMessage& message, bool expects_reply, TimePoint now);
  void reply(StreamId id, const memberlist::StreamMessage& message);
  void push_pull(Purpose purpose, const PeerAddress& to, const std::string& peer, int attempts, TimePoint now);
  bool merge(const memberlist::PushPull& remote, const IpAddress& from, TimePoint now);
  void on_push_pull_done(const Stream& stream, TimePoint now);
  void send_bulk_sync(const std::string& peer, const std::vector<std::string>& networks, bool is_unsolicited,
                      int attempts, TimePoint now);
  void on_bulk_sync(const BulkSyncReceived& sync, TimePoint now);
  void keep_early_sync(const BulkSyncReceived& sync, TimePoint now);
  void answer_early_sync(const std::string& peer, TimePoint now);
  void start_due_syncs(TimePoint now);
  void sync_with_some(const std::string& network, size_t count, TimePoint now);
  void start_periodic_syncs(TimePoint now);
  const Node* member_to_sync(const std::string& network, TimePoint now) const;
  bool is_attempting(const PeerAddress& to, TimePoint now) const;
  std::vector<memberlist::NodeState> states() const;

  // ---- healing (machine_heal.cc)
  void on_refuted(const Refuted& refuted, TimePoint now);
  void announce_anew(TimePoint now);
  // Is somebody left to try again?
  bool reconnect(TimePoint now);
  void reconnect_by(TimePoint due) { next_reconnect = std::min(next_reconnect, due); }
  void rejoin_bootstrap(TimePoint now);
  void on_activated(const NodeActivated& event, TimePoint now);
  void on_attached(const PeerAttached& event, TimePoint now);
  void on_deactivated(const NodeDeactivated& event);

  // ---- small things
  void emit(Output output) { outputs.push_back(std::move(output)); }
  void hear(const IpAddress& host, TimePoint now);
  Duration random_up_to(Duration limit);
  Duration pause_between(Duration interval) const;
  Member member_of(const std::string& name) const;
  void report_member(const std::string& name) { emit(MemberChanged{member_of(name)}); }
  int retransmits() const { return retransmit_limit(timings().retransmit_multiplier, membership.nodes().size()); }
  const GossipTimings& timings() const { return config.timings; }

  GossipConfig config;
  Random& random;
  wire::memberlist::KeyRing ring;
  Membership membership;
  Prober prober;
  NetworkDb db;
  BroadcastQueue claims;  // about members
  SyncPlan plan;
  Agreements agreements;
  uint64_t steady_digest = 0;  // of our tables when last looked at
  TimePoint steady_since;
  TimePoint next_mend;
  std::vector<PeerAddress> bootstrap;
  std::map<StreamId, Stream> streams;
  StreamId next_stream = 1;
  std::map<IpAddress, TimePoint> heard_at;   // hosts that are, or were, members
  std::map<std::string, TimePoint> syncing;  // bulk syncs that were asked for and are not answered, since when
  struct EarlySync {
    std::vector<std::string> networks;
    TimePoint since;
  };
  std::map<std::string, EarlySync> early_syncs;                // of senders that are not members yet
  std::vector<std::pair<TimePoint, std::string>> extra_syncs;  // networks joined lately
  std::vector<TimePoint> extra_push_pulls;                     // after joining a cluster

  // ---- timers
  TimePoint next_gossip;
  TimePoint next_eager = TimePoint::never();
  TimePoint next_push_pull;
  TimePoint next_bulk_sync;
  TimePoint next_reap;
  TimePoint next_reconnect;  // also of who bootstraps
  TimePoint next_bootstrap;
  TimePoint announce_networks_at = TimePoint::never();
  TimePoint announce_entries_at = TimePoint::never();
  TimePoint last_announced;
  bool is_urgent = false;  // a change of our own waits to be sent
  bool is_refuted_in_merge = false;
  bool is_leaving = false;
  bool is_done = false;
  TimePoint leave_deadline = TimePoint::never();

  std::vector<Output> outputs;
  Counts<GossipCount> counts;
};

}  // namespace skein::gossip
