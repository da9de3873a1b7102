// kill_exec: the processes of an exec, found in /proc.
#include <dirent.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "engine/exec/process_session.h"
#include "engine/exec/runtime.h"

namespace skein::engine {

namespace {

// What is started while we look is found by looking again.
constexpr int kLooksMax = 16;

bool kill_if_in(pid_t pid, pid_t session, pid_t other_session) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(file, stat, '\0');
  const auto own = session_in(stat);
  if (!own || (*own != session && *own != other_session)) return false;
  return ::kill(pid, SIGKILL) == 0;
}

}  // namespace

std::optional<pid_t> session_in(std::string_view stat) {
  // "PID (NAME) STATE PPID PGRP SESSION …", where the name may be anything.
  const size_t end = stat.rfind(')');
  if (end == std::string_view::npos) return std::nullopt;
  std::istringstream rest{std::string(stat.substr(end + 1))};
  std::string state;
  pid_t parent = 0, group = 0, session = 0;
  if (!(rest >> state >> parent >> group >> session) || state == "Z" || state == "X") return std::nullopt;
  return session;
}

void kill_exec(pid_t runtime, pid_t process) {
  std::set<pid_t> killed;
  for (int looks = 0; looks < kLooksMax; ++looks) {
    const size_t before = killed.size();
    DIR* folder = ::opendir("/proc");
    if (folder == nullptr) return;
    while (const dirent* entry = ::readdir(folder)) {
      const pid_t pid = std::atoi(entry->d_name);
      if (pid > 0 && pid != runtime && !killed.contains(pid) && kill_if_in(pid, runtime, process)) killed.insert(pid);
    }
    ::closedir(folder);
    if (killed.size() == before) return;
  }
}

}  // namespace skein::engine
