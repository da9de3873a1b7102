// Holds a node's assignments back for a moment after the news that the node is on one more network.
//
// A Docker Engine refuses a task on a network on which it has no address of its own yet ("failed to find a load
// balancer IP"), and the container of a `docker run` waits in vain. That address comes with the session's message, the
// task with the assignments: two streams, whose order the Engine does not keep. Docker's managers are slow enough not
// to notice.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/time/clock.h"
#include "model/objects.h"

namespace skein::manager {

namespace api = model::api;

class AttachmentNews {
 public:
  // As long as Docker's dispatcher waits for further changes before it sends assignments.
  static constexpr Duration kHold = std::chrono::milliseconds(100);

  // The first message of a session: what it says is settled before the node asks for assignments.
  void begin(const api::Node& node) { nodes_[node.id()] = {addresses_of(node), TimePoint{0}}; }
  // A later message.
  void told(const api::Node& node, TimePoint now) {
    Told& before = nodes_[node.id()];
    auto addresses = addresses_of(node);
    if (!std::includes(before.addresses.begin(), before.addresses.end(), addresses.begin(), addresses.end()))
      before.hold_until = now + kHold;
    before.addresses = std::move(addresses);
  }
  void forget(const std::string& node_id) { nodes_.erase(node_id); }

  // Until when nothing is to be assigned to the node; in the past if it may be now.
  TimePoint hold_until(const std::string& node_id) const {
    auto found = nodes_.find(node_id);
    return found == nodes_.end() ? TimePoint{0} : found->second.hold_until;
  }

 private:
  struct Told {
    std::set<std::pair<std::string, std::string>> addresses;  // network id, the node's own address there
    TimePoint hold_until;
  };

  static decltype(Told::addresses) addresses_of(const api::Node& node) {
    decltype(Told::addresses) out;
    for (const auto& attachment : node.attachments())
      for (const auto& address : attachment.addresses()) out.emplace(attachment.network().id(), address);
    return out;
  }

  std::map<std::string, Told> nodes_;
};

}  // namespace skein::manager
