// Which members' tables were equal to ours when they last answered a ping. A periodic bulk sync costs both sides all
// entries; who has just seen that there is nothing to exchange does without. Pure.
#pragma once

#include <map>
#include <string>

#include "base/time/clock.h"

namespace skein::gossip {

class Agreements {
 public:
  enum class Finding { kUnknown, kEqual, kDiffers };

  void found(const std::string& peer, bool is_equal, TimePoint now) {
    findings_[peer] = {is_equal ? Finding::kEqual : Finding::kDiffers, now};
  }
  // The peer is gone, or has just been synced with.
  void forget(const std::string& peer) { findings_.erase(peer); }
  // kUnknown if nothing was found since then.
  Finding of(const std::string& peer, TimePoint since) const {
    auto known = findings_.find(peer);
    return known == findings_.end() || known->second.at < since ? Finding::kUnknown : known->second.finding;
  }

 private:
  struct Found {
    Finding finding = Finding::kUnknown;
    TimePoint at;
  };
  std::map<std::string, Found> findings_;  // of active members only
};

}  // namespace skein::gossip
