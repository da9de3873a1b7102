// From the endpoints of this host and the records of the others to what is planned and what is answered. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "names/zone.h"
#include "overlay/endpoints/endpoint.h"
#include "overlay/peers/remote_records.h"
#include "plan/intent.h"

namespace skein::overlay {

// Addresses by network id.
using Addresses = std::map<std::string, std::set<Ipv4>>;

// The networks that this host has endpoints on, ingress as soon as it takes clients in, in the order of their ids. With
// `only`, of other hosts' endpoints and of services those at these addresses; they hang together
// (RemoteIndex::connected).
std::vector<plan::NetworkState> network_states(const EndpointBook& book, const RemoteRecords& remote,
                                               const Addresses* only = nullptr);

// The virtual address that the endpoint is a backend of. One that joins is none yet: it concerns no other backend.
std::optional<Ipv4> claimed_by(const Endpoint& endpoint);
// This host's endpoints on the network as backends.
std::vector<OwnClaim> own_claims(const EndpointBook& book, const std::string& network);

// Every name on one network, of this host's endpoints and of the other hosts' records.
names::Zone make_zone(const NetworkInfo& network, const EndpointBook& book, const std::vector<RemoteRecord>& remote);

// What a container is called, for itself: it finds its own name also while nobody else does.
names::Zone make_own_zone(const Endpoint& endpoint);

// The networks that need gossip: those that other hosts are on, too.
std::set<std::string> overlay_networks(const EndpointBook& book);
std::set<std::string> encrypted_networks(const EndpointBook& book);

}  // namespace skein::overlay
