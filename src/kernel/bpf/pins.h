// The bpffs directory in which maps and links outlive the daemon.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace skein::kernel::bpf {

// Makes the directory, inside a bpffs. /sys/fs/bpf gets its customary mount if it has none; any other directory that is
// not in a bpffs becomes the mount point of a new one.
Result<void> make_pin_directory(const std::string& directory);

// Names of the entries; a directory that does not exist has none.
std::vector<std::string> list_pins(const std::string& directory);

}  // namespace skein::kernel::bpf
