// Who may call which method of the manager (ca-and-join: authorisation by the certificate's OU and O).
//
// The certificate itself was verified against the swarm's root by TLS before any call is seen.
#pragma once

#include <initializer_list>
#include <string>

#include "ca/node_certificate.h"
#include "io/rpc/peer.h"
#include "store/tables.h"

namespace skein::manager {

// The caller's node id, if its certificate is of this cluster, has one of the roles and was not revoked by `node rm`.
// Errors are kPermissionDenied in Docker's words.
Result<std::string> authorize(const rpc::Peer& peer, const store::api::Cluster& cluster,
                              std::initializer_list<ca::NodeRole> roles);

}  // namespace skein::manager
