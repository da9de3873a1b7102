// Network namespaces by ip-netns, for daemons whose networks are otherwise made up.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/result.h"

// Its path; there already is fine.
inline skein::Result<std::string> make_namespace(const std::string& key) {
  std::string path = "/run/netns/" + key;
  if (std::filesystem::exists(path)) return path;
  std::string command = "ip netns add " + key + " && ip -n " + key + " link set lo up";
  if (std::system(command.c_str()) != 0) return skein::make_error(skein::Code::kUnavailable, "make namespace " + key);
  return path;
}

inline void delete_namespace(const std::string& path) {
  std::string command = "ip netns del " + path.substr(path.rfind('/') + 1);
  if (std::system(command.c_str()) != 0) std::puts("the namespace was gone");
}
