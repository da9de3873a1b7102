#include "overlay/endpoints/endpoint_record.h"

#include <netinet/in.h>

#include <algorithm>

namespace skein::overlay {

namespace {

using networkdb::EndpointRecord;
using networkdb::SkeinExtension;

constexpr const char* kNoAddress = "<nil>";  // as Docker writes "none"
constexpr size_t kShortIdDigits = 12;

SkeinExtension::Balance to_wire(plan::Balance balance) {
  switch (balance) {
    case plan::Balance::kRoundRobin: return SkeinExtension::ROUND_ROBIN;
    case plan::Balance::kLeastConnections: return SkeinExtension::LEAST_CONNECTIONS;
    case plan::Balance::kSourceHash: return SkeinExtension::SOURCE_HASH;
    case plan::Balance::kLocalFirst: return SkeinExtension::LOCAL_FIRST;
  }
  return SkeinExtension::ROUND_ROBIN;
}

// None for what a later version may have.
std::optional<plan::Balance> from_wire(SkeinExtension::Balance balance) {
  switch (balance) {
    case SkeinExtension::ROUND_ROBIN: return plan::Balance::kRoundRobin;
    case SkeinExtension::LEAST_CONNECTIONS: return plan::Balance::kLeastConnections;
    case SkeinExtension::SOURCE_HASH: return plan::Balance::kSourceHash;
    case SkeinExtension::LOCAL_FIRST: return plan::Balance::kLocalFirst;
    default: return std::nullopt;
  }
}

networkdb::PortConfig to_wire(const IngressPort& port) {
  networkdb::PortConfig out;
  out.set_name(port.name);
  out.set_protocol(port.protocol == IPPROTO_UDP    ? networkdb::PortConfig::UDP
                   : port.protocol == IPPROTO_SCTP ? networkdb::PortConfig::SCTP
                                                   : networkdb::PortConfig::TCP);
  out.set_target_port(port.target);
  out.set_published_port(port.published);
  return out;
}

// None for what leads nowhere, and for what a later version may have.
std::optional<plan::ServicePort> from_wire(const networkdb::PortConfig& port, const std::string& access_text) {
  if (port.target_port() - 1 >= UINT16_MAX || port.published_port() - 1 >= UINT16_MAX) return std::nullopt;
  auto access = model::PortAccess::parse(access_text);
  if (!access.ok()) return std::nullopt;  // closed, as it is not known to whom it is open
  plan::ServicePort out;
  out.access = std::move(access).value();
  switch (port.protocol()) {
    case networkdb::PortConfig::TCP: out.protocol = IPPROTO_TCP; break;
    case networkdb::PortConfig::UDP: out.protocol = IPPROTO_UDP; break;
    case networkdb::PortConfig::SCTP: out.protocol = IPPROTO_SCTP; break;
    default: return std::nullopt;
  }
  out.published = static_cast<uint16_t>(port.published_port());
  out.target = static_cast<uint16_t>(port.target_port());
  return out;
}

void describe_service(EndpointRecord& record, const ServiceMembership& service) {
  record.set_service_name(service.service_name);
  record.set_service_id(service.service_id);
  if (service.virtual_ip) record.set_virtual_ip(service.virtual_ip->text());
  for (const auto& port : service.ingress_ports) *record.add_ingress_ports() = to_wire(port);
  for (const auto& alias : service.aliases) record.add_aliases(alias);
  record.mutable_skein()->set_balance(to_wire(service.balance));
  record.mutable_skein()->set_weight(service.weight);
  auto is_open = [](const IngressPort& port) { return port.access.is_open(); };
  if (std::ranges::all_of(service.ingress_ports, is_open)) return;
  for (const auto& port : service.ingress_ports) record.mutable_skein()->add_port_access(port.access.text());
}

}  // namespace

std::vector<std::string> dns_names(const Endpoint& endpoint) {
  std::vector<std::string> all{endpoint.container_name};
  all.insert(all.end(), endpoint.aliases.begin(), endpoint.aliases.end());
  all.push_back(endpoint.container_id.substr(0, kShortIdDigits));
  all.push_back(endpoint.hostname);
  std::vector<std::string> out;
  for (auto& name : all)
    if (!name.empty() && std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
  return out;
}

std::optional<EndpointRecord> endpoint_record(const Endpoint& endpoint) {
  if (endpoint.serving == Serving::kJoining) return std::nullopt;
  EndpointRecord out;
  out.set_virtual_ip(kNoAddress);
  out.set_endpoint_ip(endpoint.address.text());
  for (auto& name : dns_names(endpoint)) {
    if (out.name().empty())
      out.set_name(std::move(name));
    else
      out.add_task_aliases(std::move(name));
  }
  if (endpoint.service) describe_service(out, *endpoint.service);
  out.set_service_disabled(endpoint.serving != Serving::kServing);
  if (out.service_disabled()) out.mutable_skein();  // by which our hosts know that receipts are waited for
  return out;
}

std::optional<EndpointRecord> parse_endpoint_record(const std::string& bytes, const Subnet& subnet) {
  EndpointRecord out;
  if (bytes.empty() || !out.ParseFromString(bytes)) return std::nullopt;
  auto virtual_ip = Ipv4::parse(out.virtual_ip());
  if (virtual_ip.ok() && !subnet.contains(*virtual_ip)) out.set_virtual_ip(kNoAddress);
  return out;
}

std::optional<BackendClaim> backend_claim(const EndpointRecord& record, Ipv4 address) {
  auto virtual_ip = Ipv4::parse(record.virtual_ip());
  if (record.service_name().empty() || !virtual_ip.ok() || *virtual_ip == address) return std::nullopt;
  BackendClaim out{*virtual_ip, {address, 1, record.service_disabled()}, std::nullopt, {}};
  for (int i = 0; i < std::min(record.ingress_ports_size(), kIngressPortsMax); ++i)
    if (auto port = from_wire(record.ingress_ports(i),
                              i < record.skein().port_access_size() ? record.skein().port_access(i) : ""))
      out.ports.push_back(std::move(*port));
  if (!record.has_skein()) return out;
  out.backend.weight = static_cast<uint16_t>(std::clamp<uint32_t>(record.skein().weight(), 1, kWeightMax));
  out.balance = from_wire(record.skein().balance());
  return out;
}

}  // namespace skein::overlay
