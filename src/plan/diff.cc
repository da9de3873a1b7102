#include "plan/diff.h"

#include <algorithm>
#include <tuple>

#include "base/result.h"

namespace skein::plan {
namespace {

constexpr const char* kWithDefaultRoute = " default-route";
constexpr const char* kWithoutDefaultRoute = " no-default-route";
constexpr size_t kAliasBytesMax = 255;  // IFALIASZ, without the end

// The part of a record that cannot be changed while the link lives.
std::string fixed_part(const std::string& record) { return record.substr(0, record.rfind(' ')); }

// What becomes of the links, by the name of the host end.
struct LinkFates {
  std::set<std::string> deleted;  // those that are made anew included
  std::set<std::string> created;
};

bool is_usable(const LinkIntent& wanted, const ObservedLink& seen) {
  return seen.peer != ObservedLink::Peer::kElsewhere && fixed_part(seen.record) == fixed_part(link_record(wanted));
}

LinkFates link_fates(const Intent& wanted, const Observed& seen) {
  LinkFates fates;
  for (const auto& [name, link] : seen.links)
    if (auto want = wanted.links.find(name); want == wanted.links.end() || !is_usable(want->second, link))
      fates.deleted.insert(name);
  for (const auto& [name, link] : wanted.links)
    if (!seen.links.contains(name) || fates.deleted.contains(name)) fates.created.insert(name);
  return fates;
}

template <class Key, class Value>
std::set<Key> surplus(const std::map<Key, Value>& wanted, const std::map<Key, Value>& seen) {
  std::set<Key> keys;
  for (const auto& [key, value] : seen)
    if (!wanted.contains(key)) keys.insert(key);
  return keys;
}

template <class Key, class Value>
bool holds(const std::map<Key, Value>& map, const Key& key, const Value& value) {
  auto found = map.find(key);
  return found != map.end() && found->second == value;
}

template <class Set, class Map>
Set difference(const Map& wanted, const Map& seen) {
  Set changes;
  changes.deletes = surplus(wanted, seen);
  for (const auto& [key, value] : wanted)
    if (!holds(seen, key, value)) changes.upserts.emplace(key, value);
  return changes;
}

template <class Set>
void push_unless_empty(std::vector<Operation>& operations, Set set) {
  if (!set.upserts.empty() || !set.deletes.empty()) operations.push_back(std::move(set));
}

// In a swarm from the start, before the first container waits for it: the kernel's lock of all devices, which a write
// of the setting tries again and again to get, is asked for by everybody then.
bool needs_forwarding(const Intent& wanted) {
  return !wanted.masqueraded.empty() || !wanted.data_path_address.is_unspecified();
}

struct HostSettings {
  std::string firewall;
  bool is_forwarding = false;
};

template <class Seen>
void diff_host(const Intent& wanted, const Seen& seen, const HostSettings& settings,
               std::vector<Operation>& operations) {
  // Rules name the mesh's device by its number.
  const bool is_mesh_new = seen.mesh != wanted.mesh;
  if (is_mesh_new && wanted.mesh) operations.push_back(SetMesh{wanted.mesh});
  if (settings.firewall != firewall_fingerprint(wanted) || is_mesh_new) operations.push_back(ReplaceFirewall{});
  if (is_mesh_new && !wanted.mesh) operations.push_back(SetMesh{});
  if (!settings.is_forwarding && needs_forwarding(wanted)) operations.push_back(EnableForwarding{});
  if (seen.data_path_address != wanted.data_path_address || seen.data_path_port != wanted.data_path_port)
    operations.push_back(SetTunnel{wanted.data_path_address, wanted.data_path_port});
  for (uint32_t index : wanted.underlays)
    if (!seen.underlays.contains(index)) operations.push_back(AttachUnderlay{index});
  for (uint32_t index : seen.underlays)
    if (!wanted.underlays.contains(index)) operations.push_back(DetachUnderlay{index});
  // Only one of them can have the port, and the rules about its packets come before the device.
  const bool is_esp_new = seen.esp_device != wanted.esp_device ||
                          (wanted.esp_device == EspDevice::kVxlan && seen.data_path_port != wanted.data_path_port);
  if (is_esp_new && seen.esp_device == EspDevice::kVxlan) operations.push_back(SetEspDevice{});
  if (seen.held_port != wanted.held_port) operations.push_back(HoldPort{wanted.held_port});
  if (is_esp_new && (wanted.esp_device != EspDevice::kNone || seen.esp_device == EspDevice::kTap))
    operations.push_back(SetEspDevice{wanted.esp_device, wanted.data_path_port});
  push_unless_empty(operations, difference<SetHosts>(wanted.hosts, seen.hosts));
}

// Entries and receiver lists name interfaces by index inside the kernel, so those on a link that is made anew have to
// be written again although they look right.
struct TableChanges {
  SetEndpoints endpoints_before, endpoints_after;  // the links are made
  SetFloods floods_before, floods_after;
};

template <class Seen>
TableChanges diff_tables(const Intent& wanted, const Seen& seen, const LinkFates& fates) {
  TableChanges changes;
  changes.endpoints_before.deletes = surplus(wanted.endpoints, seen.endpoints);
  for (const auto& [key, entry] : wanted.endpoints) {
    bool is_on_new_link = entry.where == EndpointEntry::Where::kLocal && fates.created.contains(entry.host_interface);
    if (is_on_new_link)
      changes.endpoints_after.upserts.emplace(key, entry);
    else if (!holds(seen.endpoints, key, entry))
      changes.endpoints_before.upserts.emplace(key, entry);
  }
  changes.floods_before.deletes = surplus(wanted.floods, seen.floods);
  for (const auto& [vni, list] : wanted.floods) {
    bool has_new_link = std::any_of(list.local_interfaces.begin(), list.local_interfaces.end(),
                                    [&](const std::string& name) { return fates.created.contains(name); });
    if (has_new_link)
      changes.floods_after.upserts.emplace(vni, list);
    else if (!holds(seen.floods, vni, list))
      changes.floods_before.upserts.emplace(vni, list);
  }
  return changes;
}

void diff_surplus_routes(const Intent& wanted, const Observed& seen, const LinkFates& fates,
                         std::vector<Operation>& operations) {
  for (const auto& [address, name] : seen.routes) {
    if (fates.deleted.contains(name)) continue;  // the kernel removes a link's routes with it
    auto link = wanted.links.find(name);
    if (link == wanted.links.end() || link->second.endpoint.address != address || !link->second.is_routed)
      operations.push_back(DeleteRoute{address, name});
  }
}

bool is_settled(const LinkIntent& link, const ObservedLink& seen, const std::map<Ipv4, std::string>& routes) {
  return seen.is_settled && seen.program == link_program(link) &&
         holds(seen.neighbours, link.endpoint.address, link.endpoint.mac) &&
         (!link.is_routed || holds(routes, link.endpoint.address, link.host_interface));
}

void diff_kept_link(const LinkIntent& link, const Observed& seen, std::vector<Operation>& operations) {
  const auto at = seen.links.find(link.host_interface);
  SKEIN_ASSERT(at != seen.links.end() && "a link that is kept was observed");
  const ObservedLink& found = at->second;
  if (found.mtu_bytes != link.mtu_bytes) operations.push_back(SetMtu{link});
  if (found.record != link_record(link)) operations.push_back(SetDefaultRoute{link});
  if (!is_settled(link, found, seen.routes)) operations.push_back(SettleLink{link});
}

// Up to the routes and the settling of links.
template <class Seen>
void diff_links_and_tables(const Intent& wanted, const Seen& seen, const LinkFates& fates,
                           const std::map<std::string, uint32_t>& gone, std::vector<Operation>& operations) {
  TableChanges tables = diff_tables(wanted, seen, fates);
  push_unless_empty(operations, std::move(tables.endpoints_before));
  push_unless_empty(operations, std::move(tables.floods_before));
  for (const auto& [name, index] : gone) operations.push_back(DeleteLink{name, index});
  for (const std::string& name : fates.created) {
    const auto link = wanted.links.find(name);
    SKEIN_ASSERT(link != wanted.links.end() && link->second.host_interface == name);
    operations.push_back(CreateLink{link->second});
  }
  push_unless_empty(operations, std::move(tables.endpoints_after));
  push_unless_empty(operations, std::move(tables.floods_after));
  push_unless_empty(operations, difference<SetServices>(wanted.services, seen.services));
  push_unless_empty(operations, difference<SetMeshPorts>(wanted.mesh_ports, seen.mesh_ports));
}

}  // namespace

Changes diff(const Intent& wanted, const Observed& seen) {
  Changes changes;
  std::vector<Operation>& operations = changes.operations;
  const LinkFates fates = link_fates(wanted, seen);
  diff_host(wanted, seen, {seen.firewall, seen.is_forwarding}, operations);
  std::map<std::string, uint32_t> gone;
  for (const std::string& name : fates.deleted) gone.emplace(name, seen.links.at(name).interface_index);
  SKEIN_ASSERT(seen.links.size() + fates.created.size() == wanted.links.size() + gone.size());
  diff_links_and_tables(wanted, seen, fates, gone, operations);
  diff_surplus_routes(wanted, seen, fates, operations);
  for (const auto& [name, link] : wanted.links) {
    if (fates.created.contains(name))
      operations.push_back(SettleLink{link});
    else
      diff_kept_link(link, seen, operations);
  }
  return changes;
}

std::optional<LinkMoves> link_moves(const Intent& wanted, const Intent& held) {
  LinkMoves moves;
  for (const auto& [name, link] : wanted.links) {
    auto before = held.links.find(name);
    if (before == held.links.end())
      moves.coming.insert(name);
    else if (before->second != link)
      return std::nullopt;
  }
  for (const auto& [name, link] : held.links)
    if (!wanted.links.contains(name)) moves.leaving.insert(name);
  SKEIN_ASSERT(held.links.size() + moves.coming.size() == wanted.links.size() + moves.leaving.size());
  return moves;
}

Changes diff_of_moves(const Intent& wanted, const Intent& held, const std::set<std::string>& coming,
                      const std::map<std::string, uint32_t>& leaving) {
  Changes changes;
  LinkFates fates;
  fates.created = coming;
  for (const auto& name : coming) SKEIN_ASSERT(!held.links.contains(name));
  for (const auto& [name, index] : leaving) {
    SKEIN_ASSERT(!wanted.links.contains(name) && "a link that stays is not taken down");
    fates.deleted.insert(name);
  }
  diff_host(wanted, held, {firewall_fingerprint(held), needs_forwarding(held)}, changes.operations);
  diff_links_and_tables(wanted, held, fates, leaving, changes.operations);
  for (const std::string& name : coming) changes.operations.push_back(SettleLink{wanted.links.at(name)});
  return changes;
}

bool differ_in_tables_only(const Intent& a, const Intent& b) {
  auto rest = [](const Intent& i) {
    return std::tie(i.data_path_port, i.data_path_address, i.links, i.underlays, i.held_port, i.esp_device,
                    i.masqueraded, i.ports, i.mesh);
  };
  return rest(a) == rest(b);
}

Changes diff_of_tables(const Intent& wanted, const Intent& held) {
  SKEIN_ASSERT(wanted.links.size() == held.links.size());  // see differ_in_tables_only()
  SKEIN_ASSERT(wanted.mesh == held.mesh && wanted.held_port == held.held_port);
  Changes changes;
  TableChanges tables = diff_tables(wanted, held, {});
  SKEIN_ASSERT(tables.endpoints_after.upserts.empty() && tables.floods_after.upserts.empty());
  push_unless_empty(changes.operations, difference<SetHosts>(wanted.hosts, held.hosts));
  push_unless_empty(changes.operations, std::move(tables.endpoints_before));
  push_unless_empty(changes.operations, std::move(tables.floods_before));
  push_unless_empty(changes.operations, difference<SetServices>(wanted.services, held.services));
  push_unless_empty(changes.operations, difference<SetMeshPorts>(wanted.mesh_ports, held.mesh_ports));
  if (firewall_fingerprint(wanted) != firewall_fingerprint(held)) changes.operations.push_back(ReplaceFirewall{});
  return changes;
}

std::string link_record(const LinkIntent& link) {
  const LocalEndpoint& endpoint = link.endpoint;
  std::string record = "skein1 " + endpoint.id + " vni=" + std::to_string(link.vni.value) + " " +
                       endpoint.interface_name + " " + InterfaceAddress{endpoint.address, link.prefix_bits}.text() +
                       " " + endpoint.mac.text() + " gw=" + link.gateway.text() +
                       (link.is_internal ? " internal" : " external") +
                       (endpoint.has_default_route ? kWithDefaultRoute : kWithoutDefaultRoute);
  SKEIN_ASSERT(record.size() <= kAliasBytesMax);
  return record;
}

LinkProgram link_program(const LinkIntent& link) {
  return {link.vni,         link.endpoint.address, link.endpoint.mac, link.gateway,
          link.prefix_bits, link.is_internal,      link.mtu_bytes};
}

std::string firewall_fingerprint(const Intent& wanted) {
  std::string content = std::to_string(kFirewallFormat);
  for (const auto& [subnet, gateway] : wanted.masqueraded) content += "\n" + subnet.text() + " " + gateway.text();
  for (const PublishedPort& port : wanted.ports)
    content += "\n" + std::to_string(port.protocol) + " " + port.host_address.text() + ":" +
               std::to_string(port.host_port) + " " + port.container_address.text() + ":" +
               std::to_string(port.container_port);
  if (wanted.esp_device == EspDevice::kVxlan) content += "\nesp " + std::to_string(wanted.data_path_port);
  if (wanted.mesh) {
    content += "\nmesh";
    for (const auto& [port, target] : wanted.mesh_ports)
      content += " " + std::to_string(port.protocol) + "/" + (port.address ? port.address->text() + "/" : "") +
                 std::to_string(port.port);
    for (const auto& [port, access] : wanted.mesh_access)
      content += "\n" + std::to_string(port.protocol) + "/" + std::to_string(port.port) + " " + access.text();
  }
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bits: tells accidents apart, is no defence against malice
  for (unsigned char octet : content) hash = (hash ^ octet) * 0x100000001b3;
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[hash >> shift & 15];
  return hex;
}

}  // namespace skein::plan
