#include "containers/health/probe_output.h"

#include <algorithm>

namespace skein::containers {

namespace {

constexpr size_t kFrameHeadBytes = 8;

size_t size_in(const std::string& head) {
  size_t size = 0;
  for (size_t at = 4; at < kFrameHeadBytes; ++at) size = size << 8 | static_cast<uint8_t>(head[at]);
  return size;
}

}  // namespace

void ProbeOutput::add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      const size_t taken = std::min(kFrameHeadBytes - head_.size(), bytes.size());
      head_ += bytes.substr(0, taken);
      bytes.remove_prefix(taken);
      if (head_.size() < kFrameHeadBytes) return;
      left_ = size_in(head_);
      head_.clear();
      continue;
    }
    const size_t taken = std::min(left_, bytes.size());
    const size_t wanted = std::min(taken, kBytesMax - kept_.size());
    kept_ += bytes.substr(0, wanted);
    is_cut_ |= wanted < taken;
    left_ -= taken;
    bytes.remove_prefix(taken);
  }
}

std::string ProbeOutput::text() const { return is_cut_ ? kept_ + "..." : kept_; }

}  // namespace skein::containers
