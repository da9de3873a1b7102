#include "cmd/lab/host/host_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>

#include "cmd/lab/files/files.h"
#include "cmd/lab/host/cgroups.h"
#include "cmd/lab/host/disk.h"
#include "cmd/lab/host/programs.h"
#include "cmd/lab/host/state.h"

namespace skein::lab {
namespace {

Result<void> mount_fresh(const std::string& type, const std::string& where, const std::string& options = "") {
  if (mount(type.c_str(), where.c_str(), type.c_str(), 0, options.c_str()) == 0) return {};
  return errno_error("mount " + type + " at " + where);
}

// The folder stays readable; what is changed in it lies on the host's disk.
Result<void> mount_private_copy(const std::string& folder) {
  std::string changes = folder;
  for (char& c : changes)
    if (c == '/') c = '_';
  changes = std::string(kDiskFolder) + "/" + changes;
  SKEIN_TRY(make_folders(changes + "/upper"));
  SKEIN_TRY(make_folders(changes + "/work"));
  return mount_fresh("overlay", folder,
                     "lowerdir=" + folder + ",upperdir=" + changes + "/upper,workdir=" + changes + "/work");
}

Result<void> let_go_of_namespace_files() {
  SKEIN_TRY_ASSIGN(const std::string mounts, read_file("/proc/self/mounts"));
  std::istringstream lines(mounts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string source, where, type;
    if (words >> source >> where >> type && type == "nsfs") umount2(where.c_str(), MNT_DETACH);
  }
  return {};
}

Result<void> bind_at(const std::string& source, const std::string& where) {
  if (mount(source.c_str(), where.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0) return {};
  return errno_error("bind " + source + " at " + where);
}

// A folder that will be hidden by other mounts, held open so that it can be mounted elsewhere.
Result<Descriptor> hold_folder(const std::filesystem::path& folder) {
  Descriptor held(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!held) return errno_error("open " + folder.string());
  return held;
}

Result<void> bind_held(const Descriptor& held, const std::string& where) {
  SKEIN_TRY(make_folders(where));
  return bind_at("/proc/self/fd/" + std::to_string(held.get()), where);
}

// By it programs tell a boot from another, and the machine's own would be the same for ever.
Result<void> mount_boot_id() {
  SKEIN_TRY_ASSIGN(const std::string id, read_file("/proc/sys/kernel/random/uuid"));
  SKEIN_TRY(write_file("/run/lab/boot_id", id));
  return bind_at("/run/lab/boot_id", "/proc/sys/kernel/random/boot_id");
}

// A machine's own names. /etc/resolv.conf is often a link to a file that the host does not have.
Result<void> write_names(const Spec& spec, const Machine& machine) {
  SKEIN_TRY(write_file("/etc/hostname", machine.name + "\n"));
  SKEIN_TRY(write_file("/etc/hosts", etc_hosts(spec, machine)));
  // No name server: the resolver then asks 127.0.0.1, where nobody listens, and has its "no" at once.
  return write_file("/etc/resolv.conf", "options timeout:1 attempts:1\n");
}

}  // namespace

Result<void> mount_host(const Spec& spec, const Machine& machine, const Descriptor& disk) {
  const auto storage = storage_folder(spec.name, machine.name);
  SKEIN_TRY_ASSIGN(const auto hierarchies, read_hierarchies());
  SKEIN_TRY_ASSIGN(const Descriptor programs, hold_folder(std::filesystem::path(own_program()).parent_path()));
  SKEIN_TRY_ASSIGN(const Descriptor skein, hold_folder(storage / "skein"));
  SKEIN_TRY_ASSIGN(const Descriptor containers, hold_folder(storage / "containers"));
  SKEIN_TRY_ASSIGN(const Descriptor temporary, hold_folder(storage / "tmp"));

  SKEIN_TRY(let_go_of_namespace_files());
  SKEIN_TRY(mount_fresh("proc", "/proc"));
  SKEIN_TRY(mount_fresh("sysfs", "/sys"));
  SKEIN_TRY(mount_cgroups(hierarchies));
  SKEIN_TRY(mount_fresh("bpf", "/sys/fs/bpf"));
  SKEIN_TRY(mount_fresh("tmpfs", "/dev/shm"));
  SKEIN_TRY(mount_fresh("tmpfs", "/run", "mode=755"));
  SKEIN_TRY(make_folders("/run/lock"));
  SKEIN_TRY(mount_disk(disk));
  const bool is_first_boot = std::filesystem::is_empty(kDiskFolder);
  SKEIN_TRY(mount_private_copy("/etc"));
  SKEIN_TRY(mount_private_copy("/var/lib"));
  SKEIN_TRY(bind_held(skein, "/var/lib/skein"));
  SKEIN_TRY(bind_held(containers, "/var/lib/containers"));
  SKEIN_TRY(bind_held(temporary, "/var/tmp"));
  SKEIN_TRY(bind_held(programs, kBinFolder));
  SKEIN_TRY(mount_boot_id());
  return is_first_boot ? write_names(spec, machine) : Result<void>();
}

}  // namespace skein::lab
