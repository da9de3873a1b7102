// The tables of services: a header per virtual address, and its backends by number.
//
// Backends are written before the header that counts them, and removed after it, so that the program finds everybody
// whom it may look for. What a write that was interrupted leaves behind shows up in observe().
#include <endian.h>

#include <numeric>

#include "kernel/datapath/datapath_state.h"

namespace skein::kernel {
namespace {

using plan::Balance;
using plan::EndpointKey;
using plan::ServiceEntry;

skein_balance encode(Balance balance) {
  switch (balance) {
    case Balance::kLeastConnections: return SKEIN_LEAST_CONNECTIONS;
    case Balance::kSourceHash: return SKEIN_SOURCE_HASH;
    default: return SKEIN_ROUND_ROBIN;
  }
}

Balance decode_balance(uint32_t balance) {
  switch (balance) {
    case SKEIN_LEAST_CONNECTIONS: return Balance::kLeastConnections;
    case SKEIN_SOURCE_HASH: return Balance::kSourceHash;
    default: return Balance::kRoundRobin;
  }
}

// Steps near the golden ratio of the whole spread equal places as evenly as can be; equal weights come in turn.
uint32_t stride_over(uint32_t total, bool is_weighted) {
  if (!is_weighted || total < 2) return 1;
  auto stride = static_cast<uint32_t>(total * 0.618);
  while (std::gcd(stride, total) != 1) ++stride;
  return stride;
}

skein_service header_of(const ServiceEntry& entry) {
  skein_service header{};
  bool is_weighted = false;
  for (const plan::BackendEntry& backend : entry.backends) {
    header.total += backend.weight;
    is_weighted |= backend.weight > 1;
  }
  header.balance = encode(entry.balance);
  header.count = static_cast<uint32_t>(entry.backends.size());
  header.stride = stride_over(header.total, is_weighted);
  return header;
}

}  // namespace

Result<void> DataPath::State::erase_backends_from(const skein_endpoint_key& service, uint32_t number) {
  for (skein_backend backend;; ++number) {
    skein_backend_key surplus{service.vni, service.address, number};
    if (!backends.find(surplus, &backend)) return {};
    SKEIN_TRY(backends.erase(surplus));
  }
}

Result<void> DataPath::set_services(const std::map<EndpointKey, ServiceEntry>& upserts,
                                    const std::set<EndpointKey>& deletes) {
  decltype(state_->services)::Rows headers;
  decltype(state_->backends)::Rows backends;
  for (const auto& [service, entry] : upserts) {
    skein_endpoint_key key = encode(service);
    headers.add(key, header_of(entry));
    uint32_t number = 0, end = 0;
    for (const plan::BackendEntry& backend : entry.backends) {
      end += backend.weight;
      backends.add({key.vni, key.address, number++}, {htobe32(backend.address.value), backend.weight, end});
    }
  }
  for (const EndpointKey& service : deletes) {
    SKEIN_TRY(state_->services.erase(encode(service)));
    SKEIN_TRY(state_->erase_backends_from(encode(service), 0));
  }
  SKEIN_TRY(state_->backends.put(backends));
  SKEIN_TRY(state_->services.put(headers));
  for (size_t i = 0; i < headers.keys.size(); ++i)
    SKEIN_TRY(state_->erase_backends_from(headers.keys[i], headers.values[i].count));
  return {};
}

Result<void> DataPath::count_connections(const std::map<EndpointKey, ServiceEntry>& services) {
  std::map<EndpointKey, uint32_t> counted;
  for (const auto& [service, entry] : services)
    if (entry.balance == Balance::kLeastConnections)
      for (const plan::BackendEntry& backend : entry.backends) counted[{service.vni, backend.address}] = 0;
  if (counted.empty() && state_->is_nothing_counted) return {};
  SKEIN_TRY_ASSIGN(auto before, state_->loads.rows());
  for (const auto& [key, load] : before)
    if (!counted.contains({{key.vni}, {be32toh(key.address)}})) SKEIN_TRY(state_->loads.erase(key));
  state_->is_nothing_counted = counted.empty();
  if (counted.empty()) return {};
  SKEIN_TRY_ASSIGN(auto flows, state_->flows.rows());
  for (const auto& [key, flow] : flows)
    if (auto found = counted.find({{key.vni}, {be32toh(flow.backend)}}); found != counted.end()) ++found->second;
  decltype(state_->loads)::Rows rows;
  for (const auto& [backend, load] : counted) rows.add(encode(backend), load);
  return state_->loads.put(rows);
}

Result<std::map<EndpointKey, ServiceEntry>> DataPath::State::observe_services() const {
  std::map<EndpointKey, ServiceEntry> observed;
  auto service_of = [](uint32_t vni, uint32_t address) { return EndpointKey{{vni}, {be32toh(address)}}; };
  SKEIN_TRY_ASSIGN(auto headers, services.rows());
  for (const auto& [key, header] : headers)
    observed[service_of(key.vni, key.address)] = {decode_balance(header.balance),
                                                  std::vector<plan::BackendEntry>(header.count)};
  SKEIN_TRY_ASSIGN(auto numbered, backends.rows());
  for (const auto& [key, backend] : numbered) {
    // A backend that no header counts leaves an empty one behind it, which nobody wants.
    std::vector<plan::BackendEntry>& list = observed[service_of(key.vni, key.service)].backends;
    if (key.number >= list.size()) list.resize(key.number + 2);
    list[key.number] = {{be32toh(backend.address)}, backend.weight};
  }
  return observed;
}

}  // namespace skein::kernel
