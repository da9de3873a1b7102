#include "io/child/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>

#include "io/child/child_choice.h"
#include "io/child/child_log.h"
#include "io/child/process_id.h"
#include "io/file/readable.h"
#include "io/loop/task_scope.h"

namespace skein::io {

namespace asio = boost::asio;

namespace {

constexpr auto kChildTuple = asio::as_tuple(asio::use_awaitable);
constexpr Duration kAnswerPause = std::chrono::milliseconds(5);
constexpr Duration kBackOffMin = std::chrono::milliseconds(200);
constexpr Duration kBackOffMax = std::chrono::seconds(10);
// A killed process is gone at once, unless the kernel is busy with its memory or a disk hangs.
constexpr Duration kKillLimit = std::chrono::seconds(10);

}  // namespace

// One process of the child's, until its end.
struct Child::Life {
  Life(const asio::any_io_executor& executor, std::string its_name, pid_t its_pid, int fd, bool is_our_child)
      : name(std::move(its_name)),
        pid(its_pid),
        process(executor, fd),
        ended(executor, TimePoint::never()),
        is_ours(is_our_child) {}

  std::string name;
  pid_t pid;
  asio::posix::stream_descriptor process;  // pidfd
  Timer ended;                             // cancelled when it has
  bool is_ours;                            // to be waited for
  bool is_asked = false;                   // to end
  bool has_ended = false;
  Child* owner = nullptr;  // whose life_ this is

  void send(int signal) const {
    // The descriptor stays the stream's.
    Descriptor borrowed(const_cast<Life*>(this)->process.native_handle());
    signal_process(borrowed, signal);
    (void)borrowed.release();
  }
};

Child::Child(const asio::any_io_executor& executor, ChildPlan plan, ChildHooks hooks)
    : executor_(executor),
      plan_(std::move(plan)),
      hooks_(std::move(hooks)),
      back_off_(kBackOffMin, kBackOffMax),
      timer_(executor) {}

Child::~Child() {
  if (!life_) return;
  life_->owner = nullptr;
  if (life_->is_asked) return;  // followed to its end, which is near
  boost::system::error_code ignored;
  life_->process.close(ignored);
}

pid_t Child::pid() const { return life_ ? life_->pid : -1; }

// ---- one process

Result<void> Child::begin_life(pid_t pid, Descriptor process, bool is_ours) {
  SKEIN_ASSERT(!life_ && !is_up_);
  if (!process) {
    const Error error = make_error(Code::kUnavailable, "watch " + plan_.name, std::strerror(errno));
    if (is_ours && ::kill(pid, SIGKILL) == 0) ::waitpid(pid, nullptr, 0);
    return error;
  }
  life_ = std::make_shared<Life>(executor_, plan_.name, pid, process.release(), is_ours);
  life_->owner = this;
  asio::co_spawn(executor_, follow(life_), asio::detached);
  return {};
}

asio::awaitable<void> Child::follow(std::shared_ptr<Life> life) {
  if (!co_await wait_until_readable(life->process)) co_return;
  const std::string how = life->is_ours ? reap(life->pid).text() : "no child of this daemon";
  log_child(life->is_asked ? LogLevel::kInfo : LogLevel::kWarning, "child-ended", {life->name, life->pid, how});
  life->has_ended = true;
  life->ended.cancel();
  if (life->owner) life->owner->lose();
}

void Child::lose() {
  const bool is_lost = is_up_;
  is_up_ = false;
  life_.reset();
  if (is_lost) hooks_.on_lost();
}

void Child::ask_to_end() {
  is_up_ = false;
  if (!life_ || life_->is_asked) return;
  life_->is_asked = true;
  life_->send(SIGTERM);
}

asio::awaitable<bool> Child::ends_within(std::shared_ptr<Life> life, Duration limit) {
  if (life->has_ended) co_return true;
  life->ended.expires_after(limit);
  co_await life->ended.async_wait(kChildTuple);
  co_await end_if_cancelled();
  co_return life->has_ended;
}

asio::awaitable<void> Child::end(const std::string& why) {
  const auto life = life_;
  if (!life) co_return;
  is_up_ = false;
  if (!life->is_asked) {
    log_child(LogLevel::kInfo, "child-ending", {life->name, life->pid, why});
    if (plan_.end_limit > Duration::zero()) life->send(SIGTERM);
  }
  life->is_asked = true;
  if (co_await ends_within(life, plan_.end_limit)) co_return;
  life->send(SIGKILL);
  co_await ends_within(life, kKillLimit);
}

// ---- from one process to the next

asio::awaitable<bool> Child::asks() {
  const bool answers = co_await hooks_.answers();
  co_await end_if_cancelled();
  co_return answers;
}

asio::awaitable<Result<void>> Child::bring_up() {
  bool answers = is_up_;
  if (answers) answers = co_await asks();
  if (answers && is_up_) co_return Result<void>();
  co_await end("it does not answer");
  if (life_)
    co_return make_error(Code::kUnavailable, plan_.name + " does not end", "pid " + std::to_string(life_->pid));
  SKEIN_CO_TRY_ASSIGN(const bool is_current, hooks_.prepare());
  Listener found = find_listener(plan_.socket_path);
  ChildSight sight{found.is_of_socket, is_current, false};
  if (sight.is_there) {
    SKEIN_CO_TRY(begin_life(found.pid, std::move(found.process), false));
    if (is_current) sight.answers = co_await asks();
    sight.is_there = life_ != nullptr;  // or it has ended meanwhile
  }
  switch (choose_child(sight)) {
    case ChildChoice::kAdopt: note_up("adopted"); co_return Result<void>();
    case ChildChoice::kReplace:
      co_await end(is_current ? "it does not answer" : "it would be started otherwise now");
      if (life_) co_return make_error(Code::kUnavailable, plan_.name + " does not end");
      [[fallthrough]];
    case ChildChoice::kSpawn: SKEIN_CO_TRY(spawn()); co_return co_await wait_for_answer();
  }
  co_return Result<void>();
}

Result<void> Child::spawn() {
  ::unlink(plan_.socket_path.c_str());
  SKEIN_TRY_ASSIGN(const pid_t pid, spawn_logged(plan_.program, plan_.log_path));
  return begin_life(pid, open_pidfd(pid), true);
}

asio::awaitable<Result<void>> Child::wait_for_answer() {
  const auto life = life_;
  const TimePoint since = timer_.now();
  for (;;) {
    bool answers = find_listener(plan_.socket_path).pid == life->pid;
    if (answers) answers = co_await asks();
    switch (judge_start(life->has_ended, answers, timer_.now() - since, plan_.start_limit)) {
      case StartState::kUp: note_up("started"); co_return Result<void>();
      case StartState::kEnded:
        co_return make_error(Code::kUnavailable, plan_.name + " has ended", "", "see " + plan_.log_path);
      case StartState::kLate:
        co_return make_error(Code::kUnavailable, plan_.name + " does not come up", "", "see " + plan_.log_path);
      case StartState::kWaiting: break;
    }
    timer_.expires_after(kAnswerPause);
    co_await timer_.async_wait(kChildTuple);
    co_await end_if_cancelled();
  }
}

void Child::note_up(const std::string& why) {
  SKEIN_ASSERT(life_ && !life_->is_asked);
  log_child(LogLevel::kInfo, "child-up", {plan_.name, life_->pid, why});
  is_up_ = true;
  up_since_ = timer_.now();
  hooks_.on_up();
}

asio::awaitable<void> Child::bring_back() {
  if (was_well(timer_.now() - up_since_)) back_off_.reset();
  for (;;) {
    timer_.expires_after(back_off_.next());
    co_await timer_.async_wait(kChildTuple);
    co_await end_if_cancelled();
    const auto up = co_await bring_up();
    if (up.ok()) co_return;
    log_child(LogLevel::kWarning, "child-not-up", {plan_.name, pid(), up.error().text()});
  }
}

}  // namespace skein::io
