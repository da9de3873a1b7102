// Whose coroutine is it? What is spawned in a scope belongs to the scope's owner, and ends before the owner does.
//
//   Owner::start()  { tasks_.spawn("heartbeats", watch_heartbeats()); }
//   co_await owner.close();   // which says: co_await tasks_.close();
//
// close() asks all coroutines to end, by Asio's terminal cancellation, and waits until their last one has. So they may
// use the owner without asking whether it is still there. A coroutine that is asked to end gets the exception
// operation_aborted at its next co_await of an awaitable; what it waits for is cancelled, if that can be cancelled.
//
// A scope may be destroyed when nothing runs in it: after close(), or after all coroutines were dropped with their
// context (io/loop/context.h). Anything else is a fault of the owner's, and ends the program: the coroutines would go
// on with an owner that is gone. So no owner of a scope lives in the frame of a coroutine, which may be dropped before
// what runs in the scope. On the loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <list>
#include <memory>

#include "io/loop/timer.h"

namespace skein::io {

// Ends the coroutine that awaits it, as its next co_await would, if it has been asked to end: after a wait that hides
// this (as_tuple), before what must not be done then.
boost::asio::awaitable<void> end_if_cancelled();

class TaskScope {
 public:
  explicit TaskScope(const boost::asio::any_io_executor& executor);
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  // Runs `work` on the executor, as asio::co_spawn does. After close() has begun it is dropped, without having run. An
  // exception is logged with `name`, and harms nobody else.
  void spawn(const char* name, boost::asio::awaitable<void> work);

  // Returns when nothing runs any more. May be called again, and by several at once; not by what runs in the scope,
  // which would wait for itself.
  boost::asio::awaitable<void> close();

  bool is_closing() const { return is_closing_; }
  size_t running() const { return tasks_.size(); }
  const boost::asio::any_io_executor& executor() const { return ended_.get_executor(); }

 private:
  struct Task {
    explicit Task(const char* its_name) : name(its_name) {}
    const char* name;
    boost::asio::cancellation_signal end;
  };
  using Place = std::list<std::shared_ptr<Task>>::iterator;
  struct Membership;

  std::list<std::shared_ptr<Task>> tasks_;  // in the order of their spawning
  Timer ended_;                             // cancelled when the last task has ended
  bool is_closing_ = false;
};

}  // namespace skein::io
