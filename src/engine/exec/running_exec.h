// An exec from its start to its end, and its streams. Loop's thread.
//
// Nothing is read ahead: a process whose output nobody takes waits. Once nobody is to take it any more (`leave`), it is
// read and dropped. Whoever destroys it closes the streams, but ends nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/exec/keeper.h"
#include "engine/exec/runtime.h"
#include "engine/values/exec_request.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"

namespace skein::engine {

enum class ExecOutput : uint8_t { kOutput = 1, kErrors = 2 };  // numbers as in frames

class RunningExec : public std::enable_shared_from_this<RunningExec> {
 public:
  struct End {
    int exit_code = 0;
    bool was_started = true;
    std::string log;  // the runtime's
  };
  // Each is called once, on the loop, before anybody who waits hears of it.
  struct Hooks {
    std::function<void(pid_t process)> on_start;
    std::function<void(const End&)> on_end;
  };

  // It is followed in `tasks`, which with `keeper` lives until all readers and writers have ended.
  static std::shared_ptr<RunningExec> start(io::TaskScope& tasks, ExecKeeper& keeper, SpawnedExec spawned, Hooks hooks);
  RunningExec(io::TaskScope& tasks, ExecKeeper& keeper, SpawnedExec spawned, Hooks hooks);

  // Until the command runs, or it is known that it never will.
  boost::asio::awaitable<void> wait_for_start();
  bool is_started() const { return process_ > 0; }
  pid_t process() const { return process_; }
  const std::optional<End>& end() const { return end_; }

  struct Piece {
    size_t size = 0;  // 0: it has ended, and there is no more
    ExecOutput stream = ExecOutput::kOutput;
  };
  // One reader at a time. What other processes still write when this one has ended is read for two more seconds.
  boost::asio::awaitable<Piece> read(std::span<char> buffer);
  // Waits until the process takes it. What it does not take any more is dropped.
  boost::asio::awaitable<Result<void>> write(std::string_view bytes);
  void end_input();
  void leave();
  void resize(ConsoleSize size);
  void kill() const;

 private:
  using Stream = boost::asio::posix::stream_descriptor;
  struct Output {
    explicit Output(const boost::asio::any_io_executor& executor) : stream(executor) {}
    Stream stream;
    bool is_awaited = false;
  };
  static boost::asio::awaitable<void> follow_start(std::shared_ptr<RunningExec> self);
  static boost::asio::awaitable<void> follow_end(std::shared_ptr<RunningExec> self);
  static boost::asio::awaitable<void> discard(std::shared_ptr<RunningExec> self);
  static boost::asio::awaitable<void> limit_rest(std::shared_ptr<RunningExec> self);
  Output& output_of(ExecOutput which) { return which == ExecOutput::kOutput ? output_ : errors_; }
  void note_start();
  void take_terminal(Descriptor master);
  boost::asio::awaitable<Piece> read_any(std::span<char> buffer, bool is_discarded);
  std::optional<size_t> try_read(ExecOutput which, std::span<char> buffer);
  void await_more(ExecOutput which);
  boost::asio::awaitable<void> wait();
  void wake() { wake_.cancel(); }

  io::TaskScope& tasks_;
  ExecKeeper& keeper_;
  Hooks hooks_;
  pid_t runtime_;
  pid_t process_ = -1;
  std::optional<End> end_;
  bool is_rest_over_ = false;
  size_t rest_bytes_ = 0;  // that were read since
  bool is_left_ = false;
  ConsoleSocket console_;
  Descriptor log_;
  Stream death_, started_, input_;
  Output output_, errors_;  // with a terminal: output_ is the terminal's master side, for both ways
  bool has_terminal_;
  ExecOutput last_ = ExecOutput::kErrors;  // that was read, so that neither starves
  io::Timer wake_, rest_;
};

}  // namespace skein::engine
