#include "engine/exec/runtime.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
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

// None of them stands where another one is to be put.
struct RuntimeEnds {
  Descriptor input, output, errors, spec, log, started;
  Result<void> raise() {
    for (Descriptor* end : {&input, &output, &errors, &spec, &log, &started}) {
      if (end->get() >= kFirstFree) continue;
      Descriptor raised(::fcntl(end->get(), F_DUPFD_CLOEXEC, kFirstFree));
      if (!raised) return exec_errno("raise a descriptor");
      *end = std::move(raised);
    }
    return {};
  }
};

Result<void> connect_pipe(Descriptor& reading, Descriptor& writing) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return exec_errno("make a pipe");
  reading = Descriptor(ends[0]);
  writing = Descriptor(ends[1]);
  return {};
}

Result<Descriptor> make_memory_file(const char* name, const std::string& content) {
  Descriptor file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) return exec_errno("make a file in memory");
  for (size_t done = 0; done < content.size();) {
    const ssize_t size = ::write(file.get(), content.data() + done, content.size() - done);
    if (size < 0) return exec_errno("write a file in memory");
    done += static_cast<size_t>(size);
  }
  return file;
}

Result<void> make_null(Descriptor& end, int flags) {
  end = Descriptor(::open("/dev/null", flags | O_CLOEXEC));
  if (!end) return exec_errno("open /dev/null");
  return {};
}

// Ours are non-blocking, the other ends are the process's and block.
Result<void> connect_streams(const ExecOrder& order, SpawnedExec& ours, RuntimeEnds& theirs) {
  if (order.wants_input && !order.has_terminal) {
    SKEIN_TRY(connect_pipe(theirs.input, ours.input));
  } else {
    SKEIN_TRY(make_null(theirs.input, O_RDONLY));
  }
  if (order.wants_output && !order.has_terminal) {
    SKEIN_TRY(connect_pipe(ours.output, theirs.output));
  } else {
    SKEIN_TRY(make_null(theirs.output, O_WRONLY));
  }
  if (order.wants_errors && !order.has_terminal) {
    SKEIN_TRY(connect_pipe(ours.errors, theirs.errors));
  } else {
    SKEIN_TRY(make_null(theirs.errors, O_WRONLY));
  }
  SKEIN_TRY(connect_pipe(ours.started, theirs.started));
  for (const Descriptor* end : {&ours.input, &ours.output, &ours.errors, &ours.started})
    if (*end) ::fcntl(end->get(), F_SETFL, O_NONBLOCK);
  return {};
}

std::vector<std::string> runtime_command(const std::string& program, const ExecOrder& order) {
  std::vector<std::string> words{program, "--log",      path_of(kLogFd),     "--log-format", "json",
                                 "exec",  "--pid-file", path_of(kStartedFd), "--process",    path_of(kSpecFd)};
  if (order.has_terminal) words.insert(words.end(), {"--console-socket", order.console_path});
  words.push_back(order.container);
  return words;
}

Result<pid_t> spawn_runtime(std::vector<std::string> words, const RuntimeEnds& ends) {
  const char* path = std::getenv("PATH");
  // Nothing of ours that the runtime would look at: XDG_RUNTIME_DIR, LISTEN_FDS.
  std::string variable = std::string("PATH=") + (path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const std::array places{ends.input.get(), ends.output.get(), ends.errors.get(),
                          ends.spec.get(),  ends.log.get(),    ends.started.get()};
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
  SKEIN_TRY(connect_streams(order, ours, theirs));
  SKEIN_TRY_ASSIGN(theirs.spec, make_memory_file("exec-process", order.process));
  SKEIN_TRY_ASSIGN(theirs.log, make_memory_file("exec-log", ""));
  if (order.has_terminal) {
    SKEIN_TRY_ASSIGN(ours.console, ConsoleSocket::listen(order.console_path));
  }
  SKEIN_TRY(theirs.raise());
  SKEIN_TRY_ASSIGN(ours.runtime, spawn_runtime(runtime_command(runtime_program, order), theirs));
  ours.log = std::move(theirs.log);
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
