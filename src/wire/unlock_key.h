// The key that unlocks a swarm's managers after a restart: 32 bytes, for users "SWMKEY-1-<base64 without padding>". It
// is on no disk in clear. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace skein::wire {

inline constexpr size_t kUnlockKeyBytes = 32;

std::string make_unlock_key(Random& random);
std::string format_unlock_key(std::string_view key);  // none, for none
// As Docker reads it: of any length, so that one of a wrong length is a wrong key. kInvalidArgument "invalid key
// string".
Result<std::string> parse_unlock_key(std::string_view text);

}  // namespace skein::wire
