#include "agent/container/task_networking.h"

#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "overlay/endpoints/endpoint_record.h"

namespace skein::agent {

namespace api = model::api;
using nlohmann::json;

namespace {

constexpr const char* kDefaultNetwork = "bridge";

bool is_predefined(const api::Network& network) {
  const auto& labels = network.spec().annotations().labels();
  auto found = labels.find(std::string(model::kPredefinedLabel));
  return found != labels.end() && found->second == "true";
}

std::string spec_of(const api::PortConfig& port) {
  const char* protocol = port.protocol() == api::PortConfig::UDP    ? "/udp"
                         : port.protocol() == api::PortConfig::SCTP ? "/sctp"
                                                                    : "/tcp";
  return std::to_string(port.target_port()) + protocol;
}

std::vector<api::PortConfig> ports_of(const api::Task& task, api::PortConfig::Mode mode) {
  std::vector<api::PortConfig> out;
  for (const auto& port : task.endpoint().ports())
    if (port.publish_mode() == mode && port.target_port() > 0 && port.target_port() <= UINT16_MAX &&
        port.published_port() <= UINT16_MAX)
      out.push_back(port);
  return out;
}

std::vector<api::PortConfig> host_ports(const api::Task& task) { return ports_of(task, api::PortConfig::HOST); }

std::vector<overlay::IngressPort> ingress_ports(const api::Task& task) {
  const auto& labels = task.service_annotations().labels();
  const std::map<std::string, std::string> sorted(labels.begin(), labels.end());
  std::vector<overlay::IngressPort> out;
  for (const auto& port : ports_of(task, api::PortConfig::INGRESS)) {
    if (port.published_port() == 0) continue;
    const auto published = static_cast<uint16_t>(port.published_port());
    out.push_back({port.name(), model::protocol_of(port), static_cast<uint16_t>(port.target_port()), published,
                   model::port_access(sorted, model::protocol_of(port), published)});
  }
  return out;
}

uint16_t bound_port(const api::PortConfig& port, const overlay::AssignedPorts& assigned) {
  if (port.published_port()) return static_cast<uint16_t>(port.published_port());
  auto found = assigned.find(spec_of(port));
  return found == assigned.end() ? 0 : found->second;
}

std::optional<Ipv4> address_of(const api::NetworkAttachment& attachment) {
  for (const auto& text : attachment.addresses())
    if (auto address = InterfaceAddress::parse(text); address.ok()) return address->address;
  return std::nullopt;
}

plan::Balance balance_of(const api::Task& task) {
  const auto& labels = task.service_annotations().labels();
  auto found = labels.find("skein.balance");
  if (found == labels.end()) return plan::Balance::kRoundRobin;
  if (found->second == "least-connections") return plan::Balance::kLeastConnections;
  if (found->second == "source-hash") return plan::Balance::kSourceHash;
  if (found->second == "local-first") return plan::Balance::kLocalFirst;
  return plan::Balance::kRoundRobin;
}

uint16_t weight_of(const api::Task& task) {
  const auto& labels = task.spec().container().labels();
  auto found = labels.find("skein.weight");
  if (found == labels.end()) return 1;
  uint16_t weight = 0;
  const char* end = found->second.data() + found->second.size();
  auto [stop, ec] = std::from_chars(found->second.data(), end, weight);
  bool is_valid = ec == std::errc() && stop == end && weight >= 1 && weight <= overlay::kWeightMax;
  return is_valid ? weight : 1;
}

bool switches_ipv6_off(const api::Task& task) {
  return std::ranges::any_of(task.spec().container().sysctls(), [](const auto& setting) {
    const auto& [name, value] = setting;
    return name.starts_with("net.ipv6.conf.") && name.ends_with(".disable_ipv6") && value != "0";
  });
}

overlay::ServiceMembership membership_of(const api::Task& task, const api::NetworkAttachment& attachment) {
  overlay::ServiceMembership out;
  out.service_id = task.service_id();
  out.service_name = task.service_annotations().name();
  for (const auto& virtual_ip : task.endpoint().virtual_ips())
    if (virtual_ip.network_id() == attachment.network().id())
      if (auto address = InterfaceAddress::parse(virtual_ip.addr()); address.ok()) out.virtual_ip = address->address;
  out.aliases.assign(attachment.aliases().begin(), attachment.aliases().end());
  out.balance = balance_of(task);
  out.weight = weight_of(task);
  out.has_ipv6_off = switches_ipv6_off(task);
  if (attachment.network().spec().ingress()) out.ingress_ports = ingress_ports(task);
  return out;
}

// What a container's mode is called after: ingress only if there is nothing else.
std::string mode_of(const api::Task& task) {
  std::string out = "default";
  for (const auto& attachment : task.networks()) {
    const std::string& name = model::name_of(attachment.network());
    if (!attachment.network().spec().ingress()) return name;
    out = name;
  }
  return out;
}

const std::string& name_of(const overlay::EndpointRequest& endpoint) {
  return endpoint.given ? endpoint.given->network.name : endpoint.network;
}

}  // namespace

void add_task_networking(const api::Task& task, json& body) {
  json& host = body["HostConfig"];
  json& endpoints = body["NetworkingConfig"]["EndpointsConfig"];
  endpoints = json::object();
  for (const auto& attachment : task.networks()) {
    const std::string& name = model::name_of(attachment.network());
    endpoints[name] = json::object();
    if (auto address = address_of(attachment); address && !is_predefined(attachment.network()))
      endpoints[name]["IPAMConfig"]["IPv4Address"] = address->text();
  }
  host["NetworkMode"] = mode_of(task);
  for (const auto& port : host_ports(task)) {
    std::string number = port.published_port() ? std::to_string(port.published_port()) : "";
    host["PortBindings"][spec_of(port)].push_back({{"HostIp", ""}, {"HostPort", number}});
    body["ExposedPorts"][spec_of(port)] = json::object();
  }
}

Result<overlay::ContainerNetworkRequest> task_network_request(const api::Task& task,
                                                              const overlay::AssignedPorts& assigned) {
  overlay::ContainerNetworkRequest out;
  for (const auto& attachment : task.networks()) {
    overlay::EndpointRequest endpoint;
    if (is_predefined(attachment.network())) {
      endpoint.network = model::name_of(attachment.network());
      out.endpoints.push_back(std::move(endpoint));
      continue;
    }
    auto address = address_of(attachment);
    if (!address)
      return make_error(Code::kFailedPrecondition,
                        "the manager gave no address on network " + model::name_of(attachment.network()));
    endpoint.network = attachment.network().id();
    endpoint.given =
        overlay::GivenEndpoint{overlay::network_info(attachment.network()), *address, membership_of(task, attachment)};
    out.endpoints.push_back(std::move(endpoint));
  }
  if (out.endpoints.empty()) out.endpoints.emplace_back().network = kDefaultNetwork;
  std::ranges::sort(out.endpoints, {}, name_of);
  for (const auto& port : host_ports(task)) {
    plan::PublishedPort published;
    published.protocol = model::protocol_of(port);
    published.host_port = bound_port(port, assigned);
    published.container_port = static_cast<uint16_t>(port.target_port());
    for (const IpAddress& every : {IpAddress::from(Ipv4{}), IpAddress::from(Ipv6{})}) {
      published.host_address = every;
      out.ports.push_back(published);
    }
  }
  const auto& servers = task.spec().container().dns_config().nameservers();
  out.dns_servers.assign(servers.begin(), servers.end());
  return out;
}

std::vector<std::string> task_ports_to_assign(const api::Task& task) {
  std::vector<std::string> out;
  for (const auto& port : host_ports(task))
    if (port.published_port() == 0) out.push_back(spec_of(port));
  return out;
}

api::PortStatus task_port_status(const api::Task& task, const overlay::AssignedPorts& assigned) {
  api::PortStatus out;
  for (auto port : host_ports(task)) {
    port.set_published_port(bound_port(port, assigned));
    *out.add_ports() = port;
  }
  return out;
}

}  // namespace skein::agent
