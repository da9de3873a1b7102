// The tables of networks as this host knows them: who is attached where, and every entry on the networks that this host
// is attached to (NetworkDB's rules, docs/design/gossip.md). Messages and membership changes in; events and queued
// messages out. No packets or streams: whoever owns this object carries what is in the queues and does the bulk syncs
// that the events ask for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "gossip/base/broadcast_queue.h"
#include "gossip/base/events.h"
#include "gossip/base/seen_events.h"
#include "gossip/table/directory.h"
#include "gossip/table/entry_table.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::gossip {

// A peer sent all it knows of `networks`; if unsolicited it wants the same back.
struct BulkSyncReceived {
  std::string from;
  bool is_unsolicited = false;
  std::vector<std::string> networks;
};
// An own entry that no packet can hold: it spreads by bulk syncs only.
struct LargeEntry {
  std::string network;
};
// A peer is now known to be on a network of ours.
struct PeerAttached {
  std::string node, network;
  size_t together = 0;  // so many attachments were learned from one push/pull; 0: from its own announcement
};
using DbEvent = std::variant<NodeActivated, NodeDeactivated, PeerAttached, NetworkPeersChanged, EntryChanged,
                             BulkSyncReceived, LargeEntry>;

class NetworkDb {
 public:
  static constexpr size_t kOwnNetworksMax = 4096;
  static constexpr size_t kNameBytesMax = 255;          // ids, table names, keys
  static constexpr size_t kValueBytesMax = 256 * 1024;  // Docker's records have a few hundred bytes
  static constexpr size_t kClusterQueueMax = 8192;      // node and network events not yet spread
  static constexpr size_t kTableQueueMax = 16384;       // table events of one network not yet spread
  static constexpr size_t kBulkRelayQueueMax = 500;     // above it, entries of bulk syncs are not passed on
  // Table events whose owner is not yet known to be on the network: its announcement may be on the way.
  static constexpr size_t kParkedMax = 16384;
  static constexpr Duration kParkedKeep = std::chrono::minutes(2);
  static constexpr int kTombstoneRelaySecondsMin = 300;            // younger ends are not passed on
  static constexpr size_t kBulkPayloadBytesMax = 4 * 1024 * 1024;  // more is sent as several messages
  static constexpr size_t kTableMessageOverhead = 4;               // in a COMPOUND, as Docker counts

  NetworkDb(std::string self, PeerAddress address, GossipTimings timings, size_t table_packet_bytes_max);

  // ---- from membership
  void node_up(const std::string& name, PeerAddress address, TimePoint now) {
    directory_.set_up(name, address, now), settle(now);
  }
  void node_down(const std::string& name, bool left, TimePoint now) {
    directory_.set_down(name, left, now), settle(now);
  }

  // ---- from peers: a GossipMessage; malformed ones are dropped (false)
  bool on_message(std::string_view bytes, TimePoint now);
  bool merge_push_pull(std::string_view user_state, TimePoint now);

  // ---- for peers
  // A joining push/pull carries our attachments with a new time, as peers may hold them for left.
  std::string push_pull_state(bool is_join);
  // All entries of those of `networks` that this host is on, as one or several messages.
  std::vector<std::string> bulk_sync(const std::vector<std::string>& networks, bool is_unsolicited, TimePoint now);

  // ---- own doings
  void announce_node(bool is_join);
  // Repeats our attachments and entries as news, for peers that have dropped them.
  void announce_networks();
  void announce_entries();
  void join_network(const std::string& network, TimePoint now);
  void leave_network(const std::string& network, TimePoint now);
  void mark_in_sync(const std::string& network);
  Result<void> create_entry(const std::string& table, const std::string& network, const std::string& key,
                            std::string value);
  Result<void> update_entry(const std::string& table, const std::string& network, const std::string& key,
                            std::string value);
  Result<void> delete_entry(const std::string& table, const std::string& network, const std::string& key,
                            TimePoint now);
  void reap(TimePoint now);

  // ---- queues: wrapped messages to be carried as user messages
  BroadcastQueue& cluster_queue() { return cluster_queue_; }
  // Networks that have table events to spread, with their queues.
  std::vector<std::pair<std::string, BroadcastQueue*>> table_queues();

  bool has_unsent_table_events() const;
  bool has_broadcasts() const;  // of the cluster or of any network

  // ---- queries
  const Directory& directory() const { return directory_; }
  bool is_on(const std::string& network) const;
  std::vector<std::string> own_networks() const;
  std::vector<std::string> shared_networks(const std::string& peer) const;
  // Of all entries on the networks that are shared with the peer: equal at both while both know the same.
  uint64_t digest_shared_with(const std::string& peer) const;
  // Of all entries that are known here.
  uint64_t digest() const;
  std::vector<Entry> entries(const std::string& network, const std::string& table) const;
  std::vector<std::string> deleted_keys(const std::string& network, const std::string& table) const;
  // Null when the network is not joined, or has no such entry, live or deleted.
  const StoredEntry* find(const std::string& network, const std::string& table, const std::string& key) const;
  bool has_entry_of(const std::string& network, const std::string& owner) const;
  std::map<std::string, size_t> told_by_owner(const std::string& network, const std::string& table) const;

  std::vector<DbEvent> take_events() { return std::exchange(events_, {}); }

 private:
  struct OwnNetwork {
    LamportTime ltime = 0;
    bool is_leaving = false;
    bool is_in_sync = false;
    TimePoint reap_at;
    EntryTable entries;
    BroadcastQueue queue{kTableQueueMax};
  };
  struct ParkedEvent {
    LamportTime ltime = 0;
    std::string bytes;
    TimePoint since;
  };
  using ParkedEvents = std::map<EntryTable::Key, ParkedEvent>;  // the latest of each entry
  enum class Source { kGossip, kBulkSync };

  bool on_wrapped(std::string_view bytes, Source source, int depth, TimePoint now);
  bool on_node_event(std::string_view data, std::string_view raw, TimePoint now);
  bool on_network_event(std::string_view data, std::string_view raw, TimePoint now);
  bool on_table_event(std::string_view data, std::string_view raw, Source source, TimePoint now);
  bool on_bulk_sync(std::string_view data, TimePoint now);
  bool on_compound(std::string_view data, Source source, int depth, TimePoint now);
  void apply_table_event(const networkdb::TableEvent& event, std::string_view raw, Source source, TimePoint now);
  void relay_table_event(OwnNetwork& network, const networkdb::TableEvent& event, std::string_view raw, Source source);

  // Carries what the directory found over to entries and events.
  void settle(TimePoint now);
  void on_attached(const Attached& attached, TimePoint now);
  void on_detached(const Detached& detached);
  void report(const std::string& network, const std::vector<EntryTable::Change>& changes);
  void unpark(const std::string& node, const std::string& network, TimePoint now);
  void park(const networkdb::TableEvent& event, std::string_view raw, TimePoint now);

  OwnNetwork* own(const std::string& network);
  const OwnNetwork* own(const std::string& network) const;
  void announce_network(const std::string& network, OwnNetwork& own);
  void queue_network_event(const LateNews& news);
  Result<OwnNetwork*> writable(const std::string& table, const std::string& network, const std::string& key,
                               const std::string& value);
  void write_own(const std::string& network, OwnNetwork& own, const EntryTable::Key& key, std::string value,
                 networkdb::TableEvent::T type, TimePoint reap_at);

  std::string self_;
  GossipTimings timings_;
  size_t table_packet_bytes_max_;
  LamportClock network_clock_;
  LamportClock table_clock_;
  Directory directory_;
  std::map<std::string, OwnNetwork> own_networks_;
  BroadcastQueue cluster_queue_{kClusterQueueMax};
  std::map<std::pair<std::string, std::string>, ParkedEvents> parked_;  // by (owner, network)
  size_t parked_count_ = 0;
  SeenEvents seen_;  // to say them again changes nothing
  std::vector<DbEvent> events_;
};

}  // namespace skein::gossip
