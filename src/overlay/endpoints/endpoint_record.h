// What the gossip table "endpoint_table" says of an endpoint: its names and its part in a service. Pure.
//
// Names and virtual addresses of this host's own endpoints are derived from the same records as those of others, so
// that the two cannot differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "overlay/endpoints/endpoint.h"
#include "plan/intent.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {

inline constexpr uint16_t kWeightMax = 100;

// What the container is called on the network, each once and in Docker's order: its name, its aliases, its short id,
// its hostname.
std::vector<std::string> dns_names(const Endpoint& endpoint);

// As Docker writes it, with our extension for tasks of services and for what drains. None while the endpoint is
// joining: Docker Engines take every record that is created as one to balance over, whatever it says.
std::optional<networkdb::EndpointRecord> endpoint_record(const Endpoint& endpoint);

// A record of another host, which may be anybody's bytes: none if it is no record. A virtual address outside of the
// network's subnet is no virtual address.
std::optional<networkdb::EndpointRecord> parse_endpoint_record(const std::string& bytes, const Subnet& subnet);

// An endpoint as a backend of its service's virtual address.
inline constexpr int kIngressPortsMax = 1024;
struct BackendClaim {
  Ipv4 virtual_ip;
  plan::ServiceBackend backend;
  std::optional<plan::Balance> balance;  // none: the record does not say, as Docker's do not
  std::vector<plan::ServicePort> ports;  // published ones, on the ingress network; at most kIngressPortsMax
  bool operator==(const BackendClaim&) const = default;
};
// None without a service or a virtual address. Weights are brought into 1 to kWeightMax.
std::optional<BackendClaim> backend_claim(const networkdb::EndpointRecord& record, Ipv4 address);

}  // namespace skein::overlay
