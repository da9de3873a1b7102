// The one place that builds a node out of its parts.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "manager/keys/key_rotation.h"
#include "node/options/daemon_file.h"

namespace skein::node {

struct NodeOptions {
  std::string root_directory = "/var/lib/skein";  // survives a reboot
  std::string run_directory = "/run/skein";       // cleared by a reboot
  std::string socket_path = "/run/skein/skein.sock";
  std::string pin_directory = "/sys/fs/bpf/skein";
  std::string engine = "podman";    // or "process"
  std::string metrics_address;      // "127.0.0.1:9323"; empty: nobody is told
  std::string cgroup_parent;        // for containers; empty: the engine's default
  std::string group = "skein";      // may use the socket, if it exists
  std::string encryption = "auto";  // "kernel", "process", or what the kernel can do
  Duration key_rotation_period = manager::kKeyRotationPeriod;
  std::vector<std::string> insecure_registries;  // beside localhost
  bool is_verbose = false;
  std::vector<std::string> labels;             // of the engine: "zone=north"
  std::vector<std::string> generic_resources;  // "gpu=UUID1", "licence=3"
  std::string config_path = kDaemonFilePath;
  std::set<std::string> flags;  // members of the file that the command line has given
};

// Runs until SIGTERM or SIGINT, with what the configuration file says besides; at SIGHUP the file is read anew, and its
// labels, things and `debug` count. Containers and their networks go on when it ends.
Result<void> run_node(const NodeOptions& options);

}  // namespace skein::node
