#include "engine/spawn.h"

#include <csignal>
#include <cstring>

#include "base/open_files.h"

namespace skein::engine {

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

Result<pid_t> spawn_apart(std::vector<std::string> words, std::vector<std::string> environment,
                          const posix_spawn_file_actions_t& files, const std::string& next_step) {
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
  const int failed = ::posix_spawnp(&pid, words[0].c_str(), &files, &attributes, pointers_to(words).data(),
                                    pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) return make_error(Code::kUnavailable, "run " + words[0], std::strerror(failed), next_step);
  return pid;
}

}  // namespace skein::engine
