#include "plan/compile.h"

#include <algorithm>
#include <tuple>

#include "base/result.h"
#include "plan/compile_services.h"

namespace skein::plan {
namespace {

constexpr uint8_t kSctp = 132;
constexpr size_t kNameDigits = 12;
constexpr size_t kInterfaceNameBytes = 16;  // IFNAMSIZ, with the end

// A local endpoint with the network it is on.
struct Placed {
  const NetworkState* network = nullptr;
  const LocalEndpoint* endpoint = nullptr;
};

// In the order of endpoint ids, so that collisions are settled alike on every run.
std::vector<Placed> placed_endpoints(const NetworkView& view) {
  std::vector<Placed> placed;
  for (const NetworkState& network : view.networks)
    for (const LocalEndpoint& endpoint : network.local) placed.push_back({&network, &endpoint});
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return std::tie(a.endpoint->id, a.network->vni) < std::tie(b.endpoint->id, b.network->vni);
  });
  auto twice = [](const Placed& a, const Placed& b) { return a.endpoint->id == b.endpoint->id; };
  placed.erase(std::unique(placed.begin(), placed.end(), twice), placed.end());
  return placed;
}

std::string free_name(const std::map<std::string, LinkIntent>& links, const std::string& endpoint_id) {
  for (size_t offset = 0; offset + kNameDigits <= endpoint_id.size(); ++offset) {
    std::string name = host_interface_name(endpoint_id, offset);
    if (!links.contains(name)) return name;
  }
  return host_interface_name(endpoint_id);
}

// The host reaches a container by its address alone: of two containers with one address on different networks only
// the first can have the route.
void choose_routes(const NetworkView& view, std::map<std::string, LinkIntent>& links,
                   const std::map<EndpointKey, EndpointEntry>& endpoints) {
  std::set<Ipv4> routed;
  for (const NetworkState& network : view.networks) {
    if (network.is_internal) continue;
    for (const LocalEndpoint& endpoint : network.local) {
      auto entry = endpoints.find({network.vni, endpoint.address});
      if (entry == endpoints.end()) continue;
      auto link = links.find(entry->second.host_interface);
      if (link != links.end() && link->second.endpoint.id == endpoint.id && routed.insert(endpoint.address).second)
        link->second.is_routed = true;
    }
  }
}

void compile_links(const NetworkView& view, Intent& intent) {
  for (const Placed& placed : placed_endpoints(view)) {
    const NetworkState& network = *placed.network;
    const LocalEndpoint& endpoint = *placed.endpoint;
    LinkIntent link{
        .host_interface = free_name(intent.links, endpoint.id),
        .endpoint = endpoint,
        .vni = network.vni,
        .prefix_bits = network.subnet.prefix_bits,
        .gateway = network.gateway,
        .is_internal = network.is_internal,
        .mtu_bytes = link_mtu_bytes(network, view.hosts),
        .is_routed = false,
        .takes_ipv6 = network.is_ingress && !endpoint.has_ipv6_off,
    };
    if (network.is_internal) link.endpoint.has_default_route = false;
    EndpointEntry entry{.where = EndpointEntry::Where::kLocal,
                        .mac = endpoint.mac,
                        .host_interface = link.host_interface,
                        .takes_ipv6 = network.is_ingress,
                        .is_encrypted = network.is_encrypted};
    intent.endpoints.try_emplace({network.vni, endpoint.address}, std::move(entry));  // the lowest id came first
    FloodList& flood = intent.floods[network.vni];
    flood.local_interfaces.insert(link.host_interface);
    flood.is_encrypted = network.is_encrypted;
    intent.links.emplace(link.host_interface, std::move(link));
  }
  choose_routes(view, intent.links, intent.endpoints);
}

void compile_remote(const NetworkView& view, const NetworkState& network, Intent& intent) {
  if (network.is_local) return;
  auto flood = intent.floods.find(network.vni);  // only a network with local endpoints floods from here
  if (flood != intent.floods.end())
    for (Ipv4 host : network.hosts)
      if (host != view.data_path_address && !host.is_unspecified()) flood->second.hosts.insert(host);
  for (const RemoteEndpoint& remote : network.remote) {
    if (remote.host == view.data_path_address || remote.host.is_unspecified()) continue;
    if (flood != intent.floods.end()) flood->second.hosts.insert(remote.host);
    EndpointEntry entry{.where = EndpointEntry::Where::kRemote,
                        .mac = remote.mac,
                        .host = remote.host,
                        .is_docker_engines = remote.is_docker_engines,
                        .takes_ipv6 = network.is_ingress && remote.takes_ipv6,
                        .is_encrypted = network.is_encrypted};
    auto [found, is_new] = intent.endpoints.try_emplace({network.vni, remote.address}, entry);
    EndpointEntry& holder = found->second;
    const bool is_local = holder.where == EndpointEntry::Where::kLocal;
    SKEIN_ASSERT(is_local ? holder.host.is_unspecified() : holder.host_interface.empty());  // it leads one way
    if (!is_new && !is_local && std::tie(entry.host, entry.mac) < std::tie(holder.host, holder.mac)) holder = entry;
  }
}

void compile_masquerade(const NetworkView& view, Intent& intent) {
  for (const NetworkState& network : view.networks) {
    if (network.is_internal || network.local.empty()) continue;
    bool is_taken = std::any_of(intent.masqueraded.begin(), intent.masqueraded.end(),
                                [&](const auto& other) { return other.first.overlaps(network.subnet); });
    if (!is_taken) intent.masqueraded.emplace(network.subnet, network.gateway);
  }
}

// The host's own programs call kMeshEntry6, whatever they named (the rules know what they may).
void lead_by_ipv6(const PublishedPort& port, Vni vni, Intent& intent) {
  if (port.protocol == kSctp && port.host_port != port.container_port) return;  // its checksum covers the port
  const MeshTarget target{vni, port.container_address, port.container_port, true};
  intent.mesh_ports.emplace(MeshPort{port.protocol, port.host_address, port.host_port}, target);
  if (!port.host_address.is_unspecified())
    intent.mesh_ports.emplace(MeshPort{port.protocol, IpAddress::from(kMeshEntry6), port.host_port}, target);
}

void compile_ports(const NetworkView& view, Intent& intent) {
  std::map<Ipv4, Vni> reachable;
  for (const auto& [name, link] : intent.links) {
    SKEIN_ASSERT(name == link.host_interface);
    SKEIN_ASSERT(!link.is_routed || !link.is_internal);
    if (!link.is_routed) continue;
    const bool is_first = reachable.emplace(link.endpoint.address, link.vni).second;
    SKEIN_ASSERT(is_first && "one route for each address");
  }
  // Two claims to one port of the host: the set's order decides, as a rule set cannot hold both.
  std::set<PublishedPort> ordered(view.ports.begin(), view.ports.end());
  std::set<std::tuple<uint8_t, IpAddress, uint16_t>> taken;
  for (const PublishedPort& port : ordered) {
    const auto container = reachable.find(port.container_address);
    if (container == reachable.end() || !taken.emplace(port.protocol, port.host_address, port.host_port).second)
      continue;
    if (port.host_address.is_v6)
      lead_by_ipv6(port, container->second, intent);
    else
      intent.ports.insert(port);
  }
  SKEIN_ASSERT(intent.ports.size() <= taken.size() && "each port of the host leads to one container");
}

bool can_serve(const Intent& intent, const MeshTarget& target) {
  auto service = intent.services.find({target.vni, target.service});
  return service != intent.services.end() &&
         std::any_of(service->second.backends.begin(), service->second.backends.end(),
                     [](const BackendEntry& backend) { return backend.weight > 0; });
}

// Every host that takes part takes clients of every service in. A port changes hands when a service ends and another
// one begins: whoever serves has it. While tasks of a service are replaced, old ones may tell of another restriction:
// that there is one counts.
void compile_mesh(const NetworkView& view, Intent& intent) {
  for (const NetworkState& network : view.networks)
    for (const VirtualService& service : network.services)
      for (const ServicePort& port : service.ports) {
        const MeshPort published{port.protocol, std::nullopt, port.published};
        const MeshTarget target{network.vni, service.address, port.target};
        auto [held, is_new] = intent.mesh_ports.try_emplace(published, target);
        const bool changes_hands = !is_new && !can_serve(intent, held->second) && can_serve(intent, target);
        if (changes_hands) held->second = target;
        if (is_new || changes_hands) intent.mesh_access.erase(published);
        if (held->second == target && !port.access.is_open()) intent.mesh_access.try_emplace(published, port.access);
      }
  SKEIN_ASSERT(intent.mesh_access.size() <= intent.mesh_ports.size());
  const bool leads_to_containers =
      std::ranges::any_of(intent.mesh_ports, [](const auto& entry) { return entry.second.is_container; });
  if (leads_to_containers) intent.mesh = MeshHost{.mtu_bytes = kDefaultMtuBytes};
  if (!view.mesh || view.mesh->address.is_unspecified()) return;
  intent.mesh = view.mesh;
  for (const NetworkState& network : view.networks)
    if (network.vni == view.mesh->vni) {
      intent.mesh->mtu_bytes = link_mtu_bytes(network, view.hosts);
      intent.mesh->is_encrypted = network.is_encrypted;
    }
}

template <class Receiver>
void cut(std::set<Receiver>& receivers) {
  while (receivers.size() > kFloodReceiversMax) receivers.erase(std::prev(receivers.end()));
}

}  // namespace

std::string host_interface_name(const std::string& endpoint_id, size_t offset) {
  std::string name = "sk" + endpoint_id.substr(std::min(offset, endpoint_id.size()), kNameDigits);
  SKEIN_ASSERT(name.size() < kInterfaceNameBytes);
  return name;
}

uint32_t link_mtu_bytes(const NetworkState& network, const std::map<Ipv4, HostPath>& hosts) {
  uint32_t underlay = kDefaultMtuBytes;
  if (network.underlay_mtu_bytes) {
    underlay = *network.underlay_mtu_bytes;
  } else if (!network.is_local && !hosts.empty()) {
    auto smaller = [](const auto& a, const auto& b) { return a.second.mtu_bytes < b.second.mtu_bytes; };
    underlay = std::min_element(hosts.begin(), hosts.end(), smaller)->second.mtu_bytes;
  }
  if (network.is_encrypted) {
    constexpr uint32_t kInside = 8 + 8 + 14 + 2, kAround = kEspOverheadBytes - kInside;
    underlay = std::clamp(underlay, kMinMtuBytes + kEspOverheadBytes + 3, kMaxMtuBytes);
    const uint32_t mtu = (underlay - kAround) / 4 * 4 - kInside;
    SKEIN_ASSERT(mtu >= kMinMtuBytes && mtu + kEspOverheadBytes <= underlay);
    return mtu;
  }
  uint32_t overhead = network.is_local ? 0 : kVxlanOverheadBytes;
  const uint32_t mtu = std::clamp(underlay, kMinMtuBytes + overhead, kMaxMtuBytes) - overhead;
  SKEIN_ASSERT(mtu >= kMinMtuBytes && mtu + overhead <= kMaxMtuBytes);
  return mtu;
}

Intent compile(const NetworkView& view) {
  Intent intent{
      .data_path_port = view.data_path_port, .data_path_address = view.data_path_address, .hosts = view.hosts};
  intent.hosts.erase(view.data_path_address);
  if (!view.data_path_address.is_unspecified()) {
    intent.held_port = view.data_path_port;
    intent.underlays = view.underlays;
    for (const auto& [host, path] : intent.hosts) intent.underlays.insert(path.interface_index);
    intent.underlays.erase(0);  // no route at present
  }
  if (std::ranges::any_of(view.networks, &NetworkState::is_encrypted)) {
    intent.esp_device = view.encrypts_in_kernel ? EspDevice::kVxlan : EspDevice::kTap;
    if (intent.esp_device == EspDevice::kVxlan) intent.held_port.reset();
  }
  compile_links(view, intent);
  for (const NetworkState& network : view.networks) compile_remote(view, network, intent);
  compile_services(view, intent);
  for (auto& [vni, list] : intent.floods) {
    cut(list.local_interfaces);
    cut(list.hosts);
  }
  compile_masquerade(view, intent);
  compile_ports(view, intent);
  compile_mesh(view, intent);
  SKEIN_ASSERT(!intent.hosts.contains(view.data_path_address));
  SKEIN_ASSERT(intent.underlays.empty() || !view.data_path_address.is_unspecified());
  SKEIN_ASSERT(intent.esp_device != EspDevice::kVxlan || !intent.held_port);  // one device has the port
  return intent;
}

}  // namespace skein::plan
