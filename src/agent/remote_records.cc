#include "agent/remote_records.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace skein::agent {

using nlohmann::json;

namespace {

using Told = std::set<std::pair<std::string, Ipv4>>;  // network, address

// Taken back by its owner, gone with its host, or replaced by what somebody tells of its address.
bool is_withdrawn(const RemoteRecord& record, const RemoteRecords::Snapshot& snapshot, const Told& told_addresses) {
  return !snapshot.networks.contains(record.network) || snapshot.deleted.contains({record.network, record.key}) ||
         snapshot.leavers.contains({record.network, record.owner}) || snapshot.dead_hosts.contains(record.host) ||
         told_addresses.contains({record.network, record.address});
}

}  // namespace

void RemoteRecords::update(const Snapshot& snapshot, TimePoint now) {
  std::set<std::pair<std::string, std::string>> told;
  Told told_addresses;
  for (const auto& record : snapshot.records) {
    if (!snapshot.networks.contains(record.network)) continue;
    told.insert({record.network, record.key});
    told_addresses.insert({record.network, record.address});
    believed_[{record.network, record.key}] = {record, Phase::kTold, TimePoint::never(), {}, true};
  }
  for (auto at = believed_.begin(); at != believed_.end();) {
    bool is_over = false;
    if (!told.contains(at->first)) {
      is_over = is_withdrawn(at->second.record, snapshot, told_addresses);
      is_over = is_over || !is_still_believed(at->second, snapshot, now);
    }
    at = is_over ? believed_.erase(at) : std::next(at);
  }
}

// Of a record that gossip does not tell (any more), and that nobody took back.
bool RemoteRecords::is_still_believed(Believed& believed, const Snapshot& snapshot, TimePoint now) const {
  auto live = snapshot.live_hosts.find(believed.record.host);
  if (live != snapshot.live_hosts.end()) return is_still_awaited(believed, live->second, now);
  bool is_starting = !believed.was_told && now < start_ + kStartPatience;
  enter(is_starting ? Phase::kStarting : Phase::kSilent, believed, now);
  return now < believed.until;
}

bool RemoteRecords::is_still_awaited(Believed& believed, TimePoint heard_at, TimePoint now) const {
  if (believed.phase != Phase::kUnheard || heard_at > believed.unheard_since) enter(Phase::kReturned, believed, now);
  if (believed.phase == Phase::kUnheard || now < believed.until) return true;
  if (heard_at >= believed.until - kSignOfLife) return false;
  enter(Phase::kUnheard, believed, now);
  return true;
}

// Entering a phase again does not prolong its patience.
void RemoteRecords::enter(Phase phase, Believed& believed, TimePoint now) const {
  if (phase == believed.phase) return;
  believed.phase = phase;
  if (phase == Phase::kStarting) believed.until = start_ + kStartPatience;
  if (phase == Phase::kReturned) believed.until = now + kReturnPatience;
  if (phase == Phase::kSilent) believed.until = now + kSilencePatience;
  if (phase == Phase::kUnheard) believed.until = TimePoint::never(), believed.unheard_since = now;
  believed.record.is_silent |= phase == Phase::kSilent || phase == Phase::kUnheard;
}

std::vector<RemoteRecord> RemoteRecords::of_network(const std::string& network) const {
  std::vector<RemoteRecord> out;
  for (auto at = believed_.lower_bound({network, ""}); at != believed_.end() && at->first.first == network; ++at)
    out.push_back(at->second.record);
  return out;
}

std::set<Ipv4> RemoteRecords::silent_hosts() const {
  std::set<Ipv4> out;
  for (const auto& [id, believed] : believed_)
    if (believed.record.is_silent) out.insert(believed.record.host);
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
                   {"names", to_base64(r.names)},
                   {"silent", r.is_silent}});
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
    if (auto silent = entry.find("silent"); silent != entry.end()) {
      if (!silent->is_boolean()) return damaged;
      r.is_silent = *silent;
    }
    SKEIN_TRY_ASSIGN(r.peer, from_base64(r.peer));
    SKEIN_TRY_ASSIGN(r.names, from_base64(r.names));
    SKEIN_TRY_ASSIGN(r.host, Ipv4::parse(entry.value("host", "")));
    SKEIN_TRY_ASSIGN(r.address, Ipv4::parse(entry.value("address", "")));
    believed_[{r.network, r.key}] = {r, Phase::kStarting, start_ + kStartPatience, {}, false};
  }
  return {};
}

}  // namespace skein::agent
