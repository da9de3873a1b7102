#include "agent/endpoint.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace skein::agent {
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
           {"bridge", n.is_default_bridge}};
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
  if (j.contains("mtu")) out.underlay_mtu_bytes = j.at("mtu").get<uint32_t>();
  return out;
}

// A name for each value; the order is that of the enumeration.
constexpr std::array kBalanceNames{"round-robin", "least-connections", "source-hash", "local-first"};
constexpr std::array kServingNames{"joining", "serving", "draining"};

template <class Enum, size_t kCount>
Enum value_named(const std::array<const char*, kCount>& names, const json& name) {
  auto found = std::find(names.begin(), names.end(), name.get<std::string>());
  if (found == names.end()) throw json::other_error::create(500, "unknown word " + name.dump(), nullptr);
  return static_cast<Enum>(found - names.begin());
}

json to_json(const ServiceMembership& s) {
  json out{{"id", s.service_id},
           {"name", s.service_name},
           {"aliases", s.aliases},
           {"balance", kBalanceNames.at(static_cast<size_t>(s.balance))},
           {"weight", s.weight}};
  if (s.virtual_ip) out["virtual_ip"] = s.virtual_ip->text();
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
  json out{{"protocol", p.protocol},
           {"host_port", p.host_port},
           {"address", p.container_address.text()},
           {"port", p.container_port}};
  if (p.host_address) out["host_address"] = p.host_address->text();
  return out;
}

plan::PublishedPort port_from(const json& j) {
  plan::PublishedPort out;
  out.protocol = j.at("protocol");
  out.host_port = j.at("host_port");
  out.container_port = j.at("port");
  out.container_address = must(Ipv4::parse(j.at("address").get<std::string>()));
  if (j.contains("host_address")) out.host_address = must(Ipv4::parse(j.at("host_address").get<std::string>()));
  return out;
}

}  // namespace

std::string format_book(const EndpointBook& book) {
  json out{{"endpoints", json::array()}, {"containers", json::object()}};
  for (const auto& [id, endpoint] : book.endpoints) out["endpoints"].push_back(to_json(endpoint));
  for (const auto& [id, container] : book.containers) {
    json ports = json::array();
    for (const auto& port : container.ports) ports.push_back(to_json(port));
    out["containers"][id] = {{"netns", container.netns_path},
                             {"ports", ports},
                             {"dns", container.dns_servers},
                             {"keeps", container.keeps_endpoints}};
  }
  return out.dump(1);
}

Result<EndpointBook> parse_book(const std::string& text) {
  try {
    EndpointBook book;
    json all = json::parse(text);
    for (const json& entry : all.at("endpoints")) {
      Endpoint endpoint = endpoint_from(entry);
      book.endpoints[endpoint.id] = endpoint;
    }
    for (const auto& [id, entry] : all.at("containers").items()) {
      ConnectedContainer container{
          entry.at("netns"), {}, entry.at("dns").get<std::vector<std::string>>(), entry.at("keeps")};
      for (const json& port : entry.at("ports")) container.ports.push_back(port_from(port));
      book.containers[id] = container;
    }
    return book;
  } catch (const json::exception& problem) {
    return make_error(Code::kDataLoss, "the list of endpoints cannot be read", problem.what());
  }
}

}  // namespace skein::agent
