// What a host of ours tells of itself on each network that it is on: its one entry in the table "skein_host", under its
// gossip name. One for all of it, so that rolling updates leave no trail of deleted entries in everybody's tables.
// Docker Engines pass it on. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace skein::overlay {

inline constexpr const char* kHostTable = "skein_host";

// The first 16 hex digits of the key of an endpoint's records. Keys of our hosts are random.
using Receipt = uint64_t;

// As many as a gossip packet holds beside what wraps them; a host that owes more sends the lowest.
inline constexpr size_t kReceiptsMax = 128;

struct HostEntry {
  std::set<Receipt> receipts;  // drain_receipts.h
  // So many records the host has told in each table as its gossip began, for all that survived its earlier lives. Who
  // has so many of it need not wait for more. Zero until they are told.
  uint32_t told_peers = 0, told_endpoints = 0;
  bool operator==(const HostEntry&) const = default;
};

std::string format_host_entry(const HostEntry& entry);
// What is no entry says nothing.
HostEntry parse_host_entry(const std::string& value);

}  // namespace skein::overlay
