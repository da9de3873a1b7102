#include "agent/task_runner.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/task_run.h"
#include "base/log.h"
#include "io/timer.h"

namespace skein::agent {

namespace api = model::api;
namespace asio = boost::asio;
using asio::awaitable;

struct TaskRunner::State : std::enable_shared_from_this<TaskRunner::State> {
  explicit State(std::shared_ptr<TaskTools> shared) : tools(std::move(shared)) {}

  std::shared_ptr<TaskTools> tools;
  std::map<std::string, api::Task> assigned;
  api::Node self;
  bool is_told = false;                          // the manager has told the whole set
  bool is_looked = false;                        // the engine has told what there was
  std::map<std::string, HostedContainer> found;  // by task id; nobody's until the set is told
  std::map<std::string, std::shared_ptr<TaskRun>> runs;

  awaitable<void> look();
  void reconcile();
  void begin(const api::Task& task, HostedContainer container);
  void stop();
};

TaskRunner::TaskRunner(asio::io_context& loop, engine::Engine& engine, TaskNetworks& networks, HealthBoard& health,
                       Clock& clock, Random& random, TaskRunnerHooks hooks, TaskRunnerOptions options) {
  std::shared_ptr<TaskTools> tools(new TaskTools{loop.get_executor(), engine, networks, health, clock, random,
                                                 std::move(hooks.report), std::move(options)});
  state_ = std::make_shared<State>(std::move(tools));
}

TaskRunner::~TaskRunner() { state_->stop(); }

void TaskRunner::start() {
  asio::co_spawn(state_->tools->executor, state_->look(), [kept = state_](const std::exception_ptr&) {});
}

void TaskRunner::take(const std::map<std::string, api::Task>& tasks, const api::Node& self) {
  state_->assigned.clear();
  for (const auto& [id, task] : tasks)
    if (task.spec().has_container()) state_->assigned.emplace(id, task);
  state_->self = self;
  state_->is_told = true;
  state_->reconcile();
}

void TaskRunner::State::stop() {
  tools->is_stopped = true;
  tools->report = nullptr;
  for (const auto& [id, run] : runs) run->wake();
}

// ---- what there was before

awaitable<void> TaskRunner::State::look() {
  io::Timer pause(tools->executor);
  for (;;) {
    auto containers = co_await find_containers(tools);
    if (tools->is_stopped) co_return;
    if (containers.ok()) {
      for (auto& container : *containers) {
        if (container.life != TaskLife::kRunning) tools->networks.detach(container.id);
        found[container.task_id] = std::move(container);
      }
      break;
    }
    log_warning("task-containers-unknown", {{"why", containers.error().text()}});
    pause.expires_after(tools->options.retry_pause);
    co_await pause.async_wait(asio::use_awaitable);
    if (tools->is_stopped) co_return;
  }
  is_looked = true;
  reconcile();
}

// ---- what shall be

void TaskRunner::State::reconcile() {
  if (!is_told || !is_looked || tools->is_stopped) return;
  auto left = std::exchange(found, {});
  for (const auto& [id, task] : assigned) {
    if (auto run = runs.find(id); run != runs.end()) {
      run->second->take(task, self);
    } else {
      auto before = left.extract(id);
      begin(task, before.empty() ? HostedContainer() : std::move(before.mapped()));
    }
  }
  for (auto& [id, container] : left) {
    api::Task gone;
    gone.set_id(id);
    begin(gone, std::move(container));
  }
  std::vector<std::shared_ptr<TaskRun>> dropped;
  for (const auto& [id, run] : runs)
    if (!assigned.contains(id)) dropped.push_back(run);
  for (const auto& run : dropped) run->drop();
}

void TaskRunner::State::begin(const api::Task& task, HostedContainer container) {
  std::weak_ptr<State> weak = weak_from_this();
  auto run = std::make_shared<TaskRun>(tools, task, self, std::move(container), [weak, id = task.id()] {
    auto state = weak.lock();
    if (!state) return;
    state->runs.erase(id);
    // Assigned again, when it was too late to keep it.
    if (auto again = state->assigned.find(id); again != state->assigned.end()) state->begin(again->second, {});
  });
  if (!assigned.contains(task.id())) run->drop();
  runs[task.id()] = run;
  run->begin();
}

// ---- what the engine tells

void TaskRunner::container_exited(const engine::ContainerExit& exit) {
  for (const auto& [id, run] : state_->runs)
    if (run->container_id() == exit.id) return run->container_exited(exit.exit_code);
  for (auto& [id, container] : state_->found) {
    if (container.id != exit.id) continue;
    container.life = TaskLife::kEnded;
    container.exit_code = exit.exit_code;
    state_->tools->networks.detach(exit.id);
  }
}

void TaskRunner::container_removed(const std::string& container_id) {
  for (const auto& [id, run] : state_->runs)
    if (run->container_id() == container_id) return run->container_removed();
  for (const auto& [id, container] : state_->found)
    if (container.id == container_id) forget_container(*state_->tools, container);
  std::erase_if(state_->found, [&](const auto& entry) { return entry.second.id == container_id; });
}

awaitable<void> TaskRunner::leave() {
  auto state = state_;
  state->stop();
  state->runs.clear();
  state->found.clear();
  auto containers = co_await find_containers(state->tools);
  if (!containers.ok()) {
    log_warning("task-containers-unknown", {{"why", containers.error().text()}});
    co_return;
  }
  for (const auto& container : *containers) {
    auto removed = co_await remove_container(state->tools, container);
    if (!removed.ok())
      log_warning("container_remove_failed", {{"id", container.id}, {"because", removed.error().text()}});
  }
}

}  // namespace skein::agent
