#include "cmd/lab/host/cgroups.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cmd/lab/files/files.h"

namespace skein::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRoot = "/sys/fs/cgroup";
constexpr const char* kLeaf = "init";  // version 2: where the processes of a machine are

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// "rw,memory" → "memory"; "rw,xattr,name=systemd" → "none,name=systemd".
std::string mount_options(const std::string& super_options) {
  std::string wanted;
  for (const std::string& option : split(super_options, ',')) {
    static const std::set<std::string> kNotController = {"rw", "ro", "xattr", "clone_children", "noprefix"};
    if (kNotController.contains(option) || option.starts_with("release_agent=")) continue;
    wanted += (wanted.empty() ? "" : ",") + option;
  }
  return wanted.starts_with("name=") ? "none," + wanted : wanted;
}

// Of one machine, or of the lab if `machine` is empty.
fs::path folder_of(const Hierarchy& hierarchy, const std::string& lab, const std::string& machine = {}) {
  const fs::path folder = hierarchy.mount_point + "/skein-lab-" + lab;
  return machine.empty() ? folder : folder / machine;
}

// A new cpuset has no CPUs and takes no process until it has.
void inherit_cpuset(const fs::path& folder) {
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    const std::string own = read_file(folder / file).ok() ? read_file(folder / file).value() : "x";
    if (own != "\n" && !own.empty()) continue;
    if (auto parent = read_file(folder.parent_path() / file); parent.ok()) (void)write_existing(folder / file, *parent);
  }
}

// Best effort: a controller that the machine does not hand out is one that its users do without.
void enable_controllers(const fs::path& folder) {
  const auto controllers = read_file(folder / "cgroup.controllers");
  if (!controllers.ok()) return;
  std::istringstream names(*controllers);
  for (std::string name; names >> name;) (void)write_existing(folder / "cgroup.subtree_control", "+" + name);
}

// Version 2: the leaf if the machine has one already (it is made by mount_cgroups).
fs::path processes_file(const Hierarchy& hierarchy, const fs::path& folder) {
  if (hierarchy.is_v2 && fs::exists(folder / kLeaf)) return folder / kLeaf / "cgroup.procs";
  return folder / "cgroup.procs";
}

void kill_processes(const fs::path& folder) {
  const auto text = read_file(folder / "cgroup.procs");
  if (!text.ok()) return;
  std::istringstream pids(*text);
  for (pid_t pid = 0; pids >> pid;)
    if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
}

// The files of version 1 and of version 2, of which a folder has at most one.
void thaw(const fs::path& folder) {
  (void)write_existing(folder / "freezer.state", "THAWED");
  (void)write_existing(folder / "cgroup.freeze", "0");
}

void thaw_tree(const fs::path& folder) {
  thaw(folder);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.is_directory(ignored)) thaw_tree(entry.path());
}

// True when the folder is gone. Who is killed before being thawed does not run once more.
bool remove_tree(const fs::path& folder) {
  kill_processes(folder);
  thaw(folder);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.is_directory(ignored)) remove_tree(entry.path());
  return rmdir(folder.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo) {
  // 36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup source rw,memory   (proc(5))
  std::vector<Hierarchy> v1, v2;
  std::set<std::string> seen;
  for (const std::string& line : split(mountinfo, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 5 || words.end() - dash < 4) continue;
    const std::string& type = dash[1];
    if ((type != "cgroup" && type != "cgroup2") || !words[4].starts_with(kRoot)) continue;
    Hierarchy hierarchy{type == "cgroup2", words[4], type == "cgroup2" ? "" : mount_options(dash[3])};
    if (!seen.insert(hierarchy.is_v2 ? "v2" : hierarchy.options).second) continue;
    (hierarchy.is_v2 ? v2 : v1).push_back(std::move(hierarchy));
  }
  return v1.empty() ? v2 : v1;
}

Result<std::vector<Hierarchy>> read_hierarchies() {
  SKEIN_TRY_ASSIGN(const std::string mountinfo, read_file("/proc/self/mountinfo"));
  auto hierarchies = parse_hierarchies(mountinfo);
  if (hierarchies.empty())
    return make_error(Code::kFailedPrecondition, "no cgroups are mounted below /sys/fs/cgroup", {},
                      "mount them: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
  return hierarchies;
}

Result<void> join_cgroups(const std::string& lab, const std::string& machine) {
  SKEIN_TRY_ASSIGN(const auto hierarchies, read_hierarchies());
  for (const Hierarchy& hierarchy : hierarchies) {
    const fs::path parent = folder_of(hierarchy, lab);
    const fs::path folder = folder_of(hierarchy, lab, machine);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return make_error(Code::kInternal, "make cgroup " + folder.string(), error.message());
    if (hierarchy.is_v2) {
      enable_controllers(hierarchy.mount_point);
      enable_controllers(parent);
    } else {
      inherit_cpuset(parent);
      inherit_cpuset(folder);
    }
    SKEIN_TRY(write_existing(processes_file(hierarchy, folder), "0"));  // 0: the writer
  }
  return {};
}

Result<void> mount_cgroups(const std::vector<Hierarchy>& hierarchies) {
  const auto mounted = [](const char* type, const std::string& where, const std::string& options) -> Result<void> {
    if (mount(type, where.c_str(), type, MS_NOSUID | MS_NODEV | MS_NOEXEC, options.c_str()) == 0) return {};
    return errno_error("mount " + std::string(type) + " (" + options + ") at " + where);
  };
  if (hierarchies[0].is_v2) {
    SKEIN_TRY(mounted("cgroup2", kRoot, ""));
    const fs::path leaf = fs::path(kRoot) / kLeaf;
    if (mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return errno_error("make cgroup " + leaf.string());
    SKEIN_TRY(write_existing(leaf / "cgroup.procs", "0"));
    enable_controllers(kRoot);
    return {};
  }
  SKEIN_TRY(mounted("tmpfs", kRoot, "mode=755"));
  for (const Hierarchy& hierarchy : hierarchies) {
    const std::string name = fs::path(hierarchy.mount_point).filename();
    const std::string folder = std::string(kRoot) + "/" + name;
    if (mkdir(folder.c_str(), 0755) != 0) return errno_error("make " + folder);
    SKEIN_TRY(mounted("cgroup", folder, hierarchy.options));
    // "cpu,cpuacct" is looked for by either name.
    if (name.find(',') != std::string::npos)
      for (const std::string& controller : split(name, ','))
        (void)symlink(name.c_str(), (std::string(kRoot) + "/" + controller).c_str());
  }
  return {};
}

void thaw_cgroups(const std::string& lab, const std::string& machine) {
  const auto hierarchies = read_hierarchies();
  if (!hierarchies.ok()) return;
  for (const Hierarchy& hierarchy : *hierarchies) thaw_tree(folder_of(hierarchy, lab, machine));
}

Result<void> remove_cgroups(const std::string& lab, const std::string& machine) {
  SKEIN_TRY_ASSIGN(const auto hierarchies, read_hierarchies());
  for (const Hierarchy& hierarchy : hierarchies) {
    const fs::path folder = folder_of(hierarchy, lab, machine);
    // The kernel lets go of a cgroup some time after its last process has died.
    if (!wait_until(5'000, [&] { return remove_tree(folder); })) return errno_error("remove cgroup " + folder.string());
  }
  return {};
}

}  // namespace skein::lab
