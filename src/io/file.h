// Small files of state: read whole, written so that a crash leaves either the old or the new content.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::io {

// kNotFound when the file does not exist; kDataLoss beyond 64 MiB.
Result<std::string> read_file(const std::string& path);

// Writes beside the file, syncs, renames, syncs the directory.
Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode);

// One that is missing is as good as removed.
Result<void> remove_file(const std::string& path);

// With missing parents; existing ones keep their mode.
Result<void> make_directories(const std::string& path, mode_t mode);

}  // namespace skein::io
