// Small files of state: read whole, written so that a crash leaves either the old or the new content.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::io {

// kNotFound when the file does not exist; kDataLoss beyond 64 MiB.
Result<std::string> read_file(const std::string& path);

// Syncing costs some milliseconds. What a power failure must not take is worth them; what means nothing after one, or
// can be told again, is left to the kernel, and outlives the daemon all the same.
enum class Durability : uint8_t { kLeftToKernel, kSynced };

// Writes beside the file and renames; syncs the file before and the directory after, if so wanted.
Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode,
                                   Durability durability = Durability::kSynced);

// One that is missing is as good as removed.
Result<void> remove_file(const std::string& path);

// With missing parents; existing ones keep their mode.
Result<void> make_directories(const std::string& path, mode_t mode);

}  // namespace skein::io
