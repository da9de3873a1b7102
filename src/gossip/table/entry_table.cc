#include "gossip/table/entry_table.h"

#include <algorithm>

#include "base/result.h"
#include "gossip/table/table_digest.h"

namespace skein::gossip {
namespace {

std::optional<EntryTable::Change> visible_change(const EntryTable::Key& key, const StoredEntry* before,
                                                 const StoredEntry& after) {
  bool was_live = before && !before->is_deleted;
  if (after.is_deleted) {
    if (!was_live) return std::nullopt;
    return EntryTable::Change{EntryChange::kDelete, key, before->owner, "", before->value};
  }
  if (!was_live) return EntryTable::Change{EntryChange::kCreate, key, after.owner, after.value, ""};
  if (before->value == after.value && before->owner == after.owner) return std::nullopt;
  return EntryTable::Change{EntryChange::kUpdate, key, after.owner, after.value, before->value};
}

}  // namespace

EntryTable::Verdict EntryTable::apply(const Key& key, StoredEntry entry, const std::string& self) {
  SKEIN_ASSERT(entry.ltime > 0 && !entry.owner.empty());
  auto known = entries_.find(key);
  if (entry.is_deleted) next_reap_ = std::min(next_reap_, entry.reap_at);
  if (known == entries_.end()) {
    if (entries_.size() >= kEntriesMax) return {};
    Verdict verdict{true, visible_change(key, nullptr, entry)};
    count(key, entry);
    entries_.emplace(key, std::move(entry));
    return verdict;
  }
  if (entry.ltime <= known->second.ltime) return {};
  if (known->second.owner == self && entry.owner != self && !known->second.is_deleted) return {};
  Verdict verdict{true, visible_change(key, &known->second, entry)};
  discount(key, known->second);
  count(key, entry);
  known->second = std::move(entry);
  SKEIN_ASSERT(owners_.size() <= entries_.size());
  return verdict;
}

std::vector<EntryTable::Change> EntryTable::drop_owner(const std::string& owner) {
  std::vector<Change> changes;
  std::erase_if(entries_, [&](const auto& pair) {
    const auto& [key, entry] = pair;
    if (entry.owner != owner || entry.is_deleted) return false;
    changes.push_back({EntryChange::kDelete, key, owner, "", entry.value});
    discount(key, entry);
    return true;
  });
  SKEIN_ASSERT(!owners_.contains(owner));
  SKEIN_ASSERT(!entries_.empty() || digest_ == 0);
  return changes;
}

std::vector<EntryTable::Change> EntryTable::clear() {
  std::vector<Change> changes;
  for (const auto& [key, entry] : entries_)
    if (!entry.is_deleted) changes.push_back({EntryChange::kDelete, key, entry.owner, "", entry.value});
  size_t expected = 0;
  for (const auto& [owner, count] : owners_) expected += count;
  SKEIN_ASSERT(changes.size() == expected);
  entries_.clear();
  owners_.clear();
  digest_ = 0;
  return changes;
}

void EntryTable::count(const Key& key, const StoredEntry& entry) {
  if (entry.is_deleted) return;
  ++owners_[entry.owner];
  digest_ += entry_digest(key.first, key.second, entry.owner, entry.ltime);
}

void EntryTable::discount(const Key& key, const StoredEntry& entry) {
  if (entry.is_deleted) return;
  auto owner = owners_.find(entry.owner);
  SKEIN_ASSERT(owner != owners_.end() && owner->second > 0);
  if (--owner->second == 0) owners_.erase(owner);
  digest_ -= entry_digest(key.first, key.second, entry.owner, entry.ltime);
}

size_t EntryTable::reap(TimePoint now) {
  if (now < next_reap_) return 0;
  next_reap_ = TimePoint::never();
  return std::erase_if(entries_, [&](const auto& pair) {
    if (!pair.second.is_deleted) return false;
    if (pair.second.reap_at > now) next_reap_ = std::min(next_reap_, pair.second.reap_at);
    return pair.second.reap_at <= now;
  });
}

const StoredEntry* EntryTable::find(const Key& key) const {
  auto it = entries_.find(key);
  return it == entries_.end() ? nullptr : &it->second;
}

}  // namespace skein::gossip
