// What a node is told in its session, and whose sessions a change of the store concerns. Pure.
//
// Every message repeats the whole state, so that a lost one does not matter.
#pragma once

#include <set>
#include <string>

#include "store/tables.h"
#include "wire/proto/dispatcher.pb.h"

namespace skein::manager {

// Collects the nodes that have to be told: those that changed themselves, and all when managers, keys or root changed.
class SessionNews {
 public:
  void take(const store::Changes& changes);

  bool is_empty() const { return !is_for_all_ && nodes_.empty(); }
  bool concerns(const std::string& node_id) const { return is_for_all_ || nodes_.contains(node_id); }

 private:
  bool is_for_all_ = false;
  std::set<std::string> nodes_;
};

// What all sessions of this moment have in common: managers, gossip and IPsec keys, the root certificate.
store::api::SessionMessage common_session_message(const store::Tables& view);

// The message to one node; empty `node` if it is gone.
store::api::SessionMessage session_message(store::api::SessionMessage common, const store::Tables& view,
                                           const std::string& node_id, const std::string& session_id);

}  // namespace skein::manager
