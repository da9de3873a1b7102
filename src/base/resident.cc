#include "base/resident.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace skein {

namespace {

std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// "55d0c0a00000-55d0c0b00000 r-xp 00000000 fe:00 1234    /usr/bin/x"; false for a line about the mapping before it.
bool parse_head(std::string_view line, Mapping& mapping, bool& is_readable_again) {
  const size_t dash = line.find('-'), space = line.find(' ');
  if (dash == std::string_view::npos || space == std::string_view::npos || dash > space) return false;
  if (std::from_chars(line.data(), line.data() + dash, mapping.begin, 16).ptr != line.data() + dash) return false;
  if (std::from_chars(line.data() + dash + 1, line.data() + space, mapping.end, 16).ptr != line.data() + space)
    return false;
  const std::string_view permissions = line.substr(space + 1, 4);
  is_readable_again =
      permissions.starts_with("r-") && permissions.ends_with('p') && line.find(" /") != std::string_view::npos;
  return true;
}

}  // namespace

std::vector<Mapping> mappings_to_read_again(std::string_view smaps) {
  constexpr std::string_view kOwnPages = "Anonymous:";
  std::vector<Mapping> out;
  Mapping mapping;
  bool is_readable_again = false;
  while (!smaps.empty()) {
    const std::string_view line = next_line(smaps);
    if (parse_head(line, mapping, is_readable_again) || !is_readable_again || !line.starts_with(kOwnPages)) continue;
    const std::string_view amount = line.substr(kOwnPages.size());
    if (amount.substr(std::min(amount.size(), amount.find_first_not_of(' '))) == "0 kB") out.push_back(mapping);
  }
  return out;
}

Result<void> give_back_file_pages() {
  std::ifstream file("/proc/self/smaps");
  const std::string smaps{std::istreambuf_iterator<char>(file), {}};
  if (smaps.empty()) return make_error(Code::kInternal, "give back pages of files", "/proc/self/smaps cannot be read");
  for (const Mapping& mapping : mappings_to_read_again(smaps))
    if (syscall(SYS_madvise, mapping.begin, mapping.end - mapping.begin, MADV_DONTNEED) != 0)
      return make_error(Code::kInternal, "give back pages of files", std::strerror(errno));
  return {};
}

}  // namespace skein
