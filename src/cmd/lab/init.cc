// The inside of a machine: sets its namespaces up, then starts and reaps its daemon until it is killed by `down`.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "cmd/lab/host/cgroups.h"
#include "cmd/lab/host/control.h"
#include "cmd/lab/host/host_mounts.h"
#include "cmd/lab/host/programs.h"
#include "cmd/lab/host/state.h"
#include "cmd/lab/lab.h"

namespace skein::lab {
namespace {

// The machine's daemon, a child of this init.
class Daemon {
 public:
  // `engine` is the one it is told to use; empty on a machine without a daemon.
  explicit Daemon(const std::string& engine)
      : exists_(!engine.empty()), program_(exists_ ? daemon_program() : ""), engine_(engine) {}

  std::string answer(const std::string& request) {
    if (!exists_) return request == "status" ? "none" : "error this machine has no daemon";
    if (request == "start") return start();
    if (request == "kill") return end();
    return pid_ > 0 ? "running" : "stopped";
  }

  // Collects every dead child: the daemon, and orphans of the host.
  void reap() {
    for (pid_t dead; (dead = waitpid(-1, nullptr, WNOHANG)) > 0;)
      if (dead == pid_) pid_ = 0;
  }

 private:
  std::string start() {
    if (pid_ > 0) return "error its daemon runs already";
    const pid_t child = fork();
    if (child < 0) return std::string("error fork: ") + std::strerror(errno);
    if (child == 0) {
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      setsid();
      (void)!chdir("/");
      if (engine_ == "podman")
        execl(program_.c_str(), program_.c_str(), nullptr);
      else
        execl(program_.c_str(), program_.c_str(), "--engine", engine_.c_str(), nullptr);
      dprintf(2, "start %s: %s\n", program_.c_str(), std::strerror(errno));
      _exit(127);
    }
    pid_ = child;
    return "running";
  }

  std::string end() {
    if (pid_ <= 0) return "error its daemon does not run";
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
    return "stopped";
  }

  bool exists_;
  std::string program_;
  std::string engine_;
  pid_t pid_ = 0;
};

void write_setting(const char* path, const char* value) { (void)write_existing(path, value); }

Result<void> enter_own_namespaces(const std::string& lab, const std::string& name, const Descriptor& log) {
  dup2(log.get(), 1);
  dup2(log.get(), 2);
  if (sethostname(name.data(), name.size()) != 0) return errno_error("set the host name");
  SKEIN_TRY(join_cgroups(lab, name));
  if (unshare(CLONE_NEWCGROUP) != 0) return errno_error("make a cgroup namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno_error("make mounts private");
  write_setting("/proc/sys/net/ipv4/tcp_congestion_control", "cubic");
  // Frames on the switch's bridge are no business of IP filters; the files exist only with br_netfilter.
  write_setting("/proc/sys/net/bridge/bridge-nf-call-iptables", "0");
  write_setting("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
  write_setting("/proc/sys/net/bridge/bridge-nf-call-arptables", "0");
  return {};
}

// Returns the listening control socket.
Result<Descriptor> set_up(const std::string& lab, const std::string& name, const Descriptor& disk,
                          std::string* engine) {
  SKEIN_TRY_ASSIGN(const Spec spec, load_spec(lab));
  const auto log_path = state_folder(lab, name) / "skeind.log";
  const Descriptor log(open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log) return errno_error("open " + log_path.string());
  SKEIN_TRY_ASSIGN(Descriptor listener, listen_control(control_path(lab, name)));
  SKEIN_TRY(enter_own_namespaces(lab, name, log));
  if (name == kSwitchName) return listener;

  SKEIN_TRY_ASSIGN(const Machine machine, find_machine(spec, name));
  if (machine.has_daemon) *engine = spec.engine;
  SKEIN_TRY(mount_host(spec, machine, disk));
  return listener;
}

[[noreturn]] void serve(const Descriptor& listener, Daemon daemon) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, nullptr);
  const Descriptor deaths(signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  SKEIN_ASSERT(bool(deaths));
  for (;;) {
    pollfd sources[] = {{listener.get(), POLLIN, 0}, {deaths.get(), POLLIN, 0}};
    poll(sources, 2, -1);
    if (sources[1].revents != 0) {
      signalfd_siginfo ignored;
      while (read(deaths.get(), &ignored, sizeof(ignored)) > 0) {
      }
      daemon.reap();
    }
    if (sources[0].revents != 0)
      serve_control(listener, [&](const std::string& request) { return daemon.answer(request); });
  }
}

}  // namespace

// lab-init LAB MACHINE REPORT_FD DISK_FD: "ok" or the error is written to REPORT_FD; both are then closed.
int lab_init_main(int argc, char** argv) {
  if (argc != 5 || getpid() != 1) {
    dprintf(2, "skein lab-init is started by `skein lab up` only\n");
    return 2;
  }
  const Descriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  dup2(null.get(), 0);
  Descriptor report(std::stoi(argv[3]));
  Descriptor disk(std::stoi(argv[4]));
  for (const Descriptor* file : {&report, &disk}) fcntl(file->get(), F_SETFD, FD_CLOEXEC);
  std::string engine;
  const auto listener = set_up(argv[1], argv[2], disk, &engine);
  const std::string text = listener.ok() ? "ok" : listener.error().text();
  (void)!write(report.get(), text.data(), text.size());
  if (!listener.ok()) return 1;
  report = Descriptor();
  disk = Descriptor();

  Daemon daemon(engine);
  set_host_environment();
  prctl(PR_SET_PDEATHSIG, 0);  // set by `up`, so that no half-made machine outlives it unseen
  serve(*listener, std::move(daemon));
}

}  // namespace skein::lab
