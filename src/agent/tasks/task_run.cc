#include "agent/tasks/task_run.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/container/task_container.h"
#include "agent/container/task_networking.h"
#include "base/log.h"
#include "containers/health/container_probe.h"
#include "io/loop/keep_alive.h"
#include "io/loop/timer.h"

namespace skein::agent {

namespace api = model::api;
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr const char* kUnhealthy = "dockerexec: unhealthy container";
constexpr const char* kDestroyed = "dockerexec: container destroyed";

// Steps that must succeed some day: until then something of the task is still there.
bool is_repeated(TaskStep step) {
  return step == TaskStep::kStop || step == TaskStep::kShutDown || step == TaskStep::kStopUnhealthy ||
         step == TaskStep::kRemove;
}

bool is_missing_image(const Error& error) {
  return error.code == Code::kNotFound && error.text().starts_with("No such image: ");
}

// Some have a mark in the wire's names, as others of the package are called so.
std::string name_of(api::TaskState state) {
  std::string name = api::TaskState_Name(state);
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

}  // namespace

TaskRun::TaskRun(std::shared_ptr<TaskTools> tools, SharedTask task, api::Node self, HostedContainer found,
                 std::function<void()> on_removed)
    : tools_(std::move(tools)),
      task_(std::move(task)),
      self_(std::move(self)),
      container_(std::move(found)),
      on_removed_(std::move(on_removed)),
      status_(task_->status()),
      changed_(tools_->executor) {
  status_.set_state(resumed_state(status_.state(), container_.life));
  // Before the restart it was what the manager knows; its endpoints still are.
  has_served_ = container_.life == TaskLife::kRunning;
}

void TaskRun::begin() { spawn(run()); }

void TaskRun::spawn(awaitable<void> work) {
  tools_->tasks.spawn("task", io::keep_alive(shared_from_this(), std::move(work)));
}

// ---- what others say

void TaskRun::take(SharedTask task, const api::Node& self) {
  task_ = std::move(task);
  self_ = self;
  is_assigned_ = true;
  wake();
}

void TaskRun::drop() {
  is_assigned_ = false;
  wake();
}

void TaskRun::container_exited(int exit_code) {
  if (container_.life != TaskLife::kRunning && container_.life != TaskLife::kCreated) return;
  container_.life = TaskLife::kEnded;
  container_.exit_code = exit_code;
  tools_->networks.detach(container_.id);
  wake();
}

void TaskRun::container_removed() {
  if (container_.id.empty()) return;
  forget_container(*tools_, container_);
  container_ = {};
  wake();
}

// ---- one step after another

TaskSight TaskRun::sight() const {
  TaskSight out;
  out.state = status_.state();
  out.desired = task_->desired_state();
  out.is_assigned = is_assigned_;
  out.life = container_.life;
  out.is_watched = is_watching_;
  out.health = health_;
  out.retry_at = retry_at_;
  out.now = tools_->clock.now();
  return out;
}

bool TaskRun::is_wanted() const { return is_assigned_ && task_->desired_state() < api::SHUTDOWN; }

awaitable<void> TaskRun::run() {
  while (!tools_->is_stopped && !is_removed_) {
    const TaskSight seen = sight();
    const TaskStep step = next_step(seen);
    Result<void> done;
    // Until what was seen then: by now it may have passed.
    if (step == TaskStep::kWait)
      co_await wait(seen.now < seen.retry_at ? seen.retry_at : TimePoint::never());
    else
      done = co_await carry_out(step);
    if (!done.ok() && !tools_->is_stopped) take_failure(step, done.error());
  }
  if (is_removed_ && on_removed_) on_removed_();
}

awaitable<void> TaskRun::wait(TimePoint until) {
  changed_.expires_after(until == TimePoint::never() ? Duration::max() : until - tools_->clock.now());
  boost::system::error_code ignored;
  co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

awaitable<Result<void>> TaskRun::carry_out(TaskStep step) {
  Result<void> done;
  switch (step) {
    case TaskStep::kWait: break;
    case TaskStep::kAccept: report(api::ACCEPTED_, "accepted"); break;
    case TaskStep::kBeginPreparing: report(api::PREPARING, "preparing"); break;
    case TaskStep::kPrepare: done = co_await prepare(); break;
    case TaskStep::kBeginStarting: report(api::STARTING, "starting"); break;
    case TaskStep::kStart: done = co_await start(); break;
    case TaskStep::kWatch: done = co_await begin_watching(); break;
    case TaskStep::kRun: report(api::RUNNING, "started"); break;
    case TaskStep::kStop:
    case TaskStep::kStopUnhealthy: done = co_await end_container(); break;
    case TaskStep::kEnd: end(); break;
    case TaskStep::kLose: report(api::FAILED_, status_.message(), kDestroyed); break;
    case TaskStep::kShutDown:
      done = co_await end_container();
      if (done.ok() && !tools_->is_stopped) report(api::SHUTDOWN, "shutdown");
      break;
    case TaskStep::kRemove: done = co_await remove(); break;
  }
  co_return done;
}

void TaskRun::take_failure(TaskStep step, const Error& error) {
  if (is_repeated(step) || containers::is_temporary(error)) {
    if (retry_at_ == TimePoint{})  // the first of a row
      log_warning("task-step-failed", {{"task", task_->id()}, {"why", error.text()}});
    retry_at_ = tools_->clock.now() + tools_->options.retry_pause;
    return;
  }
  report(failed_state(status_.state()), status_.message(), error.text());
}

void TaskRun::report(api::TaskState state, const std::string& message, const std::string& error) {
  retry_at_ = {};
  status_.set_state(state);
  status_.set_message(message);
  status_.set_err(error);
  *status_.mutable_timestamp() = model::to_timestamp(tools_->clock.wall());
  if (state >= api::STARTING && !container_.id.empty()) {
    auto& container = *status_.mutable_container();
    container.set_container_id(container_.id);
    container.set_pid(container_.life == TaskLife::kRunning ? container_.pid : 0);
    container.set_exit_code(container_.life == TaskLife::kEnded ? container_.exit_code : 0);
  }
  status_.clear_port_status();
  if (state == api::RUNNING)
    if (auto ports = task_port_status(*task_, container_.assigned_ports()); ports.ports_size())
      *status_.mutable_port_status() = ports;
  log_info("task", {{"id", task_->id()}, {"state", name_of(state)}, {"why", error}});
  if (is_assigned_ && tools_->report) tools_->report(task_->id(), status_);
}

// ---- to life

awaitable<Result<void>> TaskRun::prepare() {
  if (container_.life == TaskLife::kAbsent) {
    const auto pulled = co_await pull_image();
    if (tools_->is_stopped || !is_wanted()) co_return Result<void>();
    auto made = co_await make_container(tools_, task_, self_);
    // An image that is there is used, whatever its registry says.
    if (!made.ok() && !pulled.ok() && is_missing_image(made.error()))
      co_return make_error(Code::kNotFound, pulled.error().text());
    if (!made.ok()) co_return made.error();
    container_ = std::move(*made);
  }
  report(api::READY_, "prepared");
  co_return Result<void>();
}

// Until it is there, or nobody wants it any more.
awaitable<Result<void>> TaskRun::pull_image() {
  const auto& spec = task_->spec().container();
  const std::string image = spec.image();
  const std::string registry_auth = spec.pull_options().registry_auth();
  auto is_there = co_await tools_->engine.has_image(image);
  if (tools_->is_stopped || !is_there.ok() || *is_there) co_return Result<void>();
  std::weak_ptr<TaskRun> weak = weak_from_this();
  auto pull = tools_->pulls.begin(image, registry_auth, [weak] {
    if (auto self = weak.lock()) self->wake();
  });
  while (!pull->outcome && !tools_->is_stopped && is_wanted()) co_await wait(TimePoint::never());
  if (!pull->outcome || pull->outcome->ok()) co_return Result<void>();
  log_warning("image-not-pulled", {{"image", image}, {"why", pull->outcome->error().text()}});
  co_return pull->outcome->error();
}

// They come with the task or shortly after it; when they do not, the start says what is missing.
bool TaskRun::is_waiting_for_dependencies() {
  if (!lacks_dependencies(*task_, *tools_->dependencies)) return false;
  const TimePoint now = tools_->clock.now();
  if (!dependencies_due_) dependencies_due_ = now + tools_->options.dependency_patience;
  return now < *dependencies_due_;
}

awaitable<Result<void>> TaskRun::start() {
  if (is_waiting_for_dependencies()) {
    co_await wait(*dependencies_due_);
    co_return Result<void>();
  }
  auto started = co_await start_container(tools_, task_, self_, container_);
  if (!started.ok()) co_return started.error();
  // News of its end may have come before.
  if (container_.life != TaskLife::kCreated) co_return Result<void>();
  container_ = std::move(*started);
  if (container_.life == TaskLife::kEnded) tools_->networks.detach(container_.id);
  co_return Result<void>();
}

// ---- in service

awaitable<Result<void>> TaskRun::begin_watching() {
  auto check = co_await find_health_check(tools_, task_);
  if (!check.ok()) co_return check.error();
  if (tools_->is_stopped) co_return Result<void>();
  retry_at_ = {};
  is_watching_ = true;
  if (!check->command.empty()) {
    health_ = containers::Health::kStarting;
    spawn(containers::watch_health(tools_->executor, tools_->engine, tools_->clock, health_watch(*check)));
  }
  const std::string command = readiness_command(*task_);
  has_readiness_ = !command.empty();
  if (has_readiness_) spawn(watch_readiness(command));
  update_serving();
  co_return Result<void>();
}

bool TaskRun::is_watched() const {
  return !tools_->is_stopped && container_.life == TaskLife::kRunning && !is_stopping_;
}

containers::HealthWatch TaskRun::health_watch(containers::HealthCheck check) {
  containers::HealthWatch watch;
  watch.container_id = container_.id;
  watch.check = std::move(check);
  watch.started_at = tools_->clock.now();
  if (status_.state() >= api::RUNNING) watch.first = containers::Health::kHealthy;
  watch.is_wanted = [this] { return is_watched(); };
  watch.on_record = [this](const containers::HealthRecord& record) {
    health_ = record.health();
    tools_->health.put(container_.id, record);
    update_serving();
    wake();
  };
  return watch;
}

awaitable<void> TaskRun::watch_readiness(std::string command) {
  const std::vector<std::string> words{"/bin/sh", "-c", command};
  containers::ContainerProbe probe(tools_->executor, tools_->engine, container_.id, words,
                                   tools_->options.readiness_timeout);
  io::Timer pause(tools_->executor);
  while (is_watched()) {
    auto end = co_await probe.run();
    if (!is_watched()) co_return;
    if (end.ok() || end.error().code != Code::kUnavailable) is_ready_ = end.ok() && end->exit_code == 0;
    update_serving();
    pause.expires_after(tools_->options.readiness_interval);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

void TaskRun::update_serving() {
  if (!is_watched() || (has_readiness_ && !is_ready_)) return;
  bool is_healthy = health_ == containers::Health::kUnchecked || health_ == containers::Health::kHealthy;
  overlay::Serving now =
      is_healthy && is_ready_.value_or(true) ? overlay::Serving::kServing : overlay::Serving::kJoining;
  if (serving_ == now) return;
  serving_ = now;
  has_served_ |= now == overlay::Serving::kServing;
  tools_->networks.set_serving(container_.id, now);
}

// ---- to the end

// What came of a start whose answer was lost.
awaitable<Result<void>> TaskRun::find_out_life() {
  const std::string id = container_.id;
  auto now = co_await look_at_container(tools_, id);
  if (!now.ok() && now.error().code != Code::kNotFound) co_return now.error();
  if (container_.life != TaskLife::kCreated) co_return Result<void>();
  if (now.ok())
    container_ = std::move(*now);
  else
    container_removed();
  co_return Result<void>();
}

awaitable<Result<void>> TaskRun::end_container() {
  if (container_.life == TaskLife::kCreated && status_.state() >= api::STARTING) {
    if (auto known = co_await find_out_life(); !known.ok()) co_return known;
    if (tools_->is_stopped) co_return Result<void>();
  }
  if (container_.life == TaskLife::kRunning) {
    is_stopping_ = true;
    co_await drain();
    if (tools_->is_stopped) co_return Result<void>();
  }
  if (container_.life == TaskLife::kRunning) {
    const std::string id = container_.id;
    auto stopped = co_await tools_->engine.stop(id, stop_grace_s(*task_));
    if (!stopped.ok() && stopped.error().code != Code::kNotFound) co_return stopped.error();
    auto now = co_await look_at_container(tools_, id);
    if (!now.ok() && now.error().code != Code::kNotFound) co_return now.error();
    if (container_.life == TaskLife::kRunning) {  // the engine has not told yet
      if (!now.ok())
        container_removed();
      else if (now->life == TaskLife::kRunning)
        co_return make_error(Code::kUnavailable, "container " + id + " runs on after it was stopped");
      else
        container_exited(now->exit_code);
    }
  }
  if (!container_.id.empty()) tools_->networks.detach(container_.id);
  co_return Result<void>();
}

// Until nothing new comes in; its end ends that as well.
awaitable<void> TaskRun::drain() {
  if (!serving_ || *serving_ != overlay::Serving::kDraining) {
    serving_ = overlay::Serving::kDraining;
    tools_->networks.set_serving(container_.id, overlay::Serving::kDraining);
    is_drained_ = !has_served_;
    if (has_served_) spawn(wait_until_drained());
  }
  while (!is_drained_ && container_.life == TaskLife::kRunning && !tools_->is_stopped)
    co_await wait(TimePoint::never());
}

awaitable<void> TaskRun::wait_until_drained() {
  co_await tools_->networks.wait_until_drained(container_.id, drain_limit(*task_));
  is_drained_ = true;
  wake();
}

void TaskRun::end() {
  tools_->networks.detach(container_.id);
  std::string error = exit_error(container_.exit_code, health_ == containers::Health::kUnhealthy ? kUnhealthy : "");
  if (error.empty())
    report(api::COMPLETE_, "finished");
  else
    report(api::FAILED_, status_.message(), error);
}

awaitable<Result<void>> TaskRun::remove() {
  auto ended = co_await end_container();
  if (!ended.ok() || tools_->is_stopped) co_return ended;
  if (!container_.id.empty()) {
    const std::string id = container_.id;
    auto removed = co_await tools_->engine.remove(id, true);
    if (!removed.ok()) co_return removed;
    if (container_.id == id) container_removed();  // unless the engine has told already
  }
  is_removed_ = true;
  co_return Result<void>();
}

}  // namespace skein::agent
