#include "cmd/lab/host/state.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "cmd/lab/host/cgroups.h"

namespace skein::lab {
namespace fs = std::filesystem;
namespace {

const fs::path kStateRoot = "/run/skein-lab";
const fs::path kStorageRoot = "/var/lib/skein-lab";

// An init runs "skein lab-init LAB MACHINE …" and is pid 1 of a pid namespace below ours.
bool is_nested_first(const fs::path& folder) {
  const auto status = read_file(folder / "status");
  if (!status.ok()) return false;
  const size_t at = status->find("\nNSpid:");
  if (at == std::string::npos) return false;
  std::istringstream words(status->substr(at + 7, status->find('\n', at + 1) - at - 7));
  std::vector<std::string> pids;
  for (std::string pid; words >> pid;) pids.push_back(pid);
  return pids.size() >= 2 && pids.back() == "1";
}

}  // namespace

fs::path state_folder(const std::string& lab) { return kStateRoot / lab; }
fs::path state_folder(const std::string& lab, const std::string& machine) { return kStateRoot / lab / machine; }
fs::path storage_folder(const std::string& lab) { return kStorageRoot / lab; }
fs::path storage_folder(const std::string& lab, const std::string& machine) { return kStorageRoot / lab / machine; }

std::vector<std::string> list_labs() {
  std::set<std::string> names;
  for (const fs::path& root : {kStateRoot, kStorageRoot}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root, ignored))
      if (entry.is_directory(ignored)) names.insert(entry.path().filename());
  }
  return {names.begin(), names.end()};
}

Result<Spec> load_spec(const std::string& lab) {
  const auto text = read_file(state_folder(lab) / "lab.json");
  if (text.ok()) return parse_spec(*text);
  std::string names;
  for (const std::string& name : list_labs()) names += (names.empty() ? "" : " ") + name;
  return make_error(Code::kNotFound, "there is no lab '" + lab + "'",
                    names.empty() ? "there are no labs" : "there is " + names,
                    "make one with `skein lab up --name " + lab + "`");
}

Result<LabLock> LabLock::take(const std::string& lab) {
  LabLock lock;
  lock.path_ = kStateRoot / (lab + ".lock");
  bool is_error = false;
  const bool is_taken = wait_until(30'000, [&] {
    std::error_code ignored;
    fs::create_directories(kStateRoot, ignored);
    Descriptor file(open(lock.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return is_error = errno != ENOENT;  // ENOENT: another `down` removed the folder this instant
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return false;
    // The file may have been removed by its last holder while we opened it.
    struct stat held = {}, named = {};
    if (fstat(file.get(), &held) != 0 || stat(lock.path_.c_str(), &named) != 0 || held.st_ino != named.st_ino)
      return false;
    lock.file_ = std::move(file);
    return true;
  });
  if (is_error) return errno_error("open " + lock.path_.string());
  if (!is_taken)
    return make_error(Code::kUnavailable, "lab " + lab + " is being made, changed or removed by another `skein lab`",
                      {}, "try again when it is done");
  return lock;
}

void LabLock::remove_file() {
  unlink(path_.c_str());
  rmdir(kStateRoot.c_str());  // only if this was the last lab
  rmdir(kStorageRoot.c_str());
}

std::map<std::string, pid_t> find_inits(const std::string& lab) {
  std::map<std::string, pid_t> inits;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    const auto command = read_file(entry.path() / "cmdline");
    if (!command.ok()) continue;
    std::istringstream words(*command);
    std::string program, verb, of_lab, machine;
    std::getline(words, program, '\0');
    std::getline(words, verb, '\0');
    std::getline(words, of_lab, '\0');
    std::getline(words, machine, '\0');
    if (verb == "lab-init" && of_lab == lab && is_nested_first(entry.path())) inits[machine] = std::stoi(name);
  }
  return inits;
}

Result<pid_t> find_init(const std::string& lab, const std::string& machine) {
  const auto inits = find_inits(lab);
  if (const auto found = inits.find(machine); found != inits.end()) return found->second;
  return make_error(Code::kUnavailable, machine + " of lab " + lab + " does not run", "its init is gone",
                    "make the lab anew: `skein lab down " + lab + "`, then `skein lab up`");
}

Result<void> kill_inits(const std::string& lab, const std::string& machine) {
  const auto find_mine = [&] {
    auto inits = find_inits(lab);
    if (!machine.empty()) std::erase_if(inits, [&](const auto& each) { return each.first != machine; });
    return inits;
  };
  // An init is over only when all of its pid namespace is; the pidfd says so, its entry in /proc too early.
  std::vector<Descriptor> dying;
  const bool are_gone = wait_until(20'000, [&] {
    for (const auto& [name, pid] : find_mine()) {
      Descriptor init(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
      if (!init) continue;
      syscall(SYS_pidfd_send_signal, init.get(), SIGKILL, nullptr, 0);
      dying.push_back(std::move(init));
    }
    // Again in every round: what pauses containers may do so until it has died itself.
    thaw_cgroups(lab, machine);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }  // if `up` removes what it made, they are its children
    std::erase_if(dying, [](const Descriptor& init) {
      pollfd poll_fd{init.get(), POLLIN, 0};
      return poll(&poll_fd, 1, 0) == 1;
    });
    return dying.empty() && find_mine().empty();
  });
  if (!are_gone)
    return make_error(Code::kDeadlineExceeded,
                      "processes of " + (machine.empty() ? "" : machine + " of ") + "lab " + lab + " do not end");
  return {};
}

}  // namespace skein::lab
