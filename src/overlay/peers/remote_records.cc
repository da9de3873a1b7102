#include "overlay/peers/remote_records.h"

#include <algorithm>

#include "base/result.h"

namespace skein::overlay {

// Taken back by its owner, gone with its host, or replaced by what somebody tells of its address.
bool RemoteRecords::is_withdrawn(const RemoteRecord& record, const Snapshot& snapshot) const {
  if (!snapshot.networks.contains(record.network) || snapshot.deleted.contains({record.network, record.key}) ||
      snapshot.leavers.contains({record.network, record.owner}) ||
      snapshot.succeeded.contains({record.network, record.owner}) || snapshot.ended.contains(record.owner) ||
      snapshot.dead_hosts.contains(record.host))
    return true;
  const auto others = index(record.network).at(record.address);
  return std::ranges::any_of(others, [&](const auto& key) { return !untold_.contains({record.network, key}); });
}

void RemoteRecords::update(const Snapshot& snapshot, TimePoint now) {
  std::set<Id> no_longer_told;
  if (snapshot.no_longer_told) {
    no_longer_told = *snapshot.no_longer_told;
  } else {
    for (const auto& [id, believed] : believed_) no_longer_told.insert(id);
    for (const auto& record : snapshot.records)
      if (snapshot.networks.contains(record.network)) no_longer_told.erase({record.network, record.key});
  }
  for (const auto& id : no_longer_told)
    if (believed_.contains(id)) untold_.insert(id);
  for (RemoteRecord record : snapshot.records) {
    if (!snapshot.networks.contains(record.network)) continue;
    auto loan = borrow_names(record, snapshot, now);
    learn(record);
    if (loan) loans_[{record.network, record.key}] = std::move(*loan);
  }
  review_untold(snapshot, now);
  review_loans(snapshot, now);
  SKEIN_ASSERT(untold_.size() <= believed_.size() && loans_.size() <= believed_.size());
}

void RemoteRecords::begin_hearing(TimePoint now) {
  start_ = now;
  for (const Id& id : untold_)
    if (Believed& believed = believed_.at(id); believed.phase == Phase::kStarting)
      believed.until = now + kStartPatience;
}

// Puts the names of before into a record that is told without.
std::optional<RemoteRecords::Loan> RemoteRecords::borrow_names(RemoteRecord& record, const Snapshot& snapshot,
                                                               TimePoint now) const {
  const Id id{record.network, record.key};
  if (!record.names.empty() || snapshot.names_taken_back.contains(id)) return std::nullopt;
  if (auto lent = loans_.find(id); lent != loans_.end()) {
    SKEIN_ASSERT(believed_.contains(id) && !untold_.contains(id));
    record.names = believed_.at(id).record.names;
    return lent->second;
  }
  const RemoteRecord* lender = lender_of(record);
  if (!lender || snapshot.succeeded.contains({record.network, lender->owner})) return std::nullopt;
  record.names = lender->names;
  return Loan{lender->owner, now + kReturnPatience};
}

// What was believed of this endpoint, in this life of its host or an earlier one.
const RemoteRecord* RemoteRecords::lender_of(const RemoteRecord& record) const {
  for (const auto& key : index(record.network).at(record.address)) {
    const Id id{record.network, key};
    SKEIN_ASSERT(believed_.contains(id) && "the index holds what is believed");
    const RemoteRecord& other = believed_.at(id).record;
    if (untold_.contains(id) && other.host == record.host && !other.names.empty()) return &other;
  }
  return nullptr;
}

void RemoteRecords::review_loans(const Snapshot& snapshot, TimePoint now) {
  for (const auto& [id, loan] : std::map(loans_)) {
    if (now < loan.until && !snapshot.succeeded.contains({id.first, loan.lender})) continue;
    SKEIN_ASSERT(believed_.contains(id));
    RemoteRecord nameless = believed_.at(id).record;
    nameless.names.clear();
    learn(nameless);
  }
}

void RemoteRecords::review_untold(const Snapshot& snapshot, TimePoint now) {
  const std::set<Id> untold = untold_;
  for (const Id& id : untold) {
    auto found = believed_.find(id);
    SKEIN_ASSERT(found != believed_.end());
    Believed& believed = found->second;
    const bool was_silent = believed.record.is_silent;
    if (is_withdrawn(believed.record, snapshot) || !is_still_believed(believed, snapshot, now)) {
      forget(found);
    } else if (believed.record.is_silent != was_silent) {
      indices_[id.first].set_silent(id.second);
      touched_[id.first].insert(believed.record.address);
      changed_.insert(id);
    }
  }
}

void RemoteRecords::learn(const RemoteRecord& record) {
  const Id id{record.network, record.key};
  untold_.erase(id);
  loans_.erase(id);
  auto known = believed_.find(id);
  if (known == believed_.end() || known->second.record != record) {
    if (known != believed_.end()) forget(known);
    auto& index = indices_[record.network];
    const size_t hosts = index.hosts().size();
    index.add(record);
    hosts_version_ += index.hosts().size() != hosts;
    touched_[record.network].insert(record.address);
    changed_.insert(id);
  }
  believed_[id] = {record, Phase::kTold, TimePoint::never(), {}, true};
}

void RemoteRecords::forget(std::map<Id, Believed>::iterator which) {
  const auto& [id, believed] = *which;
  auto& touched = touched_[id.first];
  touched.insert(believed.record.address);
  auto index = indices_.find(id.first);
  SKEIN_ASSERT(index != indices_.end());
  const size_t hosts = index->second.hosts().size();
  if (auto served = index->second.remove(believed.record)) touched.insert(*served);
  hosts_version_ += index->second.hosts().size() != hosts;
  changed_.insert(id);
  untold_.erase(id);
  loans_.erase(id);
  believed_.erase(which);
}

const RemoteIndex& RemoteRecords::index(const std::string& network) const {
  static const RemoteIndex kEmpty;
  auto found = indices_.find(network);
  return found == indices_.end() ? kEmpty : found->second;
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

std::vector<RemoteRecord> RemoteRecords::of_keys(const std::string& network, const RemoteIndex::Keys& keys) const {
  std::vector<RemoteRecord> out;
  for (const auto& key : keys)
    if (auto found = believed_.find({network, key}); found != believed_.end()) out.push_back(found->second.record);
  return out;
}

std::set<Ipv4> RemoteRecords::silent_hosts() const {
  std::set<Ipv4> out;
  for (const auto& id : untold_)
    if (const auto& record = believed_.at(id).record; record.is_silent) out.insert(record.host);
  return out;
}

TimePoint RemoteRecords::next_deadline() const {
  TimePoint out = TimePoint::never();
  for (const auto& id : untold_) out = std::min(out, believed_.at(id).until);
  for (const auto& [id, loan] : loans_) out = std::min(out, loan.until);
  return out;
}

}  // namespace skein::overlay
