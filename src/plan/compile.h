// What the kernel of this host should hold, derived from what the host knows. Pure: one view gives one intent.
//
// Rules where the view is ambiguous, so that every host decides alike:
//  * Two endpoints claim one address of a network: a local one wins. Of two local ones the lowest endpoint id wins, of
//    two remote ones the lowest tunnel endpoint and MAC.
//  * A remote endpoint whose host is this one is an echo of our own past. It is left out.
//  * Two networks have one subnet: the first in the view's order gets NAT and the host's routes.
//  * A virtual address is none if an endpoint or the gateway has it, or if it is not of the subnet.
//  * Two services have one virtual address: the service that compares less gets it.
//  * A backend of two services belongs to the one with the lowest virtual address.
//  * A backend that is no known endpoint belongs to none.
//  * Services of a network without a container here have no clients here. They are left out.
#pragma once

#include <string>

#include "plan/intent.h"

namespace skein::plan {

// Octets that a packet between hosts grows by: outer Ethernet 14, IPv4 20, UDP 8, VXLAN 8 (RFC 7348 section 5).
inline constexpr uint32_t kVxlanOverheadBytes = 50;
inline constexpr uint32_t kDefaultMtuBytes = 1500;
// The same of an encrypted network, where ESP in UDP is around (RFC 4303, 3948), padding left out: IPv4 20, UDP 8, ESP
// 8, IV 8, UDP 8, VXLAN 8, Ethernet 14, trailer 2, ICV 16.
inline constexpr uint32_t kEspOverheadBytes = 92;
// IPv4 needs 68 (RFC 791); an interface below that loses its IPv4 configuration.
inline constexpr uint32_t kMinMtuBytes = 68;
inline constexpr uint32_t kMaxMtuBytes = 65535;

// Receivers of broadcasts that a network may have of either kind, as many as the data path's tables hold. Those that
// come last by name or address get none.
inline constexpr size_t kFloodReceiversMax = 256;

// Backends of a service, as many as the data path's tables hold, and how much of the new flows one may have. Beyond it
// those are left out that get no new flows, then those with the highest addresses.
inline constexpr size_t kServiceBackendsMax = 256;
inline constexpr uint32_t kWeightMax = 100;

Intent compile(const NetworkView& view);

// MTU of the interfaces of a network, as Docker computes it: what the underlay carries minus the overhead. The option
// wins over the paths' MTU; a local network has no underlay and takes the option, or 1500, as it is. On encrypted ones
// what is encrypted is a multiple of 4 bytes, so that a full packet needs no padding.
uint32_t link_mtu_bytes(const NetworkState& network, const std::map<Ipv4, HostPath>& hosts);

// "sk" and 12 hex digits of the endpoint id beginning at `offset`. compile() takes offset 0, and the next one that is
// free only if two endpoints of the host share their first digits.
std::string host_interface_name(const std::string& endpoint_id, size_t offset = 0);

}  // namespace skein::plan
