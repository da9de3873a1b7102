// A number for what a table of entries holds, by which two members see without sending them whether theirs are equal.
//
// The sum over all live entries, so that it follows each change at the cost of that change, in whatever order they
// came. Not against forgers: who can send entries has the swarm's key. Equal on all hosts and in all builds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gossip/base/lamport.h"

namespace skein::gossip {

uint64_t entry_digest(std::string_view table, std::string_view key, std::string_view owner, LamportTime ltime);
// Of one network's table among those of several networks; these are added up.
uint64_t network_digest(std::string_view network, uint64_t table);

// As an ack carries it in its payload: a byte that tells it from others' payloads, then 8 bytes, the highest first.
// Nothing if the payload is something else; Docker's engines send none and ignore ours.
std::string format_digest(uint64_t digest);
std::optional<uint64_t> parse_digest(std::string_view payload);

}  // namespace skein::gossip
