// Networks and addresses given out and taken back, in the transaction that writes the objects holding them. What is
// free is asked of the tables (control/allocator/taken_addresses.h): a transaction that fails leaves everything as it
// was.
#pragma once

#include <string>
#include <vector>

#include "control/allocator/taken_addresses.h"
#include "store/store.h"

namespace skein::manager {

// A network that is ready to be stored: subnets, gateway and VNIs chosen, or the reason why not.
Result<store::api::Network> with_subnets(const store::api::Network& network, const store::Tables& view);

// Puts the task into the transaction with an address on each of its networks, and, if it has a node, that node as by
// attach_node_of. On an error nothing was put.
Result<void> attach_task(store::Transaction& tx, store::api::Task task, bool is_new);
// The task's node on each of the task's networks, by which it knows them: if it is a Docker Engine, with an address of
// its own, from which it balances, and without which it refuses the task. Our nodes need none: all are for containers,
// except on the ingress network, where every node takes requests from outside.
Result<void> attach_node_of(store::Transaction& tx, const store::api::Task& task);
// Takes the node off the network if no task is left there that has not ended, except off the ingress network.
void leave_if_unused(store::Transaction& tx, const std::string& node_id, const std::string& network_id);
// An attachment that is over: it goes, and its node leaves networks that nobody else needs.
void remove_attachment(store::Transaction& tx, const store::api::Task& task);
// Every node is on the ingress network from the start, with an address.
Result<void> attach_node_to_ingress(store::Transaction& tx, const std::string& node_id);

// Null if there is none.
store::Ref<store::api::Network> find_ingress(const store::Tables& view);
// Whether a service that asks for this has a port that every host answers for it.
bool needs_ingress(const store::api::EndpointSpec& wanted);
// The networks of a task, in the order of its attachments: ingress if its service has ports there, then those of its
// spec.
std::vector<std::string> networks_of(const store::api::Task& task);

// Gives the service what its spec asks for: its published ports, and a virtual address on each network, ingress first
// (mode vip; those that it has stay). The caller stores it in the same transaction.
Result<void> attach_service(const store::Tables& view, store::api::Service& service);

}  // namespace skein::manager
