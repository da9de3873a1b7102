#include "engine/exec/runtime.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "io/child/process_id.h"
#include "io/child/spawn.h"

namespace skein::engine {

namespace {

constexpr size_t kRuntimeLogMax = 64u << 10;
// The runtime's descriptors after the three streams; it keeps them from the process.
constexpr int kSpecFd = 3, kLogFd = 4, kStartedFd = 5, kFirstFree = 6;

Error exec_errno(const std::string& what) { return make_error(Code::kUnavailable, what, std::strerror(errno)); }

std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// What the runtime gets; none of them stands where another one is to be put.
struct RuntimeEnds {
  ExecEnds exec;
  Descriptor spec;
  Result<void> raise() {
    for (Descriptor* end : {&exec.input, &exec.output, &exec.errors, &spec, &exec.log, &exec.started}) {
      if (end->get() >= kFirstFree) continue;
      Descriptor raised(::fcntl(end->get(), F_DUPFD_CLOEXEC, kFirstFree));
      if (!raised) return exec_errno("raise a descriptor");
      *end = std::move(raised);
    }
    return {};
  }
};

std::vector<std::string> runtime_command(const std::string& program, const ExecOrder& order) {
  std::vector<std::string> words{program, "--log",      path_of(kLogFd),     "--log-format", "json",
                                 "exec",  "--pid-file", path_of(kStartedFd), "--process",    path_of(kSpecFd)};
  if (order.wants.terminal) words.insert(words.end(), {"--console-socket", order.console_path});
  words.push_back(order.container);
  return words;
}

Result<pid_t> spawn_runtime(std::vector<std::string> words, const RuntimeEnds& ends) {
  const char* path = std::getenv("PATH");
  // Nothing of ours that the runtime would look at: XDG_RUNTIME_DIR, LISTEN_FDS.
  std::string variable = std::string("PATH=") + (path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const std::array places{ends.exec.input.get(), ends.exec.output.get(), ends.exec.errors.get(),
                          ends.spec.get(),       ends.exec.log.get(),    ends.exec.started.get()};
  for (size_t place = 0; place < places.size(); ++place)
    posix_spawn_file_actions_adddup2(&files, places[place], static_cast<int>(place));
  posix_spawn_file_actions_addclosefrom_np(&files, kFirstFree);
  auto pid = io::spawn_apart({std::move(words), {std::move(variable)}, "install crun"}, files);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

}  // namespace

Result<SpawnedExec> spawn_exec(const std::string& runtime_program, const ExecOrder& order) {
  SpawnedExec ours;
  RuntimeEnds theirs;
  SKEIN_TRY(connect_exec(order.wants, ours, theirs.exec));
  SKEIN_TRY_ASSIGN(theirs.spec, make_memory_file("exec-process", order.process));
  if (order.wants.terminal) {
    SKEIN_TRY_ASSIGN(ours.console, ConsoleSocket::listen(order.console_path));
  }
  SKEIN_TRY(theirs.raise());
  SKEIN_TRY_ASSIGN(ours.runtime, spawn_runtime(runtime_command(runtime_program, order), theirs));
  ours.death = io::open_pidfd(ours.runtime);
  if (ours.death) return ours;
  const Error error = exec_errno("watch the container runtime");
  ::kill(ours.runtime, SIGKILL);
  ::waitpid(ours.runtime, nullptr, 0);
  return error;
}

std::string read_runtime_log(const Descriptor& log) {
  std::string text(kRuntimeLogMax, '\0');
  const ssize_t size = ::pread(log.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return text;
}

}  // namespace skein::engine
