#include "io/loop/task_scope.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace skein::io {

namespace asio = boost::asio;

// Held by the coroutine's completion handler, so given up when the coroutine has ended or was dropped.
struct TaskScope::Membership {
  Membership(TaskScope& scope_in, std::shared_ptr<Task> task_in)
      : scope(scope_in), task(std::move(task_in)), place(scope.tasks_.insert(scope.tasks_.end(), task)) {}
  ~Membership() {
    scope.tasks_.erase(place);
    if (scope.tasks_.empty()) scope.ended_.cancel();
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  TaskScope& scope;
  std::shared_ptr<Task> task;
  Place place;
};

namespace {

bool is_cancellation(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "not a std::exception";
  }
}

}  // namespace

asio::awaitable<void> end_if_cancelled() {
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
}

TaskScope::TaskScope(const asio::any_io_executor& executor) : ended_(executor, TimePoint::never()) {}

TaskScope::~TaskScope() {
  for (const auto& task : tasks_) log_error("task-outlives-owner", {{"task", task->name}});
  SKEIN_ASSERT(tasks_.empty());
}

void TaskScope::spawn(const char* name, asio::awaitable<void> work) {
  if (is_closing_) return;
  auto membership = std::make_shared<Membership>(*this, std::make_shared<Task>(name));
  auto slot = membership->task->end.slot();
  auto on_end = [name, membership = std::move(membership)](const std::exception_ptr& thrown) {
    const bool was_asked = membership->scope.is_closing_;
    if (thrown && !(was_asked && is_cancellation(thrown)))
      log_error("task-failed", {{"task", name}, {"why", text_of(thrown)}});
  };
  asio::co_spawn(executor(), std::move(work), asio::bind_cancellation_slot(slot, std::move(on_end)));
}

asio::awaitable<void> TaskScope::close() {
  is_closing_ = true;
  const std::vector<std::shared_ptr<Task>> told(tasks_.begin(), tasks_.end());
  for (const auto& task : told) task->end.emit(asio::cancellation_type::terminal);
  while (!tasks_.empty()) co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace skein::io
