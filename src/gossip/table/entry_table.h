// The entries of one network: (table, key) -> owner, Lamport time, value; deleted ones stay as tombstones for a while,
// so that a late copy does not bring them back. The higher Lamport time wins, whoever owns it, except over our own live
// entries, which nobody else can change.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gossip/base/config.h"
#include "gossip/base/events.h"
#include "gossip/base/lamport.h"

namespace skein::gossip {

struct StoredEntry {
  std::string owner;
  LamportTime ltime = 0;
  std::string value;  // a tombstone keeps the last one, as it is sent with the deletion
  bool is_deleted = false;
  TimePoint reap_at;  // of a tombstone
};

class EntryTable {
 public:
  using Key = std::pair<std::string, std::string>;  // table, key: bulk syncs are sent in this order

  // Twice (live and deleted) two tables of a whole /16 network.
  static constexpr size_t kEntriesMax = 4 * 65536;

  struct Change {
    EntryChange kind = EntryChange::kCreate;
    Key key;
    std::string owner, value, previous;
  };
  struct Verdict {
    bool is_news = false;          // stored, and worth passing on
    std::optional<Change> change;  // as a reader of live entries sees it
  };

  // What somebody says about an entry.
  Verdict apply(const Key& key, StoredEntry entry, const std::string& self);
  // A member is gone, and with it its live entries, without tombstones: when it returns the same entries are welcome.
  // Tombstones stay, against late copies.
  std::vector<Change> drop_owner(const std::string& owner);
  std::vector<Change> clear();
  size_t reap(TimePoint now);  // how many tombstones are gone

  const StoredEntry* find(const Key& key) const;
  // Who has live entries, and how many.
  const std::map<std::string, size_t>& owners() const { return owners_; }
  const std::map<Key, StoredEntry>& all() const { return entries_; }
  // Equal for tables of equal live entries (table_digest.h).
  uint64_t digest() const { return digest_; }

 private:
  void count(const Key& key, const StoredEntry& entry);
  void discount(const Key& key, const StoredEntry& entry);

  TimePoint next_reap_ = TimePoint::never();  // of no tombstone the time comes before
  std::map<Key, StoredEntry> entries_;
  std::map<std::string, size_t> owners_;
  uint64_t digest_ = 0;
};

}  // namespace skein::gossip
