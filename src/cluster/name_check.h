// Characters of the names that users give. Pure.
#pragma once

namespace skein::cluster {

// An ASCII letter or digit.
inline bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace skein::cluster
