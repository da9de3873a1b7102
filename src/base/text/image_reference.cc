#include "base/text/image_reference.h"

#include <algorithm>
#include <string>

namespace skein {
namespace {

constexpr size_t kPathMax = 255;
constexpr size_t kTagMax = 128;
constexpr size_t kImageIdDigits = 64;
constexpr size_t kDigestDigitsMin = 32;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_lower_hex(char c) { return is_ascii_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_hex(char c) { return is_lower_hex(c) || (c >= 'A' && c <= 'F'); }
bool is_id(std::string_view text) { return text.size() == kImageIdDigits && std::ranges::all_of(text, is_lower_hex); }

// Runs of [a-z0-9] with ".", "_", "__" or any number of "-" between them.
bool is_path_component(std::string_view text) {
  size_t at = 0;
  auto take_run = [&] {
    size_t start = at;
    while (at < text.size() && (is_lower(text[at]) || is_ascii_digit(text[at]))) ++at;
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
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_ascii_digit(c) || c == '-'; });
}

// "registry.example:5000", "10.0.0.1", "[fd00::1]:5000"
bool is_registry(std::string_view text) {
  size_t colon = text.find(':', text.starts_with('[') ? std::min(text.find(']'), text.size() - 1) : 0);
  if (colon != std::string_view::npos) {
    std::string_view port = text.substr(colon + 1);
    if (port.empty() || !std::all_of(port.begin(), port.end(), is_ascii_digit)) return false;
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
  auto is_word = [](char c) { return is_letter(c) || is_ascii_digit(c) || c == '_'; };
  return !text.empty() && text.size() <= kTagMax && is_word(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool is_path(std::string_view text) {
  while (true) {
    const size_t slash = text.find('/');
    if (!is_path_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

Error refused(const std::string& why) { return make_error(Code::kInvalidArgument, why); }
Error misformed() { return refused("invalid reference format"); }

// Whether it looks like one, known by it or not.
bool has_form_of_digest(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_letter(text.front())) return false;
  const std::string_view algorithm = text.substr(0, colon), digits = text.substr(colon + 1);
  return digits.size() >= kDigestDigitsMin && std::ranges::all_of(digits, is_hex) &&
         std::ranges::all_of(algorithm, [](char c) {
           return is_letter(c) || is_ascii_digit(c) || c == '+' || c == '.' || c == '-' || c == '_';
         });
}

Result<void> check_digest(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view algorithm = text.substr(0, colon);
  const std::string_view digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const size_t wanted = algorithm == "sha256" ? 64 : algorithm == "sha384" ? 96 : algorithm == "sha512" ? 128 : 0;
  if (wanted == 0) return refused("unsupported digest algorithm");
  if (digits.size() != wanted) return refused("invalid checksum digest length");
  if (!std::ranges::all_of(digits, is_lower_hex)) return refused("invalid checksum digest format");
  return {};
}

// What stands before the first slash, if it looks like a registry.
std::string_view registry_of(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return "";
  const std::string_view head = text.substr(0, slash);
  const bool is_one =
      head.find_first_of(".:") != std::string_view::npos || head == "localhost" || std::ranges::any_of(head, is_upper);
  return is_one ? head : "";
}

}  // namespace

Result<void> check_image_reference(std::string_view text) {
  if (is_id(text))
    return refused("invalid repository name (" + std::string(text) + "), cannot specify 64-byte hexadecimal strings");
  const std::string_view registry = registry_of(text);
  if (!registry.empty()) text.remove_prefix(registry.size() + 1);
  const bool is_docker_hub = registry.empty() || registry == "docker.io" || registry == "index.docker.io";
  const std::string_view folder = is_docker_hub && text.find('/') == std::string_view::npos ? "library/" : "";
  const std::string_view before_tag = text.substr(0, text.find(':'));
  if (std::ranges::any_of(before_tag, is_upper))
    return refused("invalid reference format: repository name (" + std::string(folder) + std::string(before_tag) +
                   ") must be lowercase");
  if (!registry.empty() && !is_registry(registry)) return misformed();
  const size_t at = text.find('@');
  std::string_view path = text.substr(0, at);
  if (const size_t colon = path.find(':'); colon != std::string_view::npos) {
    if (!is_tag(path.substr(colon + 1))) return misformed();
    path = path.substr(0, colon);
  }
  if (!is_path(path)) return misformed();
  const std::string_view digest = at == std::string_view::npos ? "" : text.substr(at + 1);
  if (at != std::string_view::npos && !has_form_of_digest(digest)) return misformed();
  if (folder.size() + path.size() > kPathMax) return refused("repository name must not be more than 255 characters");
  return at == std::string_view::npos ? Result<void>() : check_digest(digest);
}

Result<void> check_image_reference_or_id(std::string_view text) {
  return is_id(text) || check_digest(text).ok() ? Result<void>() : check_image_reference(text);
}

}  // namespace skein
