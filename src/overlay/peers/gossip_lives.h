// The names under which this host has gossiped, and which of them stand for
// nothing any more.
//
// When a daemon is replaced its containers go on, so the other hosts wait for
// what the next one tells. After a reboot there is nothing to wait for. The
// next daemon says so with its claim to be alive (memberlist's metadata), which
// is known wherever the host is known, on whatever networks it is, and whatever
// of its packets is lost. It also says which names it takes over from: once it
// has told all it has (host_entry.h), nothing else is left of theirs. A name that has ended stays so: deaths of further
// daemons, and names that linger in the tables of others, change nothing.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::overlay {

struct GossipLives {
  // Of each list; older names are forgotten, and what they told is waited for
  // in vain. As many as metadata has room for.
  static constexpr size_t kNamesMax = 16;

  std::vector<std::string> open;   // oldest first; some of what they told may be there
  std::vector<std::string> ended;  // nothing of what they told is there
  bool operator==(const GossipLives&) const = default;

  // Another life begins. `has_survivors`: some endpoint of an earlier one is
  // still there.
  void begin(const std::string& name, bool has_survivors);
};

// For the disk.
std::string format_lives(const GossipLives& lives);
Result<GossipLives> parse_lives(const std::string& text);

// For the others. What is no metadata of ours names nobody.
std::string format_member(const GossipLives& lives);
std::set<std::string> parse_ended_names(const std::string& metadata);
std::set<std::string> parse_earlier_names(const std::string& metadata);

}  // namespace skein::overlay
