// The allocator and the store kept together: networks, their endpoints' addresses and the nodes' own addresses on them
// are given out and taken back in the transaction that creates or removes the objects holding them.
//
// One instance per manager, on the loop's thread. Addresses are taken before the transaction and given back if it
// fails, so an error leaves neither half.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/allocator/allocator.h"
#include "store/store.h"

namespace skein::manager {

// What a transaction takes, and what it leaves to others: both are settled when it has ended.
struct AddressChange {
  struct Address {
    std::string network_id;
    std::string address;
  };
  std::vector<Address> taken;
  std::vector<Address> left;
};

class NetworkBook {
 public:
  // Reads what the store holds; contradictions are logged, the first holder keeps its address.
  static Result<NetworkBook> open(const store::Tables& view);

  // A network that is ready to be stored: subnets, gateway and VNIs chosen, or the reason why not.
  Result<store::api::Network> allocate(const store::api::Network& network, const store::Tables& view);
  void release_network(const std::string& id) { allocator_.release_network(id); }

  // The task with an address on each of its networks, and, if it has a node, that node as by attach_node_of; both are
  // put into the transaction. On an error everything taken is given back.
  Result<void> attach_task(store::Transaction& tx, store::api::Task task, bool is_new);
  // The task's node with its own address on each of the task's networks: Docker's nodes balance from it, and refuse the
  // task without it.
  void attach_node_of(store::Transaction& tx, const store::api::Task& task);
  // Gives back the task's addresses, and those of its node on networks where no live task is left.
  void detach_task(store::Transaction& tx, const store::api::Task& task);
  // Every node is on the ingress network from the start.
  Result<void> attach_node_to_ingress(store::Transaction& tx, const std::string& node_id);
  void detach_node(const store::api::Node& node);

  // Gives the service what its spec asks for: a virtual address on each network (mode vip; those that it has stay), and
  // its published ports. On an error nothing is taken. The caller stores the service and then calls settle().
  Result<AddressChange> attach_service(store::api::Service& service);
  AddressChange detach_service(const store::api::Service& service) const;
  // Gives back what was left, or, when the transaction failed, what was taken.
  void settle(const AddressChange& change, bool is_stored);
  control::AddressUsage usage(const std::string& network_id) const { return allocator_.usage(network_id); }

 private:
  explicit NetworkBook(control::Allocator allocator) : allocator_(std::move(allocator)) {}
  Result<void> attach_node(store::Transaction& tx, const std::string& node_id, const store::api::Network& network);

  control::Allocator allocator_;
};

}  // namespace skein::manager
