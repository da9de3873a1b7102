#include "agent/remote_index.h"

#include "agent/endpoint_record.h"
#include "names/records.h"

namespace skein::agent {

namespace {

template <class Map, class Key>
void erase_from(Map& map, const Key& at, const std::string& key) {
  auto found = map.find(at);
  if (found == map.end()) return;
  found->second.erase(key);
  if (found->second.empty()) map.erase(found);
}

networkdb::EndpointRecord names_of(const RemoteRecord& record) {
  networkdb::EndpointRecord out;
  if (!out.ParseFromString(record.names)) out.Clear();
  return out;
}

std::optional<Mac> mac_of(const RemoteRecord& record) {
  networkdb::PeerRecord peer;
  if (!peer.ParseFromString(record.peer)) return std::nullopt;
  auto mac = Mac::parse(peer.endpoint_mac());
  return mac.ok() ? std::optional(*mac) : std::nullopt;
}

}  // namespace

void RemoteIndex::add(const RemoteRecord& record) {
  by_address_[record.address].insert(record.key);
  Facts& facts = facts_[record.key];
  facts = {record.address, record.host, mac_of(record), std::nullopt, record.is_silent};
  ++hosts_[record.host];
  const auto names = names_of(record);
  for (auto& name : names::names_in(names)) by_name_[std::move(name)].insert(record.key);
  if (names.service_disabled() && names.has_skein()) draining_.insert(record.key);
  if (auto claim = backend_claim(names, record.address)) {
    claims_on_[claim->virtual_ip][record.key] = record.address;
    claims_at_[record.address][record.key] = claim->virtual_ip;
    facts.claim = claim;
  }
}

std::optional<Ipv4> RemoteIndex::remove(const RemoteRecord& record) {
  erase_from(by_address_, record.address, record.key);
  facts_.erase(record.key);
  if (auto host = hosts_.find(record.host); host != hosts_.end() && --host->second == 0) hosts_.erase(host);
  const auto names = names_of(record);
  for (const auto& name : names::names_in(names)) erase_from(by_name_, name, record.key);
  draining_.erase(record.key);
  auto claim = backend_claim(names, record.address);
  if (!claim) return std::nullopt;
  erase_from(claims_on_, claim->virtual_ip, record.key);
  erase_from(claims_at_, record.address, record.key);
  return claim->virtual_ip;
}

std::vector<const RemoteIndex::Facts*> RemoteIndex::facts(const std::set<Ipv4>* addresses) const {
  std::vector<const Facts*> out;
  if (!addresses) {
    for (const auto& [key, facts] : facts_) out.push_back(&facts);
    return out;
  }
  Keys keys;
  for (Ipv4 address : *addresses)
    if (auto found = by_address_.find(address); found != by_address_.end())
      keys.insert(found->second.begin(), found->second.end());
  for (const auto& key : keys) out.push_back(&facts_.at(key));
  return out;
}

RemoteIndex::Keys RemoteIndex::at(Ipv4 address) const {
  auto found = by_address_.find(address);
  return found == by_address_.end() ? Keys{} : found->second;
}

RemoteIndex::Keys RemoteIndex::named(const std::string& lower_case_name) const {
  auto found = by_name_.find(lower_case_name);
  return found == by_name_.end() ? Keys{} : found->second;
}

std::set<Ipv4> RemoteIndex::connected(std::set<Ipv4> addresses,
                                      const std::vector<std::pair<Ipv4, Ipv4>>& claims) const {
  std::multimap<Ipv4, Ipv4> own;  // both ways
  for (const auto& [address, virtual_ip] : claims) own.insert({address, virtual_ip}), own.insert({virtual_ip, address});
  std::set<Ipv4> out;
  while (!addresses.empty()) {
    const Ipv4 next = addresses.extract(addresses.begin()).value();
    if (!out.insert(next).second) continue;
    for (const auto* map : {&claims_on_, &claims_at_})
      if (auto found = map->find(next); found != map->end())
        for (const auto& [key, other] : found->second) addresses.insert(other);
    for (auto [at, end] = own.equal_range(next); at != end; ++at) addresses.insert(at->second);
  }
  return out;
}

}  // namespace skein::agent
