#include "agent/remote_records.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace skein::agent {

using nlohmann::json;

void RemoteRecords::update(const Snapshot& snapshot, TimePoint now) {
  std::set<std::pair<std::string, std::string>> told;
  std::set<std::pair<std::string, Ipv4>> told_addresses;
  for (const auto& record : snapshot.records) {
    if (!snapshot.networks.contains(record.network)) continue;
    told.insert({record.network, record.key});
    told_addresses.insert({record.network, record.address});
    believed_[{record.network, record.key}] = {record, TimePoint::never(), true};
  }
  for (auto at = believed_.begin(); at != believed_.end();) {
    bool is_over = !told.contains(at->first) && has_ended(snapshot, told_addresses, at->second, now);
    at = is_over ? believed_.erase(at) : std::next(at);
  }
}

// Of a record that gossip does not tell (any more).
bool RemoteRecords::has_ended(const Snapshot& snapshot, const std::set<std::pair<std::string, Ipv4>>& told_addresses,
                              Believed& believed, TimePoint now) const {
  const RemoteRecord& record = believed.record;
  if (snapshot.deleted.contains({record.network, record.key})) return true;
  if (snapshot.leavers.contains({record.network, record.owner})) return true;
  if (!snapshot.networks.contains(record.network)) return true;
  if (told_addresses.contains({record.network, record.address})) return true;  // told anew under another key
  TimePoint until = now;
  if (snapshot.live_hosts.contains(record.host))
    until = now + kReturnPatience;
  else if (!believed.was_told)
    until = std::max(now, start_ + kStartPatience);
  // Asking again must not prolong the patience; a host that comes back during our start may shorten it.
  believed.until = std::min(believed.until, until);
  return believed.until <= now;
}

std::vector<RemoteRecord> RemoteRecords::of_network(const std::string& network) const {
  std::vector<RemoteRecord> out;
  for (auto at = believed_.lower_bound({network, ""}); at != believed_.end() && at->first.first == network; ++at)
    out.push_back(at->second.record);
  return out;
}

TimePoint RemoteRecords::next_deadline() const {
  TimePoint out = TimePoint::never();
  for (const auto& [id, believed] : believed_) out = std::min(out, believed.until);
  return out;
}

std::string RemoteRecords::text() const {
  json out = json::array();
  for (const auto& [id, believed] : believed_) {
    const RemoteRecord& r = believed.record;
    out.push_back({{"network", r.network},
                   {"key", r.key},
                   {"owner", r.owner},
                   {"host", r.host.text()},
                   {"address", r.address.text()},
                   {"peer", to_base64(r.peer)},
                   {"names", to_base64(r.names)}});
  }
  return out.dump();
}

Result<void> RemoteRecords::load(const std::string& text) {
  json all = json::parse(text, nullptr, false);
  Error damaged = make_error(Code::kDataLoss, "the list of remote endpoints cannot be read");
  if (!all.is_array()) return damaged;
  for (const json& entry : all) {
    RemoteRecord r;
    for (auto [key, field] : {std::pair("network", &r.network),
                              {"key", &r.key},
                              {"owner", &r.owner},
                              {"peer", &r.peer},
                              {"names", &r.names}}) {
      if (!entry.is_object() || !entry.contains(key) || !entry[key].is_string()) return damaged;
      *field = entry[key];
    }
    SKEIN_TRY_ASSIGN(r.peer, from_base64(r.peer));
    SKEIN_TRY_ASSIGN(r.names, from_base64(r.names));
    SKEIN_TRY_ASSIGN(r.host, Ipv4::parse(entry.value("host", "")));
    SKEIN_TRY_ASSIGN(r.address, Ipv4::parse(entry.value("address", "")));
    believed_[{r.network, r.key}] = {r, start_ + kStartPatience, false};
  }
  return {};
}

}  // namespace skein::agent
