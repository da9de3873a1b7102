// The bpffs directory in which maps and links outlive the daemon.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::kernel::bpf {

// Makes the directory, inside a bpffs. /sys/fs/bpf gets its customary mount if it has none; any other directory that is
// not in a bpffs becomes the mount point of a new one.
Result<void> make_pin_directory(const std::string& directory);

// Names of the entries; a directory that does not exist has none.
std::vector<std::string> list_pins(const std::string& directory);

// Ends what a daemon of another layout left on this interface: its pins are in the directories beside `directory`.
// Those in which no interface is left are removed.
void retire_other_layouts(const std::string& directory, uint32_t interface);

// Removes the directory and its pins; what they alone kept alive ends.
void remove_pins(const std::string& directory);

// The pin of a link.
std::string link_pin(const std::string& directory, uint32_t interface);

}  // namespace skein::kernel::bpf
