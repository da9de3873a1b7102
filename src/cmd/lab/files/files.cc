#include "cmd/lab/files/files.h"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/time/clock.h"

namespace skein::lab {
namespace fs = std::filesystem;

Error errno_error(const std::string& what) { return make_error(Code::kInternal, what, std::strerror(errno)); }

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file) return errno_error("read " + path.string());
  content << file.rdbuf();
  return content.str();
}

Result<void> write_file(const fs::path& path, std::string_view content) {
  const fs::path part = path.string() + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file || rename(part.c_str(), path.c_str()) != 0) return errno_error("write " + path.string());
  return {};
}

Result<void> write_existing(const fs::path& path, std::string_view content) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    return errno_error("write " + path.string());
  return {};
}

Result<void> make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return make_error(Code::kInternal, "make folder " + path.string(), error.message());
  return {};
}

bool wait_until(int timeout_ms, const std::function<bool()>& is_done) {
  const TimePoint deadline = system_clock().now() + std::chrono::milliseconds(timeout_ms);
  while (!is_done()) {
    if (system_clock().now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace skein::lab
