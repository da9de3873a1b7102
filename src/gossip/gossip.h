// Membership of the cluster and the tables of its networks, as one machine without I/O: (input, now) -> outputs.
// Speaks memberlist and NetworkDB, so that Docker Engines and this machine gossip with each other on port 7946.
//
// The driver owns the sockets:
//   * every UDP packet received goes to on_packet, as it came;
//   * a connection accepted on the port brings one frame ("0a | length | envelope", see wire/memberlist/keyring.h, at
//     most KeyRing::kFrameBytesMax); it goes to on_stream_request with an id of the driver's choice. A ReplyStream with
//     that id, if any, is among the outputs of that very call; afterwards the driver closes the connection;
//   * OpenStream asks for a new connection: connect, send the frame, and if a reply is expected read one frame and give
//     it to on_stream_reply. Any failure, and the timeout, ends in on_stream_failed. Then close. Ids of OpenStream
//     are chosen here; they are a different numbering from the ids of accepted connections;
//   * after every call: take_outputs, do them in order, and arm a timer for next_deadline, which calls on_timer.
// Nothing fails towards the caller: what is wrong with a peer's bytes is dropped and counted (counts()).
//
// Own entries are this host's facts: nobody else can change them, and they survive being declared dead by others.
// Single-threaded. `random` must outlive the machine and be fit for nonces. Network ids, table names and keys must not
// contain '/' and not be empty.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "gossip/base/config.h"
#include "gossip/base/events.h"
#include "gossip/base/peer.h"

namespace skein::gossip {

using StreamId = uint64_t;

// ---- outputs: I/O to do

struct SendPacket {
  PeerAddress to;
  std::string bytes;
  bool is_way_proven = false;  // the host answered when it was last asked: the link layer need not ask for it again
};
struct OpenStream {
  StreamId id = 0;
  PeerAddress to;
  std::string frame;
  bool expects_reply = false;
  Duration timeout = std::chrono::seconds(10);  // from connecting to the reply or the end of writing
};
struct ReplyStream {
  StreamId id = 0;  // of on_stream_request
  std::string frame;
};

// ---- outputs: what became known: see events.h

// The farewell after leave() has been spread, or its time is up: the sockets may be closed.
struct LeaveDone {};

using Output =
    std::variant<SendPacket, OpenStream, ReplyStream, MemberChanged, EntryChanged, NetworkPeersChanged, LeaveDone>;

class Gossip {
 public:
  // The clock starts at `now`; every later `now` is the same or later.
  Gossip(GossipConfig config, Random& random, TimePoint now);
  ~Gossip();

  // ---- inputs
  void on_packet(const PeerAddress& from, std::string_view bytes, TimePoint now);
  void on_stream_request(StreamId id, const PeerAddress& from, std::string_view frame, TimePoint now);
  void on_stream_reply(StreamId id, std::string_view frame, TimePoint now);
  void on_stream_failed(StreamId id, TimePoint now);
  void on_timer(TimePoint now);
  TimePoint next_deadline() const;

  // ---- commands
  // Joins through these peers, now and whenever none of them is a live member any more. Replaces the list of before.
  // An empty list is right for the first host of a cluster.
  void join(std::vector<PeerAddress> bootstrap, TimePoint now);
  // Says farewell to all; ends in LeaveDone, within 5 seconds. Later inputs are ignored.
  void leave(TimePoint now);

  // Both do nothing when it is already so. Leaving withdraws this host's entries on the network.
  void join_network(const std::string& network, TimePoint now);
  void leave_network(const std::string& network, TimePoint now);

  // Own entries. create: the network must be joined, and no other live entry may have the key (kAlreadyExists).
  // update and delete: only of an own entry (kNotFound otherwise).
  Result<void> create_entry(const std::string& table, const std::string& network, const std::string& key,
                            std::string value, TimePoint now);
  Result<void> update_entry(const std::string& table, const std::string& network, const std::string& key,
                            std::string value, TimePoint now);
  Result<void> delete_entry(const std::string& table, const std::string& network, const std::string& key,
                            TimePoint now);

  // Rotation: the new set, primary first. Refuses an empty set and keys of a wrong length.
  Result<void> set_keys(const std::vector<std::string>& keys);

  // ---- queries
  const std::string& name() const;
  // All that are known and not left, this host too, by name.
  std::vector<Member> members() const;
  // When the host last proved to be there: something under a key of ours came from it. The list of members tells it
  // later, and of a host known under several names, wrongly for a while. The start of time if never.
  TimePoint heard_at(const IpAddress& host) const;
  // Names of the live members attached to a network, this host too if it is, sorted.
  std::vector<std::string> network_peers(const std::string& network) const;
  // Names of live members that said they left the network, sorted.
  std::vector<std::string> network_leavers(const std::string& network) const;
  // Live entries by key; empty when the network is not joined.
  std::vector<Entry> entries(const std::string& network, const std::string& table) const;
  // The live entry of this key.
  std::optional<Entry> entry(const std::string& network, const std::string& table, const std::string& key) const;
  // The entry of this key was deleted by its owner, and its tombstone is still kept.
  bool is_deleted(const std::string& network, const std::string& table, const std::string& key) const;
  bool has_entry_of(const std::string& network, const std::string& owner) const;
  // How many entries each owner was the last to tell of: live ones, and deleted ones as long as their tombstones are
  // kept.
  std::map<std::string, size_t> told_by_owner(const std::string& network, const std::string& table) const;
  // Keys of entries that were deleted by their owners, as long as their tombstones are kept.
  std::vector<std::string> deleted_keys(const std::string& network, const std::string& table) const;
  // Names are stable, for metrics: "packets_dropped_key", "refutations", ….
  const Counts<GossipCount>& counts() const;
  // 0 is healthy; grows to awareness_max - 1 as probes fail that should not.
  int health_score() const;

  // What happened since the last call, in order.
  std::vector<Output> take_outputs();

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace skein::gossip
