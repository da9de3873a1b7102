#include "overlay/peers/remote_index.h"

#include <algorithm>
#include <unordered_set>

#include "base/result.h"
#include "names/records.h"
#include "overlay/endpoints/endpoint_record.h"

namespace skein::overlay {

namespace {

template <class Map, class Key>
void erase_from(Map& map, const Key& at, const std::string& key) {
  auto found = map.find(at);
  if (found == map.end()) return;
  found->second.erase(key);
  if (found->second.empty()) map.erase(found);
}

template <class Claims, class From, class To>
void take_one(Claims& claims, const From& from, const To& to) {
  auto found = claims.find(from);
  SKEIN_ASSERT(found != claims.end());
  auto count = found->second.find(to);
  SKEIN_ASSERT(count != found->second.end() && count->second > 0);
  if (--count->second == 0) found->second.erase(count);
  if (found->second.empty()) claims.erase(found);
}

networkdb::EndpointRecord names_of(const RemoteRecord& record) {
  networkdb::EndpointRecord out;
  if (!out.ParseFromString(record.names)) out.Clear();
  return out;
}

void read_peer(const RemoteRecord& record, RemoteIndex::Facts& facts) {
  networkdb::PeerRecord peer;
  if (!peer.ParseFromString(record.peer)) return;
  if (auto mac = Mac::parse(peer.endpoint_mac()); mac.ok()) facts.mac = *mac;
  facts.is_docker_engines = !peer.is_skein();
  facts.esp_epoch = peer.esp_epoch();
  facts.is_esp_in_kernel = peer.esp_in_kernel();
  facts.takes_ipv6 = peer.takes_ipv6();
}

}  // namespace

void RemoteIndex::add(const RemoteRecord& record) {
  SKEIN_ASSERT(!facts_.contains(record.key));  // what is known of it has to be removed first
  Facts& facts = facts_[record.key];
  by_address_[record.address][record.key] = &facts;
  facts = {.address = record.address, .host = record.host, .is_silent = record.is_silent};
  read_peer(record, facts);
  ++hosts_[record.host];
  ++esp_words_[record.host][{facts.is_docker_engines, facts.esp_epoch, facts.is_esp_in_kernel}];
  const auto names = names_of(record);
  for (auto& name : names::names_in(names)) by_name_[std::move(name)].insert(record.key);
  if (names.service_disabled() && names.has_skein()) draining_.insert(record.key);
  if (auto claim = backend_claim(names, record.address)) {
    ++claims_on_[claim->virtual_ip.value][record.address];
    ++claims_at_[record.address.value][claim->virtual_ip];
    for (const auto& port : claim->ports) {
      ++ports_of_[claim->virtual_ip.value][{port.protocol, port.published}];
      ++claims_of_ports_[{port.protocol, port.published}][claim->virtual_ip];
    }
    facts.claim = claim;
  }
}

std::optional<Ipv4> RemoteIndex::remove(const RemoteRecord& record) {
  const auto known = facts_.find(record.key);
  SKEIN_ASSERT(known != facts_.end() && known->second.address == record.address && known->second.host == record.host);
  const Facts& facts = known->second;
  erase_from(by_address_, record.address, record.key);
  take_one(esp_words_, record.host, EspWord{facts.is_docker_engines, facts.esp_epoch, facts.is_esp_in_kernel});
  facts_.erase(known);
  auto host = hosts_.find(record.host);
  SKEIN_ASSERT(host != hosts_.end() && host->second > 0);
  if (--host->second == 0) hosts_.erase(host);
  SKEIN_ASSERT(facts_.empty() == hosts_.empty() && facts_.empty() == by_address_.empty());
  const auto names = names_of(record);
  for (const auto& name : names::names_in(names)) erase_from(by_name_, name, record.key);
  draining_.erase(record.key);
  auto claim = backend_claim(names, record.address);
  if (!claim) return std::nullopt;
  take_one(claims_on_, claim->virtual_ip.value, record.address);
  take_one(claims_at_, record.address.value, claim->virtual_ip);
  for (const auto& port : claim->ports) {
    const PortNumber number{port.protocol, port.published};
    take_one(ports_of_, claim->virtual_ip.value, number);
    take_one(claims_of_ports_, number, claim->virtual_ip);
  }
  return claim->virtual_ip;
}

std::vector<const RemoteIndex::Facts*> RemoteIndex::facts(const std::set<Ipv4>* addresses) const {
  std::vector<const Facts*> out;
  auto take = [&](const auto& at_address) {
    for (const auto& [key, facts] : at_address) out.push_back(facts);
  };
  if (!addresses) {
    for (const auto& [address, records] : by_address_) take(records);
    return out;
  }
  for (Ipv4 address : *addresses)
    if (auto found = by_address_.find(address); found != by_address_.end()) take(found->second);
  return out;
}

RemoteIndex::Keys RemoteIndex::at(Ipv4 address) const {
  Keys out;
  if (auto found = by_address_.find(address); found != by_address_.end())
    for (const auto& [key, facts] : found->second) out.insert(key);
  return out;
}

RemoteIndex::Keys RemoteIndex::named(const std::string& lower_case_name) const {
  auto found = by_name_.find(lower_case_name);
  return found == by_name_.end() ? Keys{} : found->second;
}

std::set<Ipv4> RemoteIndex::connected(const std::set<Ipv4>& addresses, const std::vector<OwnClaim>& own,
                                      const std::set<PortNumber>& ports) const {
  std::unordered_multimap<uint32_t, Ipv4> own_ways;  // both ways
  std::map<PortNumber, std::vector<Ipv4>> own_ports;
  std::unordered_multimap<uint32_t, PortNumber> own_ports_of;
  for (const OwnClaim& claim : own) {
    own_ways.insert({claim.address.value, claim.virtual_ip});
    own_ways.insert({claim.virtual_ip.value, claim.address});
    for (const auto& port : claim.ports) {
      own_ports[{port.protocol, port.published}].push_back(claim.virtual_ip);
      own_ports_of.insert({claim.virtual_ip.value, {port.protocol, port.published}});
    }
  }
  std::unordered_set<uint32_t> seen;
  std::set<PortNumber> seen_ports;
  std::vector<Ipv4> out;
  auto visit = [&](Ipv4 address) {
    if (seen.insert(address.value).second) out.push_back(address);
  };
  auto visit_port = [&](const PortNumber& port) {
    if (!seen_ports.insert(port).second) return;
    if (auto found = claims_of_ports_.find(port); found != claims_of_ports_.end())
      for (const auto& [virtual_ip, count] : found->second) visit(virtual_ip);
    if (auto found = own_ports.find(port); found != own_ports.end())
      for (Ipv4 virtual_ip : found->second) visit(virtual_ip);
  };
  for (Ipv4 address : addresses) visit(address);
  for (const PortNumber& port : ports) visit_port(port);
  for (size_t i = 0; i < out.size(); ++i) {
    const Ipv4 next = out[i];
    for (const auto* map : {&claims_on_, &claims_at_})
      if (auto found = map->find(next.value); found != map->end())
        for (const auto& [other, count] : found->second) visit(other);
    if (auto found = ports_of_.find(next.value); found != ports_of_.end())
      for (const auto& [port, count] : found->second) visit_port(port);
    for (auto [at, end] = own_ways.equal_range(next.value); at != end; ++at) visit(at->second);
    for (auto [at, end] = own_ports_of.equal_range(next.value); at != end; ++at) visit_port(at->second);
  }
  SKEIN_ASSERT(out.size() >= addresses.size() && out.size() == seen.size());
  std::sort(out.begin(), out.end());
  return {out.begin(), out.end()};
}

}  // namespace skein::overlay
