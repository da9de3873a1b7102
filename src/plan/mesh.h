// A host's part in the routing mesh: ports on which it takes clients of services in. Pure data.
//
// What clients of a published port reach is a service's virtual address on a network (usually the ingress network), and
// there one of its backends, at another port than the published one, if so wanted. docs/design/mesh.md has the whole.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "base/address.h"

namespace skein::plan {

// The device by which the host hands over what is for published ports, and the link-local addresses (RFC 3927) between
// which its own connections to them run: the host's programs are known there as kMeshClient, and what they call is
// kMeshEntry, whatever address of the host they named.
inline constexpr const char* kMeshDevice = "skein-mesh";
inline constexpr Ipv4 kMeshEntry{0xa9fe7901};   // 169.254.121.1
inline constexpr Ipv4 kMeshClient{0xa9fe7902};  // 169.254.121.2
inline constexpr uint8_t kMeshPrefixBits = 30;
// The same by IPv6 (RFC 4193); no interface has them, so that no program takes one for an address of the host.
inline constexpr Ipv6 kMeshEntry6{{0xfd, 's', 'k', 'e', 'i', 'n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
inline constexpr Ipv6 kMeshClient6{{0xfd, 's', 'k', 'e', 'i', 'n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

// An endpoint's address on the ingress network by IPv6, by which clients that come in by IPv6 reach it.
constexpr Ipv6 endpoint_address6(Ipv4 address) {
  auto octet = [&](int n) { return static_cast<uint8_t>(address.value >> (24 - 8 * n)); };
  return {{0xfd, 's', 'k', 'e', 'i', 'n', 0, 1, 0, 0, 0, 0, octet(0), octet(1), octet(2), octet(3)}};
}

// Who takes part.
struct MeshHost {
  Vni vni;                    // of the ingress network; 0: none, the host leads to its own containers alone
  Ipv4 address;               // this host's own there: its programs' connections come from it
  uint32_t mtu_bytes = 1450;  // of the device, as of the network's links
  bool is_encrypted = false;  // the network
  auto operator<=>(const MeshHost&) const = default;
};

struct MeshPort {
  uint8_t protocol = 6;  // IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP
  // None: every address of the host; unspecified: every one of its family, before those of both.
  std::optional<IpAddress> address;
  uint16_t port = 0;
  auto operator<=>(const MeshPort&) const = default;
};

struct MeshTarget {
  Vni vni;
  Ipv4 service;               // virtual address, or that of a container here
  uint16_t port = 0;          // of the backends, or of the container
  bool is_container = false;  // clients by IPv6 of a port that the container has for itself
  auto operator<=>(const MeshTarget&) const = default;
};

}  // namespace skein::plan
