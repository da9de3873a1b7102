// Which members take part in the network tables, and which networks each of them is attached to.
//
// A member is active while membership holds it for up, it has not said farewell (NodeEvent LEAVE), and no later member
// stands at its address (a restarted host comes back under a new name: the old name is a ghost). A member that stops
// being active loses its attachments here, as on Docker's side, and must announce them again.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gossip/base/config.h"
#include "gossip/base/lamport.h"

namespace skein::gossip {

struct NodeActivated {
  std::string name;
  bool is_return = false;  // it was active once, and has been forgotten in between
};
struct NodeDeactivated {
  std::string name;
  bool is_gone = false;  // for good: it left or is a ghost; else it failed and may return
};
struct Attached {
  std::string node, network;
};
struct Detached {
  std::string node, network;
};
// An announcement that was parked has turned out to be news, to be passed on now.
struct LateNews {
  std::string node, network;
  LamportTime ltime = 0;
  bool is_leaving = false;
};
using DirectoryEvent = std::variant<NodeActivated, NodeDeactivated, Attached, Detached, LateNews>;

class Directory {
 public:
  // Failed nodes are remembered for a day; in a day of crash loops this many names may come by.
  static constexpr size_t kNodesMax = 65536;
  // Docker allots networks from /24s of one pool; more than this on one host is a forgery.
  static constexpr size_t kAttachmentsPerNodeMax = 4096;
  // Announcements that came before their node is known (packets overtake each other), and how long they are kept.
  static constexpr size_t kParkedMax = 8192;
  static constexpr Duration kParkedKeep = std::chrono::seconds(10);

  struct Attachment {
    LamportTime ltime = 0;
    bool is_leaving = false;
    TimePoint reap_at;
  };
  struct Known {
    PeerAddress address;
    bool is_up = false;
    bool has_left = false;
    bool is_ghost = false;
    bool was_active = false;
    LamportTime ltime = 0;
    TimePoint down_since;
    std::map<std::string, Attachment> attachments;  // by network
    bool is_active() const { return is_up && !has_left && !is_ghost; }
  };

  // Other names at our own address are ghosts of our past.
  Directory(PeerAddress self, GossipTimings timings) : self_(self), timings_(timings) {}

  // ---- from membership
  void set_up(const std::string& name, PeerAddress address, TimePoint now);
  void set_down(const std::string& name, bool left, TimePoint now);

  // ---- announcements; true when they are news, to be passed on
  bool node_joined(const std::string& name, LamportTime ltime, TimePoint now);
  bool node_left(const std::string& name, LamportTime ltime, TimePoint now);
  bool network_joined(const std::string& name, const std::string& network, LamportTime ltime, TimePoint now);
  bool network_left(const std::string& name, const std::string& network, LamportTime ltime, TimePoint now);
  // `name` has shown by its own deeds that it is on the network; its announcement must have been lost.
  void infer_attachment(const std::string& name, const std::string& network);

  void reap(TimePoint now);

  // ---- queries
  const Known* find(const std::string& name) const;
  const std::map<std::string, Known>& nodes() const { return nodes_; }
  bool is_attached(const std::string& name, const std::string& network) const;
  const std::set<std::string>& members(const std::string& network) const;  // active ones

  std::vector<DirectoryEvent> take_events() { return std::exchange(events_, {}); }

 private:
  struct Parked {
    LamportTime ltime = 0;
    bool is_leaving = false;
    TimePoint since;
  };

  void activate(const std::string& name, TimePoint now);
  void deactivate(const std::string& name, TimePoint now);
  void make_ghosts_of_others_at(const std::string& name, TimePoint now);
  void attach(Known& node, const std::string& name, const std::string& network, LamportTime ltime);
  void park(const std::string& name, const std::string& network, Parked parked);

  PeerAddress self_;
  GossipTimings timings_;
  std::map<std::string, Known> nodes_;
  std::map<PeerAddress, std::set<std::string>> by_address_;
  std::map<std::string, std::set<std::string>> members_;          // by network
  std::map<std::pair<std::string, std::string>, Parked> parked_;  // by (node, network)
  std::vector<DirectoryEvent> events_;
};

}  // namespace skein::gossip
