// Room in the kernel's tables of neighbours, which all network namespaces of a machine share (neighbour.c: 1024 entries
// by default): every simulated machine knows every other, so that 33 of them fill a table, and the rest are out of
// reach.
#pragma once

#include <string>

#include "base/result.h"
#include "cmd/lab/network/layout.h"

namespace skein::lab {

// Entries of one table that labs may need while this one is there.
size_t neighbours_of(const Spec& spec);

// Raises the limits where they are lower; they stay when the lab goes, and take no memory by themselves. `sysctls` is
// /proc/sys/net, as the first network namespace of the machine has it.
Result<void> make_room_for_neighbours(const Spec& spec, const std::string& sysctls = "/proc/sys/net");

}  // namespace skein::lab
