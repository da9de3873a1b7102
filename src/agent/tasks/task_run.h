// One task of this node, from its assignment to its removal: carries out what next_step() decides, one step after
// another, and tells the manager. Loop's thread.
#pragma once

#include <functional>
#include <memory>

#include "agent/container/hosted_container.h"
#include "containers/health/health_watch.h"
#include "io/loop/timer.h"

namespace skein::agent {

class TaskRun : public std::enable_shared_from_this<TaskRun> {
 public:
  // `found`: its container, if it had one before. `on_removed`: called when the task was dropped and all of it is gone.
  TaskRun(std::shared_ptr<TaskTools> tools, SharedTask task, model::api::Node self, HostedContainer found,
          std::function<void()> on_removed);

  void begin();

  // The manager's latest word.
  void take(SharedTask task, const model::api::Node& self);
  // The task is not assigned to us any more: stop, and leave nothing.
  void drop();
  // What the engine says of the container; may be told twice.
  void container_exited(int exit_code);
  void container_removed();
  // Looks whether there is something to do; after is_stopped was set.
  void wake() { changed_.cancel(); }

  const std::string& container_id() const { return container_.id; }

 private:
  // `work` keeps us alive until it has ended.
  void spawn(boost::asio::awaitable<void> work);
  boost::asio::awaitable<void> run();
  // For wake(), at most until then.
  boost::asio::awaitable<void> wait(TimePoint until);
  boost::asio::awaitable<Result<void>> carry_out(TaskStep step);
  boost::asio::awaitable<Result<void>> prepare();
  boost::asio::awaitable<Result<void>> pull_image();
  boost::asio::awaitable<Result<void>> start();
  boost::asio::awaitable<Result<void>> begin_watching();
  containers::HealthWatch health_watch(containers::HealthCheck check);
  boost::asio::awaitable<void> watch_readiness(std::string command);
  boost::asio::awaitable<Result<void>> find_out_life();
  boost::asio::awaitable<Result<void>> end_container();
  boost::asio::awaitable<void> drain();
  boost::asio::awaitable<Result<void>> remove();
  boost::asio::awaitable<void> wait_until_drained();

  TaskSight sight() const;
  bool is_wanted() const;
  bool is_waiting_for_dependencies();
  bool is_watched() const;
  void take_failure(TaskStep step, const Error& error);
  void update_serving();
  void end();
  void report(model::api::TaskState state, const std::string& message, const std::string& error = {});

  std::shared_ptr<TaskTools> tools_;
  SharedTask task_;
  model::api::Node self_;
  HostedContainer container_;
  std::function<void()> on_removed_;
  model::api::TaskStatus status_;  // as reported last
  containers::Health health_ = containers::Health::kUnchecked;
  bool is_assigned_ = true;
  bool is_removed_ = false;
  bool is_watching_ = false;  // health and readiness are being looked after
  bool has_served_ = false;   // other hosts may send it something
  bool is_stopping_ = false;  // out of service for good
  bool is_drained_ = false;
  std::optional<bool> is_ready_;  // what the readiness command said last; none: nothing yet
  bool has_readiness_ = false;
  std::optional<overlay::Serving> serving_;  // as networking was told last
  TimePoint retry_at_;
  std::optional<TimePoint> dependencies_due_;  // from when on a start does not wait for them
  io::Timer changed_;                          // cancelled at every change, to wake the coroutine
};

}  // namespace skein::agent
