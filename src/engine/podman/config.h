// The configuration files under which our Podman runs, apart from any other Podman of the host. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skein::engine {

// Written into the configuration, and told by `info` before the service has been asked.
inline constexpr const char* kStorageDriver = "overlay";
inline constexpr const char* kCgroupManager = "cgroupfs";
inline constexpr const char* kLogDriver = "k8s-file";

struct PodmanOptions {
  std::string program = "podman";
  std::string state_folder = "/var/lib/skein/containers";  // images and containers; survives a reboot
  std::string run_folder = "/run/skein/containers";        // cleared by a reboot
  std::string config_folder = "/run/skein/podman";         // the files written here
  std::string socket_path = "/run/skein/podman.sock";
  std::string runtime = "crun";
  std::string init_program;   // for containers that want one (`--init`); empty = where the engine looks by itself
  std::string cgroup_parent;  // for containers that name none; empty = the engine's default
  // "host" or "host:port", spoken to by plain HTTP if they have no TLS, which is not verified: as with Docker those
  // here.
  std::vector<std::string> insecure_registries = {"localhost", "127.0.0.1"};
  uint64_t open_files_max = 0;  // this process's hard limit; 0 = not limited below what the engine asks for
  uint64_t tasks_max = 0;       // likewise, RLIMIT_NPROC
};

// Reads this process's hard limits into the two last fields, if they are lower than the engine's own defaults: without
// CAP_SYS_RESOURCE it could not raise them and every start would fail.
void detect_limits(PodmanOptions& options);

// The first that is there of the programs that can be a container's init, whatever libraries its image has.
void detect_init(PodmanOptions& options);

// File name → content.
std::map<std::string, std::string> podman_config_files(const PodmanOptions& options);

// Where the monitors of containers write how these ended: one file for each, named by its id.
std::string podman_exits_folder(const PodmanOptions& options);

// Where the monitor of a container has its log and its fifo.
std::string podman_monitor_folder(const PodmanOptions& options, const std::string& id);

// The OCI configuration with which a container was started last.
std::string podman_container_configuration(const PodmanOptions& options, const std::string& id);

// Arguments and environment of the service.
std::vector<std::string> podman_command(const PodmanOptions& options);
std::map<std::string, std::string> podman_environment(const PodmanOptions& options);

}  // namespace skein::engine
