// The keys by which a user leaves a terminal without ending what runs in it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::engine {

// "ctrl-p,ctrl-q" → the bytes of the keys; "" → "".
Result<std::string> parse_detach_keys(const std::string& text);

// Looks for the keys in what is typed.
class DetachKeys {
 public:
  // The default ones if `keys` is empty.
  explicit DetachKeys(std::string keys);

  struct Typed {
    std::string passed;        // what goes on to the process
    bool is_detached = false;  // the keys came; what follows them is lost
  };
  // Keeps back what may be the beginning of the keys.
  Typed add(std::string_view bytes);

 private:
  std::string keys_;
  size_t matched_ = 0;  // of keys_
};

}  // namespace skein::engine
