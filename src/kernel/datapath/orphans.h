// Clients of published ports whose backend has gone, and who may only be waiting: their connections are reset.
//
// The data path resets a connection whose backend has left when the client sends something; one that waits for an
// answer sends nothing. What it acknowledged last is known, so that a reset fits (RFC 9293 3.10.7.4); where the client
// has received more since, its kernel asks back (RFC 5961 3.2), and gets the data path's answer.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace skein::kernel {

// A connection through the routing mesh, as its client knows it.
struct MeshClient {
  IpAddress client, called;  // of one family
  uint16_t client_port = 0, called_port = 0;
  uint32_t acked = 0;  // the sequence number that the client waits for
  auto operator<=>(const MeshClient&) const = default;
};

// Sends a reset to each, from the caller's network namespace. kPermissionDenied without CAP_NET_RAW. Clients without a
// route are passed over. Does not wait.
Result<void> reset_connections(const std::vector<MeshClient>& clients);

}  // namespace skein::kernel
