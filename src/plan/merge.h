// A part of an intent put into the whole, at the cost of the part. Pure.
//
// What the tables of the data path say of an address depends on the endpoints there, on the service that they belong
// to, and on its other backends. So an intent that was compiled from those alone is right about their addresses, and
// everything else stays as it is.
#pragma once

#include <map>
#include <set>

#include "plan/diff.h"
#include "plan/intent.h"

namespace skein::plan {

// Whole groups of addresses that hang together, by network.
using Part = std::map<Vni, std::set<Ipv4>>;

// Makes `whole` say of `part` what `compiled` says; returns what that changes in the tables, in the order of diff().
Changes merge_tables(Intent& whole, const Intent& compiled, const Part& part);

// All but the tables of endpoints and services, of which `compiled` has a part.
void take_rest(Intent& whole, const Intent& compiled);
// The links of these endpoints are taken for not made.
void forget_links(Intent& whole, const std::set<std::string>& endpoint_ids);

}  // namespace skein::plan
