// What the kernel counts of a container's control groups, of version 1 or 2, as GET /containers/{id}/stats shows it.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace skein::api {

struct CgroupPlaces {
  std::string processes = "/proc";
  std::string groups = "/sys/fs/cgroup";
};

// The folder of a controller, below that of all groups, from the text of /proc/PID/cgroup: "/memory/a/b" of version 1,
// "/a/b" of version 2. Empty if the process is in no such group. Pure.
std::string cgroup_folder(std::string_view proc_cgroup, const std::string& controller, bool is_second);

// Completes the engine's figures of memory, devices, processes and throttling by those of the groups that the process
// is in; what cannot be read stays.
void put_cgroup_counters(nlohmann::json& stats, pid_t process, const CgroupPlaces& places);

}  // namespace skein::api
