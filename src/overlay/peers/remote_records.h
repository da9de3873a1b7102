// What this host believes about the endpoints of other hosts: what gossip tells, held on to across the moments in which
// gossip itself starts over. Pure.
//
// An entry that its owner took back is gone at once. One that merely vanished is kept: a daemon that dies, or is
// replaced, leaves its containers running, and who talks to them must not notice. How long it is kept, and with its
// names or without, depends on what is seen of its host.
//
// The way to an endpoint is told by one entry and its names by another, and packets overtake each other. Where only the
// first is heard of an endpoint that had names, it keeps them, until they are told, taken back, or waited for in vain.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "overlay/peers/remote_index.h"
#include "overlay/peers/remote_record.h"

namespace skein::overlay {

class RemoteRecords {
 public:
  // For a host that is there. Longer than gossip needs to find
  // out which of several names at one address is the living one: a probe, a suspicion (5 s in small clusters) and a
  // bulk sync.
  static constexpr Duration kReturnPatience = std::chrono::seconds(15);
  // So shortly before the end of that patience it must have been heard of: then it has nothing to tell. If not, it may
  // have died meanwhile and counts as silent; when it is heard of again, it gets the patience anew.
  static constexpr Duration kSignOfLife = std::chrono::seconds(5);
  static constexpr Duration kStartPatience = std::chrono::seconds(30);  // for all hosts after our own start
  // For a host of which nothing is seen. Only its daemon may be dead: where to reach its containers stays known, and
  // what they are backends of, so that connections go on; but they get no new ones, and their names go, as the host may
  // be dead itself.
  static constexpr Duration kSilencePatience = std::chrono::hours(1);

  explicit RemoteRecords(TimePoint start) : start_(start) {}

  using Id = std::pair<std::string, std::string>;  // network, key

  // What gossip knows now of the networks that this host is on: all of it, or what has changed since the last time.
  struct Snapshot {
    std::vector<RemoteRecord> records;
    // If set, `records` are the new and changed ones only, and these are the ones that are not told any more.
    std::optional<std::set<Id>> no_longer_told;
    std::set<std::string> networks;
    // What follows matters for records that are not told, and need not be there while there are none.
    std::set<Id> names_taken_back;                          // of records that are told without names
    std::set<Id> deleted;                                   // what owners took back
    std::set<std::pair<std::string, std::string>> leavers;  // network, owner: who has nothing on it any more
    // network, owner: whose next life has told on it what is left of theirs.
    std::set<std::pair<std::string, std::string>> succeeded;
    std::set<std::string> ended;  // owners who have nothing anywhere, as their host was rebooted (gossip_lives.h)
    // Hosts of which a daemon is held for up, by any name, and when something came from there last. A host that was
    // restarted often is known by many names, and each may be found dead later than the last of them has died.
    std::map<Ipv4, TimePoint> live_hosts;
    // Silent hosts that are known to be dead: what they had is gone, and connections to it are better told so.
    std::set<Ipv4> dead_hosts;
  };
  void update(const Snapshot& snapshot, TimePoint now);
  // From here on the others can be heard: the start's patience begins.
  void begin_hearing(TimePoint now);

  // In the order of network and key.
  std::vector<RemoteRecord> of_network(const std::string& network) const;
  // Those of the network with these keys.
  std::vector<RemoteRecord> of_keys(const std::string& network, const RemoteIndex::Keys& keys) const;
  const RemoteIndex& index(const std::string& network) const;
  // Changes when hosts come to a network or leave it.
  uint64_t hosts_version() const { return hosts_version_; }
  // What is believed although gossip does not tell it.
  const std::set<Id>& untold() const { return untold_; }
  // Something is believed that is waited for.
  bool is_unsettled() const { return !untold_.empty() || !loans_.empty(); }
  std::set<Ipv4> silent_hosts() const;
  // Addresses at which something has changed since this was asked last, by network.
  std::map<std::string, std::set<Ipv4>> take_touched() { return std::exchange(touched_, {}); }
  // When update() would change something without new input.
  TimePoint next_deadline() const;

  // For the disk: what is believed, without deadlines, a line for each record. Who was silent stays so until it is told
  // again. take_changes() are the lines to be appended to what was text() when it was asked last; load() reads all of
  // it. A last line without an end was being written when the daemon died.
  std::string text();
  std::string take_changes();
  size_t size() const { return believed_.size(); }
  Result<void> load(const std::string& text);

 private:
  // kUnheard: its host is held for up, but nothing comes from there.
  enum class Phase { kTold, kStarting, kReturned, kUnheard, kSilent };
  struct Believed {
    RemoteRecord record;
    Phase phase = Phase::kTold;
    TimePoint until = TimePoint::never();  // end of the phase
    TimePoint unheard_since;               // of kUnheard
    bool was_told = false;                 // by gossip, since our start
  };
  // Names that are not told (yet).
  struct Loan {
    std::string lender;  // owner of the record that had them
    TimePoint until;
  };
  void learn(const RemoteRecord& record);
  std::optional<Loan> borrow_names(RemoteRecord& record, const Snapshot& snapshot, TimePoint now) const;
  const RemoteRecord* lender_of(const RemoteRecord& record) const;
  void review_loans(const Snapshot& snapshot, TimePoint now);
  void forget(std::map<Id, Believed>::iterator which);
  void review_untold(const Snapshot& snapshot, TimePoint now);
  bool is_withdrawn(const RemoteRecord& record, const Snapshot& snapshot) const;
  bool is_still_believed(Believed& believed, const Snapshot& snapshot, TimePoint now) const;
  bool is_still_awaited(Believed& believed, TimePoint heard_at, TimePoint now) const;  // of a host that is held for up
  void enter(Phase phase, Believed& believed, TimePoint now) const;

  TimePoint start_;
  std::map<Id, Believed> believed_;
  std::set<Id> untold_;
  std::map<Id, Loan> loans_;
  uint64_t hosts_version_ = 0;
  std::map<std::string, RemoteIndex> indices_;  // of believed_, by network
  std::map<std::string, std::set<Ipv4>> touched_;
  std::set<Id> changed_;  // since the disk was told
};

}  // namespace skein::overlay
