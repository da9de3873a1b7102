// A program that the daemon needs on its host, and that outlives the daemon: found by its socket, or else started;
// followed to its end by a pidfd; started again, with longer and longer pauses. See docs/design/children.md.
//
// On the loop's thread. Its coroutines must have ended before it goes. The program stays when it goes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/child/back_off.h"
#include "io/child/listener.h"
#include "io/child/spawn.h"
#include "io/loop/timer.h"

namespace skein::io {

struct ChildPlan {
  std::string name;         // in the log and in errors
  std::string socket_path;  // at which it listens; a word of its command names it
  Program program;
  std::string log_path;  // what it writes
  Duration start_limit;  // from its start until it answers
  Duration end_limit;    // from SIGTERM until SIGKILL; zero: SIGKILL at once
};

struct ChildHooks {
  // Whether it answers as it should; asked when somebody listens at the socket.
  std::function<boost::asio::awaitable<bool>()> answers;
  // Before it is looked for: false if one that lives would be started otherwise now, and must be replaced.
  std::function<Result<bool>()> prepare = [] { return Result<bool>(true); };
  std::function<void()> on_up = [] {};
  // It was up, and has ended without having been asked to by us.
  std::function<void()> on_lost = [] {};
};

class Child {
 public:
  Child(const boost::asio::any_io_executor& executor, ChildPlan plan, ChildHooks hooks);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Returns when it answers: whoever listens at its socket already, if that one is what it should be, or one that is
  // started. One that we have asked to end is waited for. Calls do not overlap.
  boost::asio::awaitable<Result<void>> bring_up();
  // Likewise, after a pause, again and again until it answers.
  boost::asio::awaitable<void> bring_back();
  // Does not wait; nothing happens where there is none.
  void ask_to_end();

  bool is_up() const { return is_up_; }
  pid_t pid() const;  // -1: there is none

 private:
  struct Life;

  Result<void> begin_life(pid_t pid, Descriptor process, bool is_ours);
  Result<void> spawn();
  boost::asio::awaitable<bool> asks();
  boost::asio::awaitable<Result<void>> wait_for_answer();
  boost::asio::awaitable<void> end(const std::string& why);
  static boost::asio::awaitable<bool> ends_within(std::shared_ptr<Life> life, Duration limit);
  static boost::asio::awaitable<void> follow(std::shared_ptr<Life> life);
  void lose();
  void note_up(const std::string& why);

  boost::asio::any_io_executor executor_;
  ChildPlan plan_;
  ChildHooks hooks_;
  std::shared_ptr<Life> life_;  // none: it has ended, or was never seen
  bool is_up_ = false;
  TimePoint up_since_;
  BackOff back_off_;
  Timer timer_;
};

}  // namespace skein::io
