#include "wire/unlock_key.h"

#include <algorithm>

#include "base/bytes.h"

namespace skein::wire {

namespace {
constexpr std::string_view kUnlockKeyPrefix = "SWMKEY-1-";
}  // namespace

std::string make_unlock_key(Random& random) {
  std::string out(kUnlockKeyBytes, '\0');
  random.fill({reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

std::string format_unlock_key(std::string_view key) {
  if (key.empty()) return "";
  std::string out = std::string(kUnlockKeyPrefix) + to_base64(key);
  while (out.ends_with('=')) out.pop_back();
  return out;
}

// Of the standard alphabet alone: from_base64 also knows others.
Result<std::string> parse_unlock_key(std::string_view text) {
  const Error bad = invalid_argument("invalid key string");
  if (!text.starts_with(kUnlockKeyPrefix)) return bad;
  text.remove_prefix(kUnlockKeyPrefix.size());
  if (std::ranges::any_of(text, [](char c) { return c == '-' || c == '_' || c == '='; })) return bad;
  auto key = from_base64(text);
  return key.ok() ? key : bad;
}

}  // namespace skein::wire
