// Small doors to the system that the lab's parts share: whole files, errors of system calls, waiting for a condition.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"

namespace skein::lab {

// Says `what` failed, with errno's text as the cause.
Error errno_error(const std::string& what);

Result<std::string> read_file(const std::filesystem::path& path);
// Replaces the file by rename, so that no reader ever sees a part.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);
// One write(2) to a file that must exist, as the kernel's control files want it.
Result<void> write_existing(const std::filesystem::path& path, std::string_view content);
Result<void> make_folders(const std::filesystem::path& path);

// Asks `is_done` every 20 ms; false when `timeout_ms` have passed without a yes.
bool wait_until(int timeout_ms, const std::function<bool()>& is_done);

}  // namespace skein::lab
