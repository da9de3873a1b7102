// Making and removing whole labs.
#pragma once

#include <string>

#include "base/result.h"
#include "cmd/lab/network/layout.h"

namespace skein::lab {

// Makes the lab and returns when every daemon answers and has the image. What was made is removed again on failure.
Result<void> make_lab(const Spec& spec);

// Removes all that belongs to the lab, whole, half-made or crashed: processes and so mounts and network, cgroups,
// files. NotFound if there is nothing.
Result<void> remove_lab(const std::string& lab);

// As if the machine's power failed and came back: its processes, memory, network and all that its kernel held for it
// are gone, its disks are as they were; its daemon, if it has one, is started as before, without waiting for it to
// answer.
Result<void> reboot_machine(const std::string& lab, const Machine& machine);

// Drops frames between `machine` and `peer`, or all others if `peer` is empty.
Result<void> cut_off(const std::string& lab, const std::string& machine, const std::string& peer);
Result<void> heal(const std::string& lab);

}  // namespace skein::lab
