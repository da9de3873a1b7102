// AES-GCM (NIST SP 800-38D) with a nonce drawn at random in front and the tag behind:  nonce (12) | ciphertext | tag
// (16)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace skein::wire {

inline constexpr size_t kGcmNonceBytes = 12, kGcmTagBytes = 16;
inline constexpr size_t kGcmBytesMax = 64 << 20;  // of what is sealed, and of what is authenticated with it

// `key` has 16, 24 or 32 bytes; so many times may it be used that no two nonces are ever the same (2^32).
std::string gcm_seal(const std::string& key, std::string_view plain, std::string_view authenticated, Random& random);
// Nothing if this is not what was sealed with this key, or not with this beside it.
std::optional<std::string> gcm_open(const std::string& key, std::string_view sealed, std::string_view authenticated);

}  // namespace skein::wire
