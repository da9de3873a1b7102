// The daemon's configuration file: a JSON object of options, by the names that Docker's daemon.json has for them where
// it has them. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::node {

inline constexpr const char* kDaemonFilePath = "/etc/skein/daemon.json";

// Members that the file does not have are empty.
struct DaemonFile {
  // Taken up again at SIGHUP.
  std::optional<std::vector<std::string>> labels;             // "labels"
  std::optional<std::vector<std::string>> generic_resources;  // "node-generic-resources"
  std::optional<bool> is_verbose;                             // "debug"
  // At the daemon's start.
  std::optional<std::string> root_directory;                    // "data-root"
  std::optional<std::string> run_directory;                     // "exec-root"
  std::optional<std::string> socket_path;                       // "hosts": one, "unix:///…"
  std::optional<std::string> group;                             // "group"
  std::optional<std::string> cgroup_parent;                     // "cgroup-parent"
  std::optional<std::vector<std::string>> insecure_registries;  // "insecure-registries", beside localhost
  std::optional<std::string> engine;                            // "engine"
  std::optional<std::string> encryption;                        // "encryption"
  std::optional<std::string> key_rotation;                      // "key-rotation"
  std::optional<std::string> metrics_address;                   // "metrics-addr"
};

// `path` is for errors, which name it and the member. `flags`: the members that flags of the command line have given;
// what both give is refused, and so is a member that is not known.
Result<DaemonFile> parse_daemon_file(std::string_view text, const std::string& path,
                                     const std::set<std::string>& flags);

}  // namespace skein::node
