#include "plan/merge.h"

#include "base/result.h"

namespace skein::plan {
namespace {

template <class Key, class Value, class Set>
void merge_one(std::map<Key, Value>& whole, const std::map<Key, Value>& compiled, const Key& key, Set& changes) {
  auto before = whole.find(key);
  auto now = compiled.find(key);
  if (now == compiled.end()) {
    if (before == whole.end()) return;
    whole.erase(before);
    changes.deletes.insert(key);
  } else if (before == whole.end() || before->second != now->second) {
    whole.insert_or_assign(key, now->second);
    changes.upserts.emplace(key, now->second);
  }
}

template <class Set>
void push_unless_empty(Changes& changes, Set set) {
  if (!set.upserts.empty() || !set.deletes.empty()) changes.operations.push_back(std::move(set));
}

// All services that claim the same port are in the part together. What leads to containers is of the rest.
SetMeshPorts merge_ports(Intent& whole, const Intent& compiled, const Part& part) {
  SetMeshPorts changes;
  auto is_in_part = [&](const MeshTarget& target) {
    auto found = part.find(target.vni);
    return !target.is_container && found != part.end() && found->second.contains(target.service);
  };
  for (const auto& [port, target] : whole.mesh_ports)
    if (is_in_part(target) && !compiled.mesh_ports.contains(port)) changes.deletes.insert(port);
  for (const MeshPort& port : changes.deletes) {
    whole.mesh_ports.erase(port);
    whole.mesh_access.erase(port);
  }
  for (const auto& [port, target] : compiled.mesh_ports) {
    if (!is_in_part(target)) continue;
    auto access = compiled.mesh_access.find(port);
    if (access != compiled.mesh_access.end())
      whole.mesh_access.insert_or_assign(port, access->second);
    else
      whole.mesh_access.erase(port);
    SKEIN_ASSERT(!changes.deletes.contains(port));
    auto before = whole.mesh_ports.find(port);
    if (before != whole.mesh_ports.end() && before->second == target) continue;
    whole.mesh_ports.insert_or_assign(port, target);
    changes.upserts.emplace(port, target);
  }
  return changes;
}

}  // namespace

Changes merge_tables(Intent& whole, const Intent& compiled, const Part& part) {
  SetEndpoints endpoints;
  SetServices services;
  for (const auto& [vni, addresses] : part) {
    for (Ipv4 address : addresses) {
      merge_one(whole.endpoints, compiled.endpoints, {vni, address}, endpoints);
      merge_one(whole.services, compiled.services, {vni, address}, services);
    }
  }
  Changes changes;
  push_unless_empty(changes, std::move(endpoints));
  push_unless_empty(changes, std::move(services));
  const std::string rules = firewall_fingerprint(whole);
  push_unless_empty(changes, merge_ports(whole, compiled, part));
  SKEIN_ASSERT(whole.mesh_access.size() <= whole.mesh_ports.size());
  if (rules != firewall_fingerprint(whole)) changes.operations.push_back(ReplaceFirewall{});
  return changes;
}

void take_rest(Intent& whole, const Intent& compiled) {
  whole.data_path_port = compiled.data_path_port;
  whole.data_path_address = compiled.data_path_address;
  whole.links = compiled.links;
  whole.hosts = compiled.hosts;
  whole.floods = compiled.floods;
  whole.underlays = compiled.underlays;
  whole.held_port = compiled.held_port;
  whole.esp_device = compiled.esp_device;
  whole.masqueraded = compiled.masqueraded;
  whole.ports = compiled.ports;
  std::erase_if(whole.mesh_ports, [](const auto& entry) { return entry.second.is_container; });
  for (const auto& [port, target] : compiled.mesh_ports)
    if (target.is_container) whole.mesh_ports.emplace(port, target);
  whole.mesh = compiled.mesh;
}

void forget_links(Intent& whole, const std::set<std::string>& endpoint_ids) {
  std::erase_if(whole.links, [&](const auto& link) { return endpoint_ids.contains(link.second.endpoint.id); });
}

}  // namespace skein::plan
