#include "engine/process/launch/exec_runtime.h"

#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/open_files.h"
#include "base/text/json_text.h"
#include "engine/process/launch/child_side.h"
#include "io/child/helper.h"

namespace skein::engine {

namespace {

constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID;
constexpr int kNotStarted = 126;

enum class ExecStep : int { kEnter, kFork, kFolder, kCommand };

struct ExecReport {
  ExecStep step;
  int error;
};

// ---- in the command's process

[[noreturn]] void become_command(const ProcessExec& exec, const ExecEnds& ends, const std::vector<char*>& words,
                                 const std::vector<char*>& environment, int report) {
  auto fail = [report](ExecStep step) {
    const ExecReport told{step, errno};
    (void)!::write(report, &told, sizeof told);
    ::_exit(kNotStarted);
  };
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  ::dup2(ends.input.get(), 0);
  ::dup2(ends.output.get(), 1);
  ::dup2(ends.errors.get(), 2);
  if (exec.has_terminal) ::ioctl(0, TIOCSCTTY, 0);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  io::reset_signals();
  restore_open_files_limit();
  if (::chdir(exec.working_folder.c_str()) != 0) fail(ExecStep::kFolder);
  environ = const_cast<char**>(environment.data());  // whose PATH execvp searches
  ::execvp(words[0], words.data());
  fail(ExecStep::kCommand);
  ::_exit(kNotStarted);
}

// ---- in the process that stands for it

std::string complaint(const ProcessExec& exec, const ExecReport& report) {
  const std::string reason = std::strerror(report.error);
  switch (report.step) {
    case ExecStep::kEnter:
      if (report.error == ESRCH) return "the container `" + exec.container + "` is not running";
      return "enter the container's namespaces: " + reason;
    case ExecStep::kFork: return "fork: " + reason;
    case ExecStep::kFolder: return "chdir `" + exec.working_folder + "`: " + reason;
    case ExecStep::kCommand: break;
  }
  if (report.error == ENOENT) return "executable file `" + exec.command[0] + "` not found in $PATH: " + reason;
  return "open executable: " + reason;
}

[[noreturn]] void give_up(const ProcessExec& exec, const ExecEnds& ends, const ExecReport& report) {
  const nlohmann::json line{{"level", "error"}, {"msg", complaint(exec, report)}};
  const std::string text = json_text(line) + "\n";
  (void)!::write(ends.log.get(), text.data(), text.size());
  ::_exit(kNotStarted);
}

[[noreturn]] void stand_for(const ProcessExec& exec, ExecEnds& ends, Descriptor& container) {
  ::setsid();
  ::prctl(PR_SET_NAME, "skein-exec");
  ::signal(SIGCHLD, SIG_DFL);  // or there is no status to wait for
  block_all_signals();
  close_all_but({0, 1, 2, container.get(), ends.input.get(), ends.output.get(), ends.errors.get(), ends.started.get(),
                 ends.log.get()});
  auto words = pointers_to(exec.command), environment = pointers_to(exec.environment);
  auto report = make_child_pipe();
  // All but the process namespace take effect at once; that one is its children's.
  if (!report.ok() || ::setns(container.get(), kNamespaces) != 0) give_up(exec, ends, {ExecStep::kEnter, errno});
  const pid_t command = ::fork();
  if (command < 0) give_up(exec, ends, {ExecStep::kFork, errno});
  if (command == 0) become_command(exec, ends, words, environment, report->in.get());
  for (Descriptor* end : {&report->in, &ends.input, &ends.output, &ends.errors, &container}) end->reset();
  ExecReport failed{};
  const bool has_failed = ::read(report->out.get(), &failed, sizeof failed) == sizeof failed;
  if (!has_failed) {
    const std::string number = std::to_string(command);
    (void)!::write(ends.started.get(), number.data(), number.size());
  }
  ends.started.reset();
  int status = 0;
  ::waitpid(command, &status, 0);
  if (has_failed) give_up(exec, ends, failed);
  ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

}  // namespace

// CLONE_PARENT: the daemon is to wait for it.
Result<pid_t> run_in_container(const ProcessExec& exec, ExecEnds ends, Descriptor container) {
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid < 0) return make_error(Code::kUnavailable, "fork", std::strerror(errno));
  if (pid == 0) stand_for(exec, ends, container);
  return pid;
}

}  // namespace skein::engine
