// From the endpoints of this host and the records of the others to what is planned and what is answered. Pure.
#pragma once

#include <vector>

#include "agent/endpoint.h"
#include "agent/remote_records.h"
#include "names/zone.h"
#include "plan/intent.h"

namespace skein::agent {

// The networks that this host has endpoints on, in the order of their ids.
std::vector<plan::NetworkState> network_states(const EndpointBook& book, const RemoteRecords& remote);

// Every name on one network, of this host's endpoints and of the other hosts' records.
names::Zone make_zone(const NetworkInfo& network, const EndpointBook& book, const std::vector<RemoteRecord>& remote);

// What a container is called, for itself: it finds its own name also while nobody else does.
names::Zone make_own_zone(const Endpoint& endpoint);

// The networks that need gossip: those that other hosts are on, too.
std::set<std::string> overlay_networks(const EndpointBook& book);

}  // namespace skein::agent
