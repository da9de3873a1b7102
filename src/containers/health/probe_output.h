// What a command in a container wrote, out of the engine's stream of frames, each with a head of eight bytes (stream,
// three zeros, size in network order). Both streams go into one text, of which the first 4096 bytes are kept, as Docker
// does for health checks. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::containers {

class ProbeOutput {
 public:
  static constexpr size_t kBytesMax = 4096;

  void add(std::string_view bytes);
  // With "..." at the end if there was more.
  std::string text() const;

 private:
  std::string head_;  // of the frame that comes next, as far as it is here
  size_t left_ = 0;   // of the frame
  std::string kept_;
  bool is_cut_ = false;
};

}  // namespace skein::containers
