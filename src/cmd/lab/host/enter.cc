#include "cmd/lab/host/enter.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>

#include "cmd/lab/files/files.h"
#include "cmd/lab/host/cgroups.h"
#include "cmd/lab/host/disk.h"
#include "cmd/lab/host/programs.h"
#include "cmd/lab/host/state.h"

namespace skein::lab {
namespace {

constexpr int kSetUpMs = 10'000;

// The end of the pipe, or kSetUpMs, whichever is first.
std::string read_report(const Descriptor& report) {
  std::string text;
  std::array<char, 4096> part;
  pollfd source{report.get(), POLLIN, 0};
  while (poll(&source, 1, kSetUpMs) == 1) {
    const ssize_t length = read(report.get(), part.data(), part.size());
    if (length <= 0) return text;
    text.append(part.data(), static_cast<size_t>(length));
  }
  return "no report within " + std::to_string(kSetUpMs) + " ms";
}

volatile sig_atomic_t passed_on_to = 0;

// The terminal's own signals reach the command by themselves, since it is in our process group.
void pass_on(int signal, siginfo_t* info, void*) {
  if (info->si_code <= 0 && passed_on_to > 0) kill(passed_on_to, signal);
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& folder) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (chdir(folder.c_str()) != 0) (void)!chdir("/");
  set_host_environment();
  execvp(command[0].c_str(), exec_arguments(command).data());
  const int error = errno;
  dprintf(2, "skein lab exec: %s\n", errno_error(command[0]).text().c_str());
  _exit(error == ENOENT ? 127 : 126);
}

}  // namespace

Result<pid_t> start_init(const Spec& spec, const std::string& machine, const Boot& boot) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return errno_error("make a pipe");
  const Descriptor report(pipe_ends[0]);
  Descriptor report_write(pipe_ends[1]);
  const std::vector<std::string> command = {own_program(),
                                            "lab-init",
                                            spec.name,
                                            machine,
                                            std::to_string(report_write.get()),
                                            std::to_string(boot.disk.get())};
  // clone(2) like fork(2), but into namespaces; the cgroup namespace follows when the init is in its cgroup.
  constexpr unsigned long kFlags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD;
  const pid_t child = static_cast<pid_t>(syscall(SYS_clone, kFlags, nullptr, nullptr, nullptr, nullptr));
  if (child < 0) return errno_error("make namespaces for " + machine);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    fcntl(report_write.get(), F_SETFD, 0);
    if (boot.disk) fcntl(boot.disk.get(), F_SETFD, 0);
    execve(command[0].c_str(), exec_arguments(command).data(), exec_arguments(boot.environment).data());
    _exit(127);
  }
  report_write = Descriptor();
  const std::string text = read_report(report);
  if (text == "ok") return child;
  return make_error(Code::kInternal, "set " + machine + " up", text.empty() ? "its init died" : text);
}

Result<Boot> boot_of(pid_t init) {
  SKEIN_TRY_ASSIGN(const std::string text, read_file("/proc/" + std::to_string(init) + "/environ"));
  std::istringstream words(text);
  Boot boot;
  for (std::string word; std::getline(words, word, '\0');) boot.environment.push_back(word);
  SKEIN_TRY_ASSIGN(boot.disk, hold_disk(init));
  return boot;
}

Result<void> enter_network(pid_t init) {
  const Descriptor network(open(("/proc/" + std::to_string(init) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (!network || setns(network.get(), CLONE_NEWNET) != 0)
    return errno_error("enter the network of " + std::to_string(init));
  return {};
}

Result<int> run_on_machine(const std::string& lab, const std::string& machine,
                           const std::vector<std::string>& command) {
  SKEIN_TRY_ASSIGN(const pid_t init, find_init(lab, machine));
  std::error_code ignored;
  const std::string folder = std::filesystem::current_path(ignored).string();
  const Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, init, 0)));
  SKEIN_TRY(join_cgroups(lab, machine));
  constexpr int kAll = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
  if (!pidfd || setns(pidfd.get(), kAll) != 0) return errno_error("enter " + machine + " of lab " + lab);

  constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  sigset_t passed_on;
  sigemptyset(&passed_on);
  for (const int signal : kPassedOn) sigaddset(&passed_on, signal);
  sigprocmask(SIG_BLOCK, &passed_on, nullptr);  // until there is somebody to pass them on to
  const pid_t child = fork();                   // only children enter a pid namespace
  if (child < 0) return errno_error("start " + command[0]);
  if (child == 0) {
    sigprocmask(SIG_UNBLOCK, &passed_on, nullptr);
    become(command, folder);
  }
  passed_on_to = child;
  struct sigaction action {};
  action.sa_sigaction = pass_on;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  for (const int signal : kPassedOn) sigaction(signal, &action, nullptr);
  sigprocmask(SIG_UNBLOCK, &passed_on, nullptr);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace skein::lab
