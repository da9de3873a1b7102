#include "cmd/cli/words/units.h"

#include <array>
#include <cstdio>
#include <span>

namespace skein::cli {

namespace {

constexpr int64_t kSecond_ns = 1'000'000'000;

std::string scaled(double size, double base, std::span<const char* const> units, int digits) {
  size_t unit = 0;
  while (size >= base && unit + 1 < units.size()) {
    size /= base;
    ++unit;
  }
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*g%s", digits, size, units[unit]);
  return text.data();
}

}  // namespace

Result<std::string> moment_parameter(std::string_view text, WallTime now) {
  SKEIN_TRY_ASSIGN(const WallTime moment, parse_moment(text, now));
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return std::string(text);
  std::array<char, 48> formatted{};
  std::snprintf(formatted.data(), formatted.size(), "%lld.%09lld", static_cast<long long>(moment.ns / kSecond_ns),
                static_cast<long long>(moment.ns % kSecond_ns));
  return std::string(formatted.data());
}

std::string show_time(WallTime time, bool with_fraction) {
  std::string text = time.rfc3339();
  text.resize(with_fraction ? text.find_last_not_of("0Z") + 1 : std::min<size_t>(text.size(), 19));
  if (text.ends_with('.')) text.pop_back();
  text[10] = ' ';
  return text + " +0000 UTC";
}

std::string show_age(WallTime then, WallTime now) {
  if (then.ns <= 0) return "";
  return show_duration(now - then) + " ago";
}

std::string show_size(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  return scaled(bytes, 1000, kUnits, 3);
}

std::string show_binary_size(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  return scaled(bytes, 1024, kUnits, 4);
}

size_t character_count(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

std::string ellipsis(std::string_view text, size_t length) {
  if (character_count(text) <= length) return std::string(text);
  size_t end = 0;
  for (size_t count = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && ++count == length) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string short_id(std::string_view id) {
  if (const size_t colon = id.find(':'); colon != std::string_view::npos) id.remove_prefix(colon + 1);
  return std::string(id.substr(0, 12));
}

std::string capitalized(std::string_view text) {
  std::string result(text);
  if (!result.empty() && result[0] >= 'a' && result[0] <= 'z') result[0] = static_cast<char>(result[0] - 0x20);
  return result;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  }
  return result;
}

}  // namespace skein::cli
