// The names that an endpoint stands for, from its gossip record. Endpoints of this host and of others alike. Pure; the
// records of others are hostile input.
#pragma once

#include "names/zone.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::names {

// What of a record is listened to; names and aliases beyond it are left out.
inline constexpr int kAliasesMax = 256;       // of the container, and as many of its service
inline constexpr size_t kNameBytesMax = 253;  // longer ones cannot be asked for (RFC 1035 section 2.3.4)

// Containers and tasks have their own names and aliases. The name of a service, and its aliases, mean its virtual
// address, or all its tasks if it has none (DNS round robin); with "tasks." before them they mean the tasks.
// A task on its way out has no names, but its service goes on having its virtual address.
void add_record(Zone& zone, const networkdb::EndpointRecord& record, Ipv4 address);

}  // namespace skein::names
