// The rules of nft by which packets for published ports of services come to the routing mesh. Pure text; what it names
// with a dollar sign, firewall_rules defines.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/diff.h"

namespace skein::kernel::net {

// A named set or map. nft takes no empty list of elements.
std::string named(const std::string& name, const std::string& properties, const std::vector<std::string>& items);

// What sets and maps contain that follow the published ports: by set ("inet skein mesh") the value of each key; empty
// in sets.
using Elements = std::map<std::string, std::map<std::string, std::string>>;

// The set `mesh`: ports through which clients come in, as protocol and port.
std::string mesh_set();

// For the table of both families, chains that lead to the mesh: `lead` connections of containers, `lead_own` those of
// the host's own programs, `lead_to_container` theirs by IPv6 to ports of containers.
std::string mesh_leads(const plan::Intent& intent);

Elements mesh_elements(const plan::Intent& intent, bool has_ipv6);

// The tables by which what is meant for the host comes to the mesh; empty where the host takes no part.
std::string mesh_tables(const plan::Intent& intent, bool has_ipv6);

}  // namespace skein::kernel::net
