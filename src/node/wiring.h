// The one place that builds a node out of its parts.
#pragma once

#include <string>

#include "base/result.h"
#include "manager/keys/key_rotation.h"

namespace skein::node {

struct NodeOptions {
  std::string root_directory = "/var/lib/skein";  // survives a reboot
  std::string run_directory = "/run/skein";       // cleared by a reboot
  std::string socket_path = "/run/skein/skein.sock";
  std::string pin_directory = "/sys/fs/bpf/skein";
  std::string engine = "podman";    // or "process"
  std::string cgroup_parent;        // for containers; empty: the engine's default
  std::string group = "skein";      // may use the socket, if it exists
  std::string encryption = "auto";  // "kernel", "process", or what the kernel can do
  Duration key_rotation_period = manager::kKeyRotationPeriod;
};

// Runs until SIGTERM or SIGINT. Containers and their networks go on when it ends.
Result<void> run_node(const NodeOptions& options);

}  // namespace skein::node
