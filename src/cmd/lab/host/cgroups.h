// The cgroups of a lab: /skein-lab-NAME/MACHINE in every hierarchy of the machine, version 1, 2 or both.
//
// Each host gets a cgroup namespace with its own cgroup as root, so that daemons and engines of different hosts can
// use the same cgroup names, and all that they make lies below /skein-lab-NAME.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::lab {

struct Hierarchy {
  bool is_v2 = false;
  std::string mount_point;  // "/sys/fs/cgroup/memory"
  std::string options;      // v1: what mount(2) must be told to get this hierarchy again: "memory", "none,name=systemd"
  bool operator==(const Hierarchy&) const = default;
};

// From the text of /proc/self/mountinfo. Where both versions are mounted, only those of version 1 are returned: crun
// refuses a host that has both.
std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo);

// Puts this process into the machine's cgroups, making them first if they are not there.
Result<void> join_cgroups(const std::string& lab, const std::string& machine);

// After unshare(CLONE_NEWCGROUP) in private mount and network namespaces: mounts a fresh /sys/fs/cgroup that shows the
// machine's cgroups as roots. On version 2 it also moves this process into the leaf /init and enables all controllers
// below the root, since a cgroup with processes cannot give controllers to its children.
Result<void> mount_cgroups(const std::vector<Hierarchy>& hierarchies);

Result<std::vector<Hierarchy>> read_hierarchies();

// Thaws whatever is frozen (as a paused container is) in the cgroups of one machine, or of the whole lab if `machine`
// is empty: on version 1 a frozen process that is killed does not end.
void thaw_cgroups(const std::string& lab, const std::string& machine);

// Kills what still runs in the cgroups of one machine, or of the whole lab if `machine` is empty, and removes them.
// Fine if there are none.
Result<void> remove_cgroups(const std::string& lab, const std::string& machine);

}  // namespace skein::lab
