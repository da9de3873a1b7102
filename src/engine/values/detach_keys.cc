#include "engine/values/detach_keys.h"

#include <algorithm>
#include <optional>

namespace skein::engine {

namespace {

constexpr std::string_view kDefaultKeys = "\x10\x11";  // ctrl-p, ctrl-q
constexpr std::string_view kControl = "ctrl-";

std::optional<char> key_of(std::string_view word) {
  if (word.size() == 1) return word[0];
  if (!word.starts_with(kControl) || word.size() != kControl.size() + 1) return std::nullopt;
  const char key = word.back();
  if (key >= 'a' && key <= 'z') return static_cast<char>(key - 'a' + 1);
  if (key == '@' || (key >= '[' && key <= '_')) return static_cast<char>(key - '@');
  return std::nullopt;
}

}  // namespace

Result<std::string> parse_detach_keys(const std::string& text) {
  std::string keys;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const auto key = key_of(std::string_view(text).substr(begin, end - begin));
    if (!key || end + 1 == text.size())
      return make_error(Code::kUnknown, "Invalid escape keys (" + text + ") provided");
    keys += *key;
    begin = end + 1;
  }
  return keys;
}

DetachKeys::DetachKeys(std::string keys) : keys_(keys.empty() ? kDefaultKeys : std::move(keys)) {}

DetachKeys::Typed DetachKeys::add(std::string_view bytes) {
  Typed typed;
  for (const char byte : bytes) {
    // What was taken for the beginning of the keys was none: it goes on, as far as the rest is no beginning either.
    const std::string seen = keys_.substr(0, matched_) + byte;
    matched_ = seen.size();
    while (!keys_.starts_with(std::string_view(seen).substr(seen.size() - matched_))) --matched_;
    typed.passed.append(seen, 0, seen.size() - matched_);
    if (matched_ < keys_.size()) continue;
    matched_ = 0;
    typed.is_detached = true;
    return typed;
  }
  return typed;
}

}  // namespace skein::engine
