// The tables of the data path in the planner's terms: written from an Intent's parts, read back for the audit.
#include <endian.h>
#include <net/if.h>

#include <algorithm>
#include <bit>

#include "base/log.h"
#include "kernel/datapath/datapath_state.h"

namespace skein::kernel {
namespace {

using plan::EndpointEntry;
using plan::EndpointKey;
using plan::FloodList;
using plan::HostPath;

uint32_t encode(Ipv4 address) { return htobe32(address.value); }
Ipv4 decode(uint32_t address) { return {be32toh(address)}; }

void encode(const Mac& mac, uint8_t (&octets)[6]) { std::copy(mac.octets.begin(), mac.octets.end(), octets); }
Mac decode(const uint8_t (&octets)[6]) { return {std::to_array(octets)}; }

EndpointKey decode(const skein_endpoint_key& key) { return {{key.vni}, decode(key.address)}; }

std::string shown_name(uint32_t interface) {
  std::string name = interface_name(interface);
  return name.empty() ? "#" + std::to_string(interface) : name;
}

// Interfaces by name; notes the first one that does not exist.
class Interfaces {
 public:
  uint32_t index(const std::string& name) {
    uint32_t index = if_nametoindex(name.c_str());
    if (index == 0 && missing_.empty()) missing_ = name;
    return index;
  }
  Result<void> result() const {
    if (missing_.empty()) return {};
    return make_error(Code::kNotFound, "write the data path's tables", "there is no interface " + missing_);
  }

 private:
  std::string missing_;
};

skein_path encode(const HostPath& path) {
  skein_path encoded{path.interface_index, encode(path.source), path.mtu_bytes, {}, {}};
  encode(path.source_mac, encoded.source_mac);
  if (path.next_hop_mac) encode(*path.next_hop_mac, encoded.next_hop_mac);
  return encoded;
}

HostPath decode(const skein_path& path) {
  Mac next_hop = decode(path.next_hop_mac);
  return {path.ifindex, decode(path.source), decode(path.source_mac),
          next_hop == Mac{} ? std::nullopt : std::optional(next_hop), path.mtu};
}

skein_flood encode(Vni network, const FloodList& list, Interfaces& interfaces) {
  skein_flood flood{};
  flood.is_encrypted = list.is_encrypted;
  for (const std::string& name : list.local_interfaces) {
    uint32_t interface = interfaces.index(name);
    if (interface && flood.local_count < SKEIN_FLOOD_TARGETS) flood.locals[flood.local_count++] = interface;
  }
  for (Ipv4 host : list.hosts)
    if (flood.host_count < SKEIN_FLOOD_TARGETS) flood.hosts[flood.host_count++] = encode(host);
  if (std::max(list.local_interfaces.size(), list.hosts.size()) > SKEIN_FLOOD_TARGETS)
    log_warning("broadcasts-cut", {{"vni", std::to_string(network.value)},
                                   {"containers", std::to_string(list.local_interfaces.size())},
                                   {"hosts", std::to_string(list.hosts.size())},
                                   {"limit", std::to_string(SKEIN_FLOOD_TARGETS)}});
  return flood;
}

FloodList decode(const skein_flood& flood) {
  FloodList list;
  list.is_encrypted = flood.is_encrypted != 0;
  for (uint32_t i = 0; i < std::min<uint32_t>(flood.local_count, SKEIN_FLOOD_TARGETS); ++i)
    list.local_interfaces.insert(shown_name(flood.locals[i]));
  for (uint32_t i = 0; i < std::min<uint32_t>(flood.host_count, SKEIN_FLOOD_TARGETS); ++i)
    list.hosts.insert(decode(flood.hosts[i]));
  return list;
}

EndpointConfig decode(const skein_attachment& attachment) {
  auto prefix_bits = static_cast<uint8_t>(std::popcount(attachment.mask));
  return {{attachment.vni}, decode(attachment.address),  decode(attachment.mac), decode(attachment.gateway),
          prefix_bits,      attachment.is_internal != 0, attachment.mtu,         attachment.netns};
}

}  // namespace

Result<void> DataPath::set_endpoints(const std::map<EndpointKey, EndpointEntry>& upserts,
                                     const std::set<EndpointKey>& deletes) {
  Interfaces interfaces;
  decltype(state_->endpoints)::Rows rows;
  for (const auto& [key, entry] : upserts) {
    bool is_local = entry.where == EndpointEntry::Where::kLocal;
    skein_endpoint endpoint{};
    endpoint.host = is_local ? 0 : encode(entry.host);
    endpoint.ifindex = is_local ? interfaces.index(entry.host_interface) : 0;
    endpoint.service = encode(entry.service);
    if (entry.is_docker_engines) endpoint.flags |= SKEIN_DOCKER_ENGINES;
    if (entry.takes_ipv6) endpoint.flags |= SKEIN_TAKES_IPV6;
    if (entry.yields_datagrams) endpoint.flags |= SKEIN_YIELDS_DATAGRAMS;
    if (entry.is_encrypted) endpoint.flags |= SKEIN_ENCRYPTED;
    encode(entry.mac, endpoint.mac);
    if (!is_local || endpoint.ifindex) rows.add(encode(key), endpoint);
  }
  for (const EndpointKey& key : deletes) SKEIN_TRY(state_->endpoints.erase(encode(key)));
  SKEIN_TRY(state_->endpoints.put(rows));
  return interfaces.result();
}

Result<void> DataPath::set_hosts(const std::map<Ipv4, HostPath>& upserts, const std::set<Ipv4>& deletes) {
  decltype(state_->hosts)::Rows rows;
  for (const auto& [address, path] : upserts) rows.add(encode(address), encode(path));
  for (Ipv4 address : deletes) SKEIN_TRY(state_->hosts.erase(encode(address)));
  return state_->hosts.put(rows);
}

Result<void> DataPath::set_floods(const std::map<Vni, FloodList>& upserts, const std::set<Vni>& deletes) {
  Interfaces interfaces;
  decltype(state_->floods)::Rows rows;
  for (const auto& [vni, list] : upserts) rows.add(vni.value, encode(vni, list, interfaces));
  for (Vni vni : deletes) SKEIN_TRY(state_->floods.erase(vni.value));
  SKEIN_TRY(state_->floods.put(rows));
  return interfaces.result();
}

Result<DataPathState> DataPath::observe_without_tables() const {
  DataPathState observed;
  skein_settings settings{};
  if (state_->settings.find(0, &settings)) {
    observed.data_path_address = decode(settings.tunnel_address);
    observed.data_path_port = be16toh(settings.tunnel_port);
    observed.esp_device = settings.esp_ifindex;
    if (settings.esp_ifindex)
      observed.esp_kind = settings.esp_is_kernel ? plan::EspDevice::kVxlan : plan::EspDevice::kTap;
  }
  SKEIN_TRY_ASSIGN(auto attachments, state_->attachments.rows());
  for (const auto& [interface, attachment] : attachments) {
    if (attachment.kind == SKEIN_UNDERLAY)
      observed.underlays.insert(interface);
    else if (attachment.kind == SKEIN_ENDPOINT)
      observed.attached.emplace(interface, decode(attachment));
  }
  observed.mesh = state_->observe_mesh();
  return observed;
}

Result<DataPathState> DataPath::observe() const {
  SKEIN_TRY_ASSIGN(DataPathState observed, observe_without_tables());
  SKEIN_TRY_ASSIGN(auto endpoints, state_->endpoints.rows());
  for (const auto& [key, endpoint] : endpoints) {
    EndpointEntry entry{.mac = decode(endpoint.mac)};
    entry.where = endpoint.host ? EndpointEntry::Where::kRemote : EndpointEntry::Where::kLocal;
    entry.host = decode(endpoint.host);
    entry.service = decode(endpoint.service);
    entry.is_docker_engines = endpoint.flags & SKEIN_DOCKER_ENGINES;
    entry.takes_ipv6 = endpoint.flags & SKEIN_TAKES_IPV6;
    entry.yields_datagrams = endpoint.flags & SKEIN_YIELDS_DATAGRAMS;
    entry.is_encrypted = endpoint.flags & SKEIN_ENCRYPTED;
    if (!endpoint.host) entry.host_interface = shown_name(endpoint.ifindex);
    observed.endpoints.emplace(decode(key), entry);
  }
  SKEIN_TRY_ASSIGN(observed.services, state_->observe_services());
  SKEIN_TRY_ASSIGN(auto hosts, state_->hosts.rows());
  for (const auto& [address, path] : hosts) observed.hosts.emplace(decode(address), decode(path));
  SKEIN_TRY_ASSIGN(observed.ports, state_->observe_ports());
  SKEIN_TRY_ASSIGN(auto floods, state_->floods.rows());
  for (const auto& [vni, flood] : floods) observed.floods.emplace(Vni{vni}, decode(flood));
  return observed;
}

}  // namespace skein::kernel
