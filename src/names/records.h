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
void add_record(Zone& zone, const networkdb::EndpointRecord& record, Ipv4 address);

// The same of a task on its way out (service_disabled), after all others: it has no names, but as long as no other
// gives the names of its service a meaning, they go on meaning its virtual address. So the name of a service outlasts
// the update of its only task, and that of a removed service is a new one's at once.
void add_draining(Zone& zone, const networkdb::EndpointRecord& record);

// Every name to which one of the two may give a meaning, in lower case.
std::vector<std::string> names_in(const networkdb::EndpointRecord& record);

}  // namespace skein::names
