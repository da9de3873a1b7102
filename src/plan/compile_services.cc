#include "plan/compile_services.h"

#include <algorithm>
#include <numeric>

#include "base/result.h"
#include "plan/compile.h"

namespace skein::plan {
namespace {

bool can_be_virtual(const NetworkState& network, Ipv4 address, const Intent& intent) {
  return network.subnet.contains(address) && address != network.gateway && !address.is_unspecified() &&
         !intent.endpoints.contains({network.vni, address});
}

// Those that are endpoints and belong to no other service; from now on they belong to this one.
std::vector<BackendEntry> take_backends(Vni vni, const VirtualService& service, Intent& intent) {
  std::vector<ServiceBackend> ordered = service.backends;
  std::sort(ordered.begin(), ordered.end());
  std::vector<BackendEntry> taken;
  SKEIN_ASSERT(!service.address.is_unspecified());  // at endpoints that would stand for no service
  for (const ServiceBackend& backend : ordered) {
    auto endpoint = intent.endpoints.find({vni, backend.address});
    if (endpoint == intent.endpoints.end() || !endpoint->second.service.is_unspecified()) continue;
    endpoint->second.service = service.address;
    SKEIN_ASSERT(taken.empty() || taken.back().address < backend.address);
    taken.push_back({backend.address, backend.is_draining ? 0 : std::min<uint32_t>(backend.weight, kWeightMax)});
  }
  return taken;
}

void prefer_local(Vni vni, const Intent& intent, std::vector<BackendEntry>& backends) {
  auto is_local = [&](const BackendEntry& backend) {
    auto endpoint = intent.endpoints.find({vni, backend.address});
    SKEIN_ASSERT(endpoint != intent.endpoints.end());
    return endpoint->second.where == EndpointEntry::Where::kLocal;
  };
  auto can_serve = [&](const BackendEntry& backend) { return backend.weight > 0 && is_local(backend); };
  if (std::none_of(backends.begin(), backends.end(), can_serve)) return;
  for (BackendEntry& backend : backends)
    if (!is_local(backend)) backend.weight = 0;
}

// Datagrams do not wait until a silent host is known to be dead, if there is another backend.
void give_datagrams_away(Vni vni, const VirtualService& service, Intent& intent) {
  for (const ServiceBackend& backend : service.backends) {
    if (!backend.is_silent) continue;
    auto endpoint = intent.endpoints.find({vni, backend.address});
    if (endpoint != intent.endpoints.end() && endpoint->second.service == service.address)
      endpoint->second.yields_datagrams = true;
  }
}

void cut_to_limit(std::vector<BackendEntry>& backends) {
  if (backends.size() <= kServiceBackendsMax) return;
  std::stable_partition(backends.begin(), backends.end(), [](const BackendEntry& b) { return b.weight > 0; });
  backends.resize(kServiceBackendsMax);
  std::sort(backends.begin(), backends.end());
}

// Weights of 2 and 2 are those of 1 and 1.
void reduce_weights(std::vector<BackendEntry>& backends) {
  uint32_t divisor = 0;
  for (const BackendEntry& backend : backends) divisor = std::gcd(divisor, backend.weight);
  for (BackendEntry& backend : backends) {
    backend.weight /= std::max(divisor, 1u);
    SKEIN_ASSERT(backend.weight <= kWeightMax);
  }
}

ServiceEntry compile_service(Vni vni, const VirtualService& service, Intent& intent) {
  ServiceEntry entry{.balance = service.balance, .backends = take_backends(vni, service, intent)};
  if (service.balance == Balance::kLocalFirst) {
    entry.balance = Balance::kRoundRobin;
    prefer_local(vni, intent, entry.backends);
  }
  if (std::ranges::any_of(entry.backends, [](const BackendEntry& backend) { return backend.weight > 0; }))
    give_datagrams_away(vni, service, intent);
  cut_to_limit(entry.backends);
  reduce_weights(entry.backends);
  SKEIN_ASSERT(entry.balance != Balance::kLocalFirst && entry.backends.size() <= kServiceBackendsMax);
  return entry;
}

}  // namespace

void compile_services(const NetworkView& view, Intent& intent) {
  for (const NetworkState& network : view.networks) {
    if (network.local.empty() && !network.is_ingress) continue;
    std::vector<VirtualService> ordered = network.services;
    std::sort(ordered.begin(), ordered.end());
    for (const VirtualService& service : ordered) {
      EndpointKey key{network.vni, service.address};
      if (!can_be_virtual(network, service.address, intent) || intent.services.contains(key)) continue;
      ServiceEntry entry = compile_service(network.vni, service, intent);
      intent.services.emplace(key, std::move(entry));
    }
  }
}

}  // namespace skein::plan
