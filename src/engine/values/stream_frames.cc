#include "engine/values/stream_frames.h"

#include <algorithm>

namespace skein::engine {

std::string StreamContent::take(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    if (left_ > 0) {
      const size_t size = std::min<size_t>(left_, bytes.size());
      out += bytes.substr(0, size);
      bytes.remove_prefix(size);
      left_ -= static_cast<uint32_t>(size);
      continue;
    }
    const size_t size = std::min(kHeadBytes - head_.size(), bytes.size());
    head_ += bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (head_.size() < kHeadBytes) break;
    for (size_t i = kSizeAt; i < kHeadBytes; ++i) left_ = left_ << 8 | static_cast<uint8_t>(head_[i]);
    head_.clear();
  }
  return out;
}

}  // namespace skein::engine
