// The names that an endpoint of another host stands for, from what gossip tells of it. Pure.
#pragma once

#include "names/zone.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::names {

// Containers and tasks have their own names and aliases. The name of a service, and its aliases, mean its virtual
// address, or all its tasks if it has none (DNS round robin); with "tasks." before them they mean the tasks.
void add_record(Zone& zone, const networkdb::EndpointRecord& record, Ipv4 address);

}  // namespace skein::names
