// Docker's frames of a container's two outputs, as their content. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::engine {

class StreamContent {
 public:
  // What these bytes of the stream have of it.
  std::string take(std::string_view bytes);

 private:
  static constexpr size_t kHeadBytes = 8, kSizeAt = 4;
  std::string head_;
  uint32_t left_ = 0;  // of the frame whose head is over
};

}  // namespace skein::engine
