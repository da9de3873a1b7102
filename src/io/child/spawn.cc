#include "io/child/spawn.h"

#include <fcntl.h>

#include <csignal>
#include <cstring>

#include "base/open_files.h"

namespace skein::io {

namespace {

// Valid as long as `words` is.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<pid_t> spawn_apart(Program program, const posix_spawn_file_actions_t& files) {
  SKEIN_ASSERT(!program.words.empty());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const OriginalOpenFilesLimit in_child;  // and in what it starts in turn
  const int failed = ::posix_spawnp(&pid, program.words[0].c_str(), &files, &attributes,
                                    pointers_to(program.words).data(), pointers_to(program.environment).data());
  posix_spawnattr_destroy(&attributes);
  if (failed == 0) return pid;
  return make_error(Code::kUnavailable, "run " + program.words[0], std::strerror(failed), program.next_step);
}

Result<pid_t> spawn_logged(Program program, const std::string& log_path) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  auto pid = spawn_apart(std::move(program), files);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

}  // namespace skein::io
