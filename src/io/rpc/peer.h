// Who is at the other end of a connection.
//
// Identity belongs to the connection, not to the call: it is what the certificate of the TLS handshake said, and a
// certificate that is given was verified against the swarm root before any call is seen. Without one, all name fields
// are empty and the caller may use only the methods that are open to joining nodes.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"

namespace skein::rpc {

struct Peer {
  bool has_certificate = false;
  std::string common_name;          // CN: the node id
  std::string organizational_unit;  // OU: "swarm-manager" or "swarm-worker"
  std::string organization;         // O: the cluster id
  std::string certificate_der;      // the leaf as presented
  IpAddress address;                // IPv4-mapped IPv6 is unwrapped
  uint16_t port = 0;
};

}  // namespace skein::rpc
