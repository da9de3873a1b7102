#include "cmd/lab/host/disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <thread>

namespace skein::lab {

Result<Descriptor> make_disk() {
  const Descriptor context(fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!context || fsconfig(context.get(), FSCONFIG_SET_STRING, "mode", "755", 0) != 0 ||
      fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return errno_error("make a file system in memory");
  Descriptor disk(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!disk) return errno_error("make a mount of a file system in memory");
  return disk;
}

Result<Descriptor> hold_disk(pid_t init) {
  const std::string mounts = "/proc/" + std::to_string(init) + "/ns/mnt";
  const Descriptor space(open(mounts.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return errno_error("open " + mounts);
  // Only who is in a mount namespace may take one of its mounts. A thread with a root of its own enters, so that the
  // rest of this process stays where it is; open files are common to both.
  Result<Descriptor> disk{Descriptor()};
  std::thread([&] {
    if (unshare(CLONE_FS) != 0 || setns(space.get(), CLONE_NEWNS) != 0) {
      disk = errno_error("enter the mounts of " + std::to_string(init));
      return;
    }
    Descriptor taken(open_tree(AT_FDCWD, kDiskFolder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (taken)
      disk = std::move(taken);
    else
      disk = errno_error(std::string("take ") + kDiskFolder);
  }).join();
  return disk;
}

Result<void> mount_disk(const Descriptor& disk) {
  SKEIN_TRY(make_folders(kDiskFolder));
  if (move_mount(disk.get(), "", AT_FDCWD, kDiskFolder, MOVE_MOUNT_F_EMPTY_PATH) == 0) return {};
  return errno_error(std::string("mount the disk at ") + kDiskFolder);
}

}  // namespace skein::lab
