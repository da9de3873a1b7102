#include "manager/image_reference.h"

#include <algorithm>

namespace skein::manager {
namespace {

constexpr size_t kRepositoryMax = 255;  // of the part before tag and digest
constexpr size_t kTagMax = 128;
constexpr size_t kImageIdDigits = 64;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Runs of [a-z0-9] with ".", "_", "__" or any number of "-" between them.
bool is_path_component(std::string_view text) {
  size_t at = 0;
  auto take_run = [&] {
    size_t start = at;
    while (at < text.size() && (is_lower(text[at]) || is_digit(text[at]))) ++at;
    return at > start;
  };
  if (!take_run()) return false;
  while (at < text.size()) {
    if (text[at] == '-')
      at = std::min(text.find_first_not_of('-', at), text.size());
    else if (text.substr(at).starts_with("__"))
      at += 2;
    else if (text[at] == '.' || text[at] == '_')
      at += 1;
    else
      return false;
    if (!take_run()) return false;
  }
  return true;
}

bool is_host_label(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

// "registry.example:5000", "10.0.0.1", "[fd00::1]:5000"
bool is_registry(std::string_view text) {
  size_t colon = text.find(':', text.starts_with('[') ? std::min(text.find(']'), text.size() - 1) : 0);
  if (colon != std::string_view::npos) {
    std::string_view port = text.substr(colon + 1);
    if (port.empty() || !std::all_of(port.begin(), port.end(), is_digit)) return false;
    text = text.substr(0, colon);
  }
  if (text.starts_with('['))
    return text.size() > 2 && text.ends_with(']') &&
           std::all_of(text.begin() + 1, text.end() - 1, [](char c) { return is_hex(c) || c == ':'; });
  while (true) {
    size_t dot = text.find('.');
    if (!is_host_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_tag(std::string_view text) {
  auto is_word = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  return !text.empty() && text.size() <= kTagMax && is_word(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

// "sha256:" and hexadecimal digits; other algorithms are allowed.
bool is_digest(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return false;
  std::string_view algorithm = text.substr(0, colon), digits = text.substr(colon + 1);
  return digits.size() >= 32 && std::all_of(digits.begin(), digits.end(), is_hex) &&
         std::all_of(algorithm.begin(), algorithm.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '+' || c == '.' || c == '-' || c == '_';
         });
}

}  // namespace

bool is_image_reference(std::string_view text) {
  if (size_t at = text.find('@'); at != std::string_view::npos) {
    if (!is_digest(text.substr(at + 1))) return false;
    text = text.substr(0, at);
  }
  size_t slash = text.rfind('/');
  if (size_t colon = text.rfind(':');
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    if (!is_tag(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  if (text.empty() || text.size() > kRepositoryMax) return false;
  if (text.size() == kImageIdDigits && std::all_of(text.begin(), text.end(), is_hex)) return false;
  // What stands before the first slash is a registry if it looks like one.
  size_t first = text.find('/');
  std::string_view head = text.substr(0, first);
  bool names_registry = first != std::string_view::npos &&
                        (head.find_first_of(".:[") != std::string_view::npos || head == "localhost" ||
                         std::any_of(head.begin(), head.end(), [](char c) { return is_letter(c) && !is_lower(c); }));
  if (names_registry) {
    if (!is_registry(head)) return false;
    text.remove_prefix(first + 1);
  }
  while (true) {
    first = text.find('/');
    if (!is_path_component(text.substr(0, first))) return false;
    if (first == std::string_view::npos) return true;
    text.remove_prefix(first + 1);
  }
}

}  // namespace skein::manager
