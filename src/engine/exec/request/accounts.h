// Users and groups as a container's own /etc/passwd and /etc/group know them (passwd(5), group(5)). The files are the
// container's, so hostile: lines that are none are passed over. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::engine {

struct AccountFiles {
  std::string passwd, group;  // empty when the container has none
};

struct ExecUser {
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> groups;  // further ones
  std::string home;              // empty when the user is in no file
};

// `wanted`: "user", "uid", "user:group", "uid:gid" …, of which the number is a number also when there is a user of that
// name. `more_groups`: names or numbers of groups that are added. Errors in Docker's words.
Result<ExecUser> find_user(const AccountFiles& files, const std::string& wanted,
                           const std::vector<std::string>& more_groups);

// Of the first user with this number.
std::optional<std::string> home_of(const AccountFiles& files, uint32_t uid);

}  // namespace skein::engine
