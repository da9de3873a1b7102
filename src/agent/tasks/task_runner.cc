#include "agent/tasks/task_runner.h"

#include <boost/asio/use_awaitable.hpp>

#include "agent/tasks/task_run.h"
#include "base/log.h"
#include "io/loop/timer.h"

namespace skein::agent {

namespace api = model::api;
namespace asio = boost::asio;
using asio::awaitable;

struct TaskRunner::State {
  explicit State(asio::io_context& loop) : tasks(loop.get_executor()) {}

  io::TaskScope tasks;
  std::shared_ptr<TaskTools> tools;
  SharedTasks assigned;
  api::Node self;
  bool is_told = false;                          // the manager has told the whole set
  bool is_looked = false;                        // the engine has told what there was
  std::map<std::string, HostedContainer> found;  // by task id; nobody's until the set is told
  std::map<std::string, std::shared_ptr<TaskRun>> runs;

  awaitable<void> look();
  void reconcile();
  void begin(SharedTask task, HostedContainer container);
  void stop();
  awaitable<void> close();
};

TaskRunner::TaskRunner(asio::io_context& loop, engine::Engine& engine, overlay::TaskNetworks& networks,
                       containers::HealthBoard& health, Clock& clock, Random& random, TaskRunnerHooks hooks,
                       TaskRunnerOptions options)
    : state_(std::make_unique<State>(loop)) {
  state_->tools.reset(new TaskTools{state_->tasks, engine, networks, health, clock, random, std::move(hooks.report),
                                    std::move(options)});
}

TaskRunner::~TaskRunner() = default;

void TaskRunner::start() { state_->tasks.spawn("tasks-of-before", state_->look()); }

void TaskRunner::take(const SharedTasks& tasks, const api::Node& self,
                      std::shared_ptr<const Dependencies> dependencies) {
  state_->tools->dependencies = std::move(dependencies);
  state_->assigned.clear();
  for (const auto& [id, task] : tasks)
    if (task->spec().has_container()) state_->assigned.emplace(id, task);
  state_->self = self;
  state_->is_told = true;
  state_->reconcile();
}

void TaskRunner::State::stop() {
  tools->is_stopped = true;
  tools->report = nullptr;
  for (const auto& [id, run] : runs) run->wake();
}

awaitable<void> TaskRunner::State::close() {
  stop();
  co_await tasks.close();
}

awaitable<void> TaskRunner::close() { return state_->close(); }

// ---- what there was before

awaitable<void> TaskRunner::State::look() {
  io::Timer pause(tools->executor);
  for (;;) {
    auto containers = co_await find_containers(tools);
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
  }
  std::set<std::string> tasks_of_before;
  for (const auto& [id, container] : found) tasks_of_before.insert(id);
  tools->files.keep_only(tasks_of_before);
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
    auto gone = std::make_shared<api::Task>();
    gone->set_id(id);
    begin(std::move(gone), std::move(container));
  }
  std::vector<std::shared_ptr<TaskRun>> dropped;
  for (const auto& [id, run] : runs)
    if (!assigned.contains(id)) dropped.push_back(run);
  for (const auto& run : dropped) run->drop();
}

void TaskRunner::State::begin(SharedTask task, HostedContainer container) {
  const std::string id = task->id();
  auto run = std::make_shared<TaskRun>(tools, std::move(task), self, std::move(container), [this, id] {
    runs.erase(id);
    // Assigned again, when it was too late to keep it.
    if (auto again = assigned.find(id); again != assigned.end()) begin(again->second, {});
  });
  if (!assigned.contains(id)) run->drop();
  runs[id] = run;
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
  co_await state_->close();  // then no container comes after we have looked which there are
  state_->runs.clear();
  state_->found.clear();
  auto containers = co_await find_containers(state_->tools);
  if (!containers.ok()) {
    log_warning("task-containers-unknown", {{"why", containers.error().text()}});
    co_return;
  }
  for (const auto& container : *containers) {
    auto removed = co_await remove_container(state_->tools, container);
    if (!removed.ok()) log_warning("container-remove-failed", {{"id", container.id}, {"why", removed.error().text()}});
  }
}

}  // namespace skein::agent
