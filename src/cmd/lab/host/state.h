// What is on disk about labs, and which of their processes run.
//
//   /run/skein-lab/NAME.lock            held by whoever makes or removes the lab
//   /run/skein-lab/NAME/lab.json        the Spec
//   /run/skein-lab/NAME/image.tar       the image loaded on every host
//   /run/skein-lab/NAME/MACHINE/        control (socket of its init), skeind.log
//   /var/lib/skein-lab/NAME/MACHINE/    skein, containers, tmp: bind-mounted in the host at /var/lib and /var/tmp
//
// No process id is kept: inits are found by what they are, so that a crash at any moment leaves nothing unfindable.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "cmd/lab/files/files.h"
#include "cmd/lab/network/layout.h"

namespace skein::lab {

std::filesystem::path state_folder(const std::string& lab);
std::filesystem::path state_folder(const std::string& lab, const std::string& machine);
std::filesystem::path storage_folder(const std::string& lab);
std::filesystem::path storage_folder(const std::string& lab, const std::string& machine);

// The names of all labs, whole or half-made, sorted.
std::vector<std::string> list_labs();

// NotFound if there is no such lab; the error names those that there are.
Result<Spec> load_spec(const std::string& lab);

// Exclusive among all makers and removers of this lab; waits up to 30 s. Freed when the result is destroyed, or
// with the process.
class LabLock {
 public:
  static Result<LabLock> take(const std::string& lab);
  // Removes the lock's own file, as the last act of `down`.
  void remove_file();

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

// The inits of the lab: machine name (or "switch") → pid in our namespace.
std::map<std::string, pid_t> find_inits(const std::string& lab);

// Unavailable if the machine's init does not run.
Result<pid_t> find_init(const std::string& lab, const std::string& machine);

// Kills the init of one machine, or all of them if `machine` is empty, and with them every process of their pid
// namespaces, paused ones too; returns when all are gone.
Result<void> kill_inits(const std::string& lab, const std::string& machine);

}  // namespace skein::lab
