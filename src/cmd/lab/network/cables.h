// How a lab's machines are connected: the commands for ip(8) and nft(8), as text.
//
// One bridge in the switch's network namespace; each machine has a veth whose far end on the bridge bears its name.
// Nothing filters on the bridge but the cuts, a set of pairs of ports between which frames are dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/lab/network/layout.h"

namespace skein::lab {

// For `ip -batch -` in the switch's namespace.
std::string switch_batch(const Spec& spec);

// For `ip -batch -` in the switch's namespace: plugs the machine whose init has `pid` (in our own pid namespace).
std::string plug_batch(const Spec& spec, const Machine& machine, int pid);

// For `ip -batch -` in the switch's namespace: undoes it.
std::string unplug_batch(const Machine& machine);

// For `ip -batch -` in the machine's namespace, after plugging. Addresses are usable at once (no duplicate detection).
std::string address_batch(const Spec& spec, const Machine& machine);

// For `ip -batch -` in the machine's namespace, last: TCP over the switch uses cubic, whatever the machine prefers, so
// that figures compare. By route, since a namespace may not choose a default that the machine reserves for root. Fails
// where the kernel has no cubic.
std::string congestion_batch(const Machine& machine);

// For `nft -f -` in the switch's namespace.
std::string cut_table();
std::string cut_rules(const Machine& machine, const std::vector<Machine>& peers);
std::string heal_rules();

}  // namespace skein::lab
