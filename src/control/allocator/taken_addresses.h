// What of the swarm's subnets, VNIs and addresses is taken: kept along with the tables, so that a transaction that is
// refused or not stored gives back by itself what it took.
//
// Choosing takes nothing: the object into which the answer is written does, once it is in the tables. So one answer is
// to be written before the next question about the same network is asked.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "control/allocator/allocator.h"
#include "store/tables.h"

namespace skein::control {

class TakenAddresses final : public store::Index {
 public:
  void apply(const store::Change& change) override;
  // Takes all that was there at the beginning, whatever the order of objects; contradictions are logged.
  void filled() override;

  // As Allocator::allocate_network and allocate_address.
  Result<api::Network> choose_network(const api::Network& network, std::span<const HostPrefix> hosts);
  Result<std::string> choose_address(const std::string& network_id, std::string_view requested = {});

  bool has_addresses(const std::string& network_id) const { return allocator_.has_addresses(network_id); }
  AddressUsage usage(const std::string& network_id) const { return allocator_.usage(network_id); }
  std::vector<SubnetUsage> subnet_usage(const std::string& network_id) const {
    return allocator_.subnet_usage(network_id);
  }
  // Whether a task that has not ended is attached to the network on this node.
  bool is_used_on(const std::string& node_id, const std::string& network_id) const {
    return uses_.contains({node_id, network_id});
  }

 private:
  void follow_network(const store::Change& change);
  void count_uses(const api::Task& task, int step);

  bool is_filled_ = false;
  std::vector<store::Change> first_;  // until it is filled
  Allocator allocator_;
  std::map<std::pair<std::string, std::string>, int> uses_;  // node, network -> live tasks
};

// The networks in which the change gives back an address: of a task, a service or a node.
std::set<std::string> networks_with_room_by(const store::Change& change);

}  // namespace skein::control
