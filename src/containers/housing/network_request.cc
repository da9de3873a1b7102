#include "containers/housing/network_request.h"

#include <netinet/in.h>

#include <charconv>

#include "engine/values/json_fields.h"

namespace skein::containers {

using engine::text_of;
using nlohmann::json;

namespace {

struct PortSpec {
  uint8_t protocol;
  uint16_t port;
};

Error bad(std::string what) { return make_error(Code::kInvalidArgument, std::move(what)); }

Result<uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || value > 65535)
    return bad("invalid port specification: \"" + std::string(text) + "\"");
  return static_cast<uint16_t>(value);
}

// "80/tcp"
Result<PortSpec> parse_spec(const std::string& text) {
  size_t slash = text.find('/');
  SKEIN_TRY_ASSIGN(uint16_t port, parse_port(std::string_view(text).substr(0, slash)));
  std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
  if (port == 0) return bad("invalid port specification: \"" + text + "\"");
  if (protocol == "tcp") return PortSpec{IPPROTO_TCP, port};
  if (protocol == "udp") return PortSpec{IPPROTO_UDP, port};
  if (protocol == "sctp") return PortSpec{IPPROTO_SCTP, port};
  return bad("invalid proto: " + protocol);
}

bool is_open(const json& binding) {
  std::string port = text_of(binding, "HostPort");
  return port.empty() || port == "0";
}

// An address that is left open is every one, by either family.
Result<std::vector<IpAddress>> host_addresses(const std::string& text) {
  if (text.empty()) return std::vector{IpAddress::from(Ipv4{}), IpAddress::from(Ipv6{})};
  SKEIN_TRY_ASSIGN(const IpAddress address, IpAddress::parse(text));
  return std::vector{address};
}

Result<void> add_bindings(const std::string& text, const PortSpec& spec, const json& bindings,
                          const AssignedPorts& assigned, std::vector<plan::PublishedPort>& ports) {
  for (const auto& binding : bindings) {
    plan::PublishedPort port;
    port.protocol = spec.protocol;
    port.container_port = spec.port;
    SKEIN_TRY_ASSIGN(const std::vector<IpAddress> addresses, host_addresses(text_of(binding, "HostIp")));
    if (is_open(binding)) {
      auto found = assigned.find(text);
      port.host_port = found == assigned.end() ? 0 : found->second;
    } else {
      // "8000-8010" means any of them: the first is as good.
      std::string wanted = text_of(binding, "HostPort");
      SKEIN_TRY_ASSIGN(port.host_port, parse_port(std::string_view(wanted).substr(0, wanted.find('-'))));
    }
    for (const IpAddress& address : addresses) {
      port.host_address = address;
      ports.push_back(port);
    }
  }
  return {};
}

}  // namespace

Result<overlay::EndpointRequest> endpoint_request(const std::string& network, const json& settings) {
  overlay::EndpointRequest endpoint;
  endpoint.network = network;
  if (!settings.is_object()) return endpoint;
  std::string address = text_of(engine::at(settings, "IPAMConfig"), "IPv4Address");
  if (!address.empty()) {
    auto parsed = Ipv4::parse(address);
    if (!parsed.ok()) return bad("invalid IPv4 address: " + address);
    endpoint.address = *parsed;
  }
  std::string mac = text_of(settings, "MacAddress");
  if (!mac.empty()) {
    auto parsed = Mac::parse(mac);
    if (!parsed.ok()) return bad("invalid MAC address: " + mac);
    endpoint.mac = *parsed;
  }
  endpoint.aliases = engine::texts_of(settings, "Aliases");
  return endpoint;
}

Result<std::vector<plan::PublishedPort>> published_ports(const engine::NetworkingRecord& record,
                                                         const AssignedPorts& assigned) {
  std::vector<plan::PublishedPort> ports;
  for (const auto& [text, bindings] : record.port_bindings.items()) {
    SKEIN_TRY_ASSIGN(const PortSpec spec, parse_spec(text));
    if (bindings.is_array()) SKEIN_TRY(add_bindings(text, spec, bindings, assigned, ports));
  }
  if (record.publishes_all) {
    static const json kAnyPort = json::array({json{{"HostPort", ""}}});
    for (const auto& [text, nothing] : record.exposed_ports.items())
      if (!record.port_bindings.contains(text)) {
        SKEIN_TRY_ASSIGN(const PortSpec spec, parse_spec(text));
        SKEIN_TRY(add_bindings(text, spec, kAnyPort, assigned, ports));
      }
  }
  return ports;
}

Result<overlay::ContainerNetworkRequest> network_request(const engine::NetworkingRecord& record,
                                                         const overlay::ContainerState& state,
                                                         const ContainerIdentity& identity) {
  overlay::ContainerNetworkRequest request;
  request.container_id = identity.id;
  request.container_name = identity.name;
  request.hostname = record.hostname.empty() ? identity.id.substr(0, 12) : record.hostname;
  request.dns_servers = record.dns;
  request.keeps_endpoints = identity.restarts;
  for (const auto& network : overlay::networks_of(record, state)) {
    SKEIN_TRY_ASSIGN(overlay::EndpointRequest endpoint, endpoint_request(network.name, network.settings));
    request.endpoints.push_back(std::move(endpoint));
  }
  SKEIN_TRY_ASSIGN(request.ports, published_ports(record, state.assigned));
  return request;
}

std::vector<std::string> ports_to_assign(const engine::NetworkingRecord& record) {
  std::vector<std::string> specs;
  for (const auto& [text, bindings] : record.port_bindings.items()) {
    if (!bindings.is_array()) continue;
    for (const auto& binding : bindings)
      if (is_open(binding) && (specs.empty() || specs.back() != text)) specs.push_back(text);
  }
  if (record.publishes_all)
    for (const auto& [text, nothing] : record.exposed_ports.items())
      if (!record.port_bindings.contains(text)) specs.push_back(text);
  return specs;
}

}  // namespace skein::containers
