#include "engine/exec/request/accounts.h"

#include <algorithm>
#include <charconv>

namespace skein::engine {

namespace {

constexpr uint32_t kIdMax = INT32_MAX;
constexpr std::string_view kDigits = "0123456789";

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::optional<uint32_t> id_of(std::string_view text) {
  uint32_t id = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (ec != std::errc() || end != text.data() + text.size() || id > kIdMax) return std::nullopt;
  return id;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

// Calls `visit` with the fields of each line that has at least `count` of them, until it says true.
template <class Visit>
void visit_lines(std::string_view file, size_t count, Visit visit) {
  for (std::string_view line : split_at(file, '\n')) {
    const auto fields = split_at(line, ':');
    if (fields.size() >= count && !fields[0].empty() && visit(fields)) return;
  }
}

struct PasswdEntry {
  std::string_view name;
  uint32_t uid, gid;
  std::string_view home;
};

template <class Test>
std::optional<PasswdEntry> find_passwd(const AccountFiles& files, Test is_wanted) {
  std::optional<PasswdEntry> found;
  visit_lines(files.passwd, 4, [&](const std::vector<std::string_view>& fields) {
    const auto uid = id_of(fields[2]), gid = id_of(fields[3]);
    if (!uid || !gid) return false;
    const PasswdEntry entry{fields[0], *uid, *gid, fields.size() > 5 ? fields[5] : std::string_view()};
    if (is_wanted(entry)) found = entry;
    return found.has_value();
  });
  return found;
}

// By name, or by number if it is one.
std::optional<uint32_t> find_group(const AccountFiles& files, std::string_view wanted) {
  if (is_number(wanted)) return id_of(wanted);
  std::optional<uint32_t> found;
  visit_lines(files.group, 3, [&](const std::vector<std::string_view>& fields) {
    if (fields[0] == wanted) found = id_of(fields[2]);
    return found.has_value();
  });
  return found;
}

std::vector<uint32_t> groups_with(const AccountFiles& files, std::string_view user) {
  std::vector<uint32_t> groups;
  visit_lines(files.group, 4, [&](const std::vector<std::string_view>& fields) {
    const auto members = split_at(fields[3], ',');
    const auto gid = id_of(fields[2]);
    if (gid && std::find(members.begin(), members.end(), user) != members.end()) groups.push_back(*gid);
    return false;
  });
  return groups;
}

Error unknown_group(std::string_view wanted) {
  if (is_number(wanted)) return invalid_argument("uids and gids must be in range 0-2147483647");
  return invalid_argument("unable to find group " + std::string(wanted) + ": no matching entries in group file");
}

}  // namespace

Result<ExecUser> find_user(const AccountFiles& files, const std::string& wanted,
                           const std::vector<std::string>& more_groups) {
  const auto parts = split_at(wanted, ':');
  const std::string_view name = parts[0], group = parts.size() > 1 ? parts[1] : std::string_view();
  ExecUser user;
  const auto number = id_of(name.empty() ? "0" : name);
  const auto entry = find_passwd(files, [&](const PasswdEntry& known) {
    return name.empty() || is_number(name) ? known.uid == number : known.name == name;
  });
  if (entry) {
    user.uid = entry->uid, user.gid = entry->gid, user.home = entry->home;
    if (group.empty()) user.groups = groups_with(files, entry->name);
  } else if (!name.empty()) {
    if (is_number(name) && !number) return invalid_argument("uids and gids must be in range 0-2147483647");
    if (!number)
      return invalid_argument("unable to find user " + std::string(name) + ": no matching entries in passwd file");
    user.uid = *number;
  }
  if (!group.empty()) {
    const auto gid = find_group(files, group);
    if (!gid) return unknown_group(group);
    user.gid = *gid;
  }
  for (const std::string& more : more_groups) {
    const auto gid = find_group(files, more);
    if (!gid) return unknown_group(more);
    user.groups.push_back(*gid);
  }
  return user;
}

std::optional<std::string> home_of(const AccountFiles& files, uint32_t uid) {
  const auto entry = find_passwd(files, [&](const PasswdEntry& known) { return known.uid == uid; });
  if (!entry) return std::nullopt;
  return std::string(entry->home);
}

}  // namespace skein::engine
