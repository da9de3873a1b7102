#include "overlay/endpoints/endpoint.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text/json_text.h"

namespace skein::overlay {
namespace {

using nlohmann::json;

json to_json(const NetworkInfo& n) {
  json out{{"id", n.id},
           {"name", n.name},
           {"vni", n.vni.value},
           {"subnet", n.subnet.text()},
           {"gateway", n.gateway.text()},
           {"internal", n.is_internal},
           {"local", n.is_local},
           {"bridge", n.is_default_bridge},
           {"ingress", n.is_ingress},
           {"encrypted", n.is_encrypted}};
  if (n.underlay_mtu_bytes) out["mtu"] = *n.underlay_mtu_bytes;
  return out;
}

// Throws on damaged text, as the json library does; parse_book catches.
template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw json::other_error::create(500, result.error().text(), nullptr);
  return *result;
}

NetworkInfo network_from(const json& j) {
  NetworkInfo out;
  out.id = j.at("id");
  out.name = j.at("name");
  out.vni = Vni{j.at("vni")};
  out.subnet = must(Subnet::parse_masking(j.at("subnet").get<std::string>()));
  out.gateway = must(Ipv4::parse(j.at("gateway").get<std::string>()));
  out.is_internal = j.at("internal");
  out.is_local = j.at("local");
  out.is_default_bridge = j.at("bridge");
  out.is_ingress = j.value("ingress", false);
  out.is_encrypted = j.value("encrypted", false);
  if (j.contains("mtu")) out.underlay_mtu_bytes = j.at("mtu").get<uint32_t>();
  return out;
}

// A name for each value; the order is that of the enumeration.
constexpr std::array kBalanceNames{"round-robin", "least-connections", "source-hash", "local-first"};
constexpr std::array kServingNames{"joining", "serving", "draining"};

template <class Enum, size_t kCount>
Enum value_named(const std::array<const char*, kCount>& names, const json& name) {
  auto found = std::find(names.begin(), names.end(), name.get<std::string>());
  if (found == names.end()) throw json::other_error::create(500, "unknown word " + json_text(name), nullptr);
  return static_cast<Enum>(found - names.begin());
}

json to_json(const IngressPort& p) {
  json out{{"name", p.name}, {"protocol", p.protocol}, {"target", p.target}, {"published", p.published}};
  if (!p.access.is_open()) out["access"] = p.access.text();
  return out;
}

json to_json(const ServiceMembership& s) {
  json out{{"id", s.service_id},
           {"name", s.service_name},
           {"aliases", s.aliases},
           {"balance", kBalanceNames.at(static_cast<size_t>(s.balance))},
           {"weight", s.weight}};
  if (s.virtual_ip) out["virtual_ip"] = s.virtual_ip->text();
  if (s.has_ipv6_off) out["ipv6_off"] = true;
  for (const auto& port : s.ingress_ports) out["ports"].push_back(to_json(port));
  return out;
}

ServiceMembership service_from(const json& j) {
  ServiceMembership out;
  out.service_id = j.at("id");
  out.service_name = j.at("name");
  out.aliases = j.at("aliases").get<std::vector<std::string>>();
  out.balance = value_named<plan::Balance>(kBalanceNames, j.at("balance"));
  out.weight = j.at("weight");
  if (j.contains("virtual_ip")) out.virtual_ip = must(Ipv4::parse(j.at("virtual_ip").get<std::string>()));
  out.has_ipv6_off = j.value("ipv6_off", false);
  if (j.contains("ports"))
    for (const json& p : j.at("ports"))
      out.ingress_ports.push_back({p.at("name"), p.at("protocol"), p.at("target"), p.at("published"),
                                   must(model::PortAccess::parse(p.value("access", "")))});
  return out;
}

json to_json(const Endpoint& e) {
  json out{{"id", e.id},
           {"container", e.container_id},
           {"name", e.container_name},
           {"hostname", e.hostname},
           {"netns", e.netns_path},
           {"interface", e.interface_name},
           {"network", to_json(e.network)},
           {"address", e.address.text()},
           {"mac", e.mac.text()},
           {"aliases", e.aliases},
           {"attachment", e.attachment_id},
           {"serving", kServingNames.at(static_cast<size_t>(e.serving))},
           {"default_route", e.has_default_route}};
  if (e.service) out["service"] = to_json(*e.service);
  return out;
}

Endpoint endpoint_from(const json& j) {
  Endpoint out;
  out.id = j.at("id");
  out.container_id = j.at("container");
  out.container_name = j.at("name");
  out.hostname = j.at("hostname");
  out.netns_path = j.at("netns");
  out.interface_name = j.at("interface");
  out.network = network_from(j.at("network"));
  out.address = must(Ipv4::parse(j.at("address").get<std::string>()));
  out.mac = must(Mac::parse(j.at("mac").get<std::string>()));
  out.aliases = j.at("aliases").get<std::vector<std::string>>();
  out.attachment_id = j.at("attachment");
  out.has_default_route = j.at("default_route");
  if (j.contains("service")) out.service = service_from(j.at("service"));
  if (j.contains("serving")) out.serving = value_named<Serving>(kServingNames, j.at("serving"));
  return out;
}

json to_json(const plan::PublishedPort& p) {
  return {{"protocol", p.protocol},
          {"host_address", p.host_address.text()},
          {"host_port", p.host_port},
          {"address", p.container_address.text()},
          {"port", p.container_port}};
}

plan::PublishedPort port_from(const json& j) {
  plan::PublishedPort out;
  out.protocol = j.at("protocol");
  out.host_port = j.at("host_port");
  out.container_port = j.at("port");
  out.container_address = must(Ipv4::parse(j.at("address").get<std::string>()));
  if (j.contains("host_address")) out.host_address = must(IpAddress::parse(j.at("host_address").get<std::string>()));
  return out;
}

json to_json(const ConnectedContainer& c) {
  json ports = json::array();
  for (const auto& port : c.ports) ports.push_back(to_json(port));
  return {{"netns", c.netns_path}, {"ports", ports}, {"dns", c.dns_servers}, {"keeps", c.keeps_endpoints}};
}

ConnectedContainer container_from(const json& j) {
  ConnectedContainer out{j.at("netns"), {}, j.at("dns").get<std::vector<std::string>>(), j.at("keeps")};
  for (const json& port : j.at("ports")) {
    out.ports.push_back(port_from(port));
    if (port.contains("host_address")) continue;  // earlier daemons left out that it is every one
    out.ports.push_back(out.ports.back());
    out.ports.back().host_address = IpAddress::from(Ipv6{});
  }
  return out;
}

std::string line_of(const std::string& id, const ConnectedContainer* container,
                    const std::vector<const Endpoint*>& endpoints) {
  json out{{"id", id}};
  if (container) out["container"] = to_json(*container);
  for (const Endpoint* endpoint : endpoints) out["endpoints"].push_back(to_json(*endpoint));
  return json_text(out) + "\n";
}

void take_line(const json& line, EndpointBook& book) {
  const std::string id = line.at("id");
  if (id == kHostItself) {
    book.mesh.reset();
    if (line.contains("mesh")) book.mesh = endpoint_from(line.at("mesh"));
    return;
  }
  book.containers.erase(id);
  std::erase_if(book.endpoints, [&](const auto& entry) { return entry.second.container_id == id; });
  if (line.contains("container")) book.containers[id] = container_from(line.at("container"));
  if (!line.contains("endpoints")) return;
  for (const json& entry : line.at("endpoints")) {
    Endpoint endpoint = endpoint_from(entry);
    if (endpoint.container_id != id) throw json::other_error::create(500, "the endpoint of another container", nullptr);
    book.endpoints[endpoint.id] = std::move(endpoint);
  }
}

}  // namespace

std::string format_container(const EndpointBook& book, const std::string& container_id) {
  if (container_id == kHostItself) {
    json out{{"id", kHostItself}};
    if (book.mesh) out["mesh"] = to_json(*book.mesh);
    return json_text(out) + "\n";
  }
  std::vector<const Endpoint*> endpoints;
  for (const auto& [id, endpoint] : book.endpoints)
    if (endpoint.container_id == container_id) endpoints.push_back(&endpoint);
  auto container = book.containers.find(container_id);
  return line_of(container_id, container == book.containers.end() ? nullptr : &container->second, endpoints);
}

std::string format_book(const EndpointBook& book) {
  std::map<std::string, std::pair<const ConnectedContainer*, std::vector<const Endpoint*>>> lines;
  for (const auto& [id, container] : book.containers) lines[id].first = &container;
  for (const auto& [id, endpoint] : book.endpoints) lines[endpoint.container_id].second.push_back(&endpoint);
  std::string out;
  for (const auto& [id, line] : lines) out += line_of(id, line.first, line.second);
  if (book.mesh) out += format_container(book, kHostItself);
  return out;
}

Result<EndpointBook> parse_book(const std::string& text) {
  try {
    EndpointBook book;
    for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      take_line(json::parse(text.begin() + static_cast<ptrdiff_t>(begin), text.begin() + static_cast<ptrdiff_t>(end)),
                book);
    return book;
  } catch (const json::exception& problem) {
    return make_error(Code::kDataLoss, "the list of endpoints cannot be read", problem.what());
  }
}

}  // namespace skein::overlay
