#include "cmd/cli/daemon/frames.h"

#include <algorithm>
#include <cstdint>

namespace skein::cli {

namespace {

constexpr size_t kHeaderBytes = 8;

char control_key(std::string_view name) {
  if (name.size() == 1) return name[0];
  if (!name.starts_with("ctrl-") || name.size() != 6) return 0;
  const char key = name[5];
  if (key >= 'a' && key <= 'z') return static_cast<char>(key - 'a' + 1);
  const size_t index = std::string_view("@[\\]^_").find(key);
  if (index == std::string_view::npos) return 0;
  return static_cast<char>(index == 0 ? 0 : 26 + index);
}

}  // namespace

bool FrameReader::read(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (bytes_left_ == 0) {
      const size_t count = std::min(kHeaderBytes - header_.size(), bytes.size());
      header_.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      if (header_.size() < kHeaderBytes) return true;
      const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(header_[i])); };
      if (byte(0) > 3 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) return false;
      stream_ = static_cast<Stream>(byte(0));
      bytes_left_ = byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
      header_.clear();
      continue;
    }
    const size_t count = std::min<size_t>(bytes_left_, bytes.size());
    bytes_left_ -= static_cast<uint32_t>(count);
    sink(stream_, bytes.substr(0, count));
    bytes.remove_prefix(count);
  }
  return true;
}

DetachKeys::DetachKeys(std::string_view keys) {
  while (!keys.empty()) {
    const size_t comma = std::min(keys.find(','), keys.size());
    const char key = control_key(keys.substr(0, comma));
    if (key == 0) {
      sequence_.clear();
      return;
    }
    sequence_ += key;
    keys.remove_prefix(std::min(comma + 1, keys.size()));
  }
}

std::string DetachKeys::filter(std::string_view typed) {
  std::string sent;
  for (const char key : typed) {
    if (is_complete_) break;
    if (sequence_.empty()) {
      sent += key;
      continue;
    }
    if (key != sequence_[matched_]) {
      sent += sequence_.substr(0, matched_);
      matched_ = 0;
    }
    if (key == sequence_[matched_]) {
      is_complete_ = ++matched_ == sequence_.size();
    } else {
      sent += key;
    }
  }
  return sent;
}

}  // namespace skein::cli
