#include "engine/process/launch/supervisor.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "base/open_files.h"
#include "engine/process/launch/child_side.h"
#include "engine/process/launch/log_writer.h"
#include "engine/process/launch/process_record.h"
#include "io/child/helper.h"

namespace skein::engine {
namespace {

constexpr int kStartLimit_ms = 30'000;  // of a host that is out of breath; usually it takes two
constexpr int kNotRun = 127;

enum class Step : int { kForked, kFork, kNetwork, kNamespaces, kMounts, kHostname, kFolder, kCommand };

// What the new processes tell; smaller than PIPE_BUF, so whole.
struct Report {
  Step step;
  int value;  // the process for kForked, errno otherwise
};

// All that the new processes need; nothing is looked up after the fork.
struct Plan {
  const ProcessSpec& spec;
  std::vector<char*> command, environment;
  Descriptor folder, netns, null;
  ChildPipe output, errors, go, report;
};

Error errno_error(const std::string& what) { return make_error(Code::kUnavailable, what, std::strerror(errno)); }

Result<Plan> make_plan(const ProcessSpec& spec, const std::string& folder) {
  Plan plan{.spec = spec, .command = pointers_to(spec.command), .environment = pointers_to(spec.environment)};
  plan.folder = Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!plan.folder) return errno_error("open " + folder);
  if (!spec.netns_path.empty()) {
    plan.netns = Descriptor(::open(spec.netns_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!plan.netns) return errno_error("open the network namespace " + spec.netns_path);
  }
  plan.null = Descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!plan.null) return errno_error("open /dev/null");
  for (ChildPipe* pipe : {&plan.output, &plan.errors, &plan.go, &plan.report}) {
    SKEIN_TRY_ASSIGN(*pipe, make_child_pipe());
  }
  return plan;
}

// ---- in the container's first process

[[noreturn]] void fail(const Plan& plan, Step step) {
  Report report{step, errno};
  (void)!::write(plan.report.in.get(), &report, sizeof report);
  ::_exit(kNotRun);
}

// As a container's runtime makes places for its mounts; here they would stay on the host, so only where a reboot
// clears.
void make_target(const std::string& target) {
  if (!target.starts_with("/run/") || ::access(target.c_str(), F_OK) == 0) return;
  for (size_t slash = 1; (slash = target.find('/', slash)) != std::string::npos; ++slash)
    ::mkdir(target.substr(0, slash).c_str(), 0755);
  const Descriptor made(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
}

bool make_mounts(const Plan& plan) {
  // What the host unmounts later, as the names of network namespaces, goes here as well; nothing goes the other way.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return false;
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return false;
  for (const auto& bind : plan.spec.binds) {
    const char* target = bind.target.c_str();
    make_target(bind.target);
    if (::mount(bind.source.c_str(), target, nullptr, MS_BIND, nullptr) != 0) return false;
    if (bind.is_read_only && ::mount(nullptr, target, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return false;
  }
  return true;
}

[[noreturn]] void run_command(const Plan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  char go = 0;
  if (::read(plan.go.out.get(), &go, 1) != 1) ::_exit(kNotRun);
  ::setsid();
  if (plan.netns && ::setns(plan.netns.get(), CLONE_NEWNET) != 0) fail(plan, Step::kNetwork);
  const int network = plan.spec.has_no_network ? CLONE_NEWNET : 0;
  if (::unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | network) != 0) fail(plan, Step::kNamespaces);
  if (!make_mounts(plan)) fail(plan, Step::kMounts);
  if (::sethostname(plan.spec.hostname.data(), plan.spec.hostname.size()) != 0) fail(plan, Step::kHostname);
  if (::chdir(plan.spec.working_folder.c_str()) != 0) fail(plan, Step::kFolder);
  ::dup2(plan.null.get(), 0);
  ::dup2(plan.output.in.get(), 1);
  ::dup2(plan.errors.in.get(), 2);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  io::reset_signals();
  restore_open_files_limit();
  environ = const_cast<char**>(plan.environment.data());  // whose PATH execvp searches
  ::execvp(plan.command[0], plan.command.data());
  fail(plan, Step::kCommand);
}

// ---- in the supervisor

void write_end(int folder, int status) {
  ProcessEnd end{WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), system_clock().wall()};
  const std::string text = format_end(end);
  int fd = ::openat(folder, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  bool is_written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  if (is_written) ::renameat(folder, "exit.new", folder, "exit");
}

// Until the process is dead and what it wrote is kept. Reaping the first process of a namespace means that all others
// are dead too, so the pipes hold the last of it.
int keep_output(pid_t process, Plan& plan) {
  LogWriter log(plan.folder.get());
  const Descriptor death = io::open_pidfd(process);
  std::array<pollfd, 3> sources{
      {{plan.output.out.get(), POLLIN, 0}, {plan.errors.out.get(), POLLIN, 0}, {death.get(), POLLIN, 0}}};
  std::array<char, 16384> piece;
  auto read_from = [&](size_t stream) {
    ssize_t size = ::read(sources[stream].fd, piece.data(), piece.size());
    if (size > 0) log.add(static_cast<int>(stream) + 1, {piece.data(), static_cast<size_t>(size)});
    if (size == 0) sources[stream].fd = -1;
    return size > 0;
  };
  for (size_t stream : {0, 1}) ::fcntl(sources[stream].fd, F_SETFL, O_NONBLOCK);
  while (death && sources[2].revents == 0) {
    ::poll(sources.data(), sources.size(), -1);
    for (size_t stream : {0, 1})
      if (sources[stream].revents != 0) read_from(stream);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  for (size_t stream : {0, 1})
    while (sources[stream].fd >= 0 && read_from(stream)) {
    }
  log.end();
  return status;
}

[[noreturn]] void supervise(Plan& plan) {
  ::setsid();
  ::prctl(PR_SET_NAME, "skein-keeper");
  ::prctl(PR_SET_PDEATHSIG, 0);
  ::signal(SIGCHLD, SIG_DFL);  // or there is no status to wait for
  block_all_signals();
  (void)!::chdir("/");
  for (int fd : {0, 1, 2}) ::dup2(plan.null.get(), fd);
  close_all_but({0, 1, 2, plan.folder.get(), plan.netns.get(), plan.null.get(), plan.output.out.get(),
                 plan.output.in.get(), plan.errors.out.get(), plan.errors.in.get(), plan.go.out.get(),
                 plan.report.in.get()});
  const pid_t process = ::unshare(CLONE_NEWPID) == 0 ? ::fork() : -1;
  if (process < 0) fail(plan, Step::kFork);
  if (process == 0) run_command(plan);
  Report report{Step::kForked, process};
  (void)!::write(plan.report.in.get(), &report, sizeof report);
  for (Descriptor* fd : {&plan.report.in, &plan.output.in, &plan.errors.in, &plan.go.out, &plan.netns}) fd->reset();
  write_end(plan.folder.get(), keep_output(process, plan));
  ::_exit(0);
}

// ---- in the daemon

// Nothing when all writers have closed their ends.
Result<std::optional<Report>> read_report(const Plan& plan) {
  pollfd source{plan.report.out.get(), POLLIN, 0};
  int count;
  do count = ::poll(&source, 1, kStartLimit_ms);
  while (count < 0 && errno == EINTR);
  if (count == 0) return make_error(Code::kDeadlineExceeded, "the container's process does not start in time");
  Report report{};
  ssize_t size = ::read(source.fd, &report, sizeof report);
  if (size == 0) return std::optional<Report>();
  if (size != sizeof report) return errno_error("hear of the container's process");
  return std::optional<Report>(report);
}

Error start_error(const ProcessSpec& spec, const Report& report) {
  const std::string prefix =
      "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create "
      "failed: unable to start container process: ";
  const bool is_path = spec.command[0].find('/') != std::string::npos;
  std::string reason = std::strerror(report.value);
  for (char& c : reason) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (report.step == Step::kCommand) {
    const std::string exec = "exec: \"" + spec.command[0] + "\": ";
    if (report.value == ENOENT)
      reason =
          is_path ? "stat " + spec.command[0] + ": no such file or directory" : "executable file not found in $PATH";
    return make_error(Code::kInvalidArgument, prefix + exec + reason + ": unknown");
  }
  if (report.step == Step::kFolder)
    return make_error(Code::kInvalidArgument,
                      prefix + "chdir to cwd (\"" + spec.working_folder + "\") failed: " + reason + ": unknown");
  static constexpr std::array kNames{
      "", "fork", "join the network namespace", "make namespaces", "mount", "set the hostname"};
  return make_error(Code::kFailedPrecondition,
                    prefix + kNames[static_cast<size_t>(report.step)] + ": " + reason + ": unknown");
}

Result<void> start_process(const Plan& plan, pid_t supervisor, Launched& launched,
                           const std::function<Result<void>(const Launched&)>& record) {
  SKEIN_TRY_ASSIGN(auto forked, read_report(plan));
  if (!forked) return make_error(Code::kUnavailable, "the container's supervisor has ended");
  if (forked->step != Step::kForked) return start_error(plan.spec, *forked);
  launched = {io::identify(supervisor), io::identify(forked->value)};
  SKEIN_TRY(record(launched));
  if (::write(plan.go.in.get(), "g", 1) != 1) return errno_error("start the container's process");
  SKEIN_TRY_ASSIGN(auto failure, read_report(plan));
  if (failure) return start_error(plan.spec, *failure);
  return {};
}

}  // namespace

Result<void> launch(const ProcessSpec& spec, const std::string& folder,
                    const std::function<Result<void>(const Launched&)>& record) {
  SKEIN_TRY_ASSIGN(Plan plan, make_plan(spec, folder));
  const pid_t supervisor = ::fork();
  if (supervisor < 0) return errno_error("fork");
  if (supervisor == 0) supervise(plan);
  for (Descriptor* fd : {&plan.report.in, &plan.output.in, &plan.errors.in, &plan.go.out}) fd->reset();
  Launched launched;
  auto started = start_process(plan, supervisor, launched, record);
  if (started.ok()) return {};
  plan.go.in.reset();  // not yet started: it ends by itself
  if (started.error().code == Code::kDeadlineExceeded) {
    io::signal_process(launched.process, SIGKILL);
    ::kill(supervisor, SIGKILL);
  }
  ::waitpid(supervisor, nullptr, 0);
  return started;
}

}  // namespace skein::engine
