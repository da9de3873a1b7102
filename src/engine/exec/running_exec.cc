#include "engine/exec/running_exec.h"

#include <signal.h>
#include <sys/ioctl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <charconv>
#include <vector>

#include "io/child/process_id.h"
#include "io/file/readable.h"

namespace skein::engine {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr auto kExecTuple = asio::as_tuple(asio::use_awaitable);
// As long as Docker waits for it.
constexpr std::chrono::seconds kRestMax{2};
// What two full pipes hold, if the reader is slow; more comes from what goes on.
constexpr size_t kRestBytesMax = 128u << 10;

void adopt(asio::posix::stream_descriptor& stream, Descriptor& descriptor) {
  if (descriptor) stream.assign(descriptor.release());
}

void shut(asio::posix::stream_descriptor& stream) {
  boost::system::error_code ignored;
  stream.close(ignored);
}

}  // namespace

std::shared_ptr<RunningExec> RunningExec::start(io::TaskScope& tasks, ExecKeeper& keeper, SpawnedExec spawned,
                                                Hooks hooks) {
  auto exec = std::make_shared<RunningExec>(tasks, keeper, std::move(spawned), std::move(hooks));
  tasks.spawn("exec-start", follow_start(exec));
  tasks.spawn("exec-end", follow_end(exec));
  return exec;
}

RunningExec::RunningExec(io::TaskScope& tasks, ExecKeeper& keeper, SpawnedExec spawned, Hooks hooks)
    : tasks_(tasks),
      keeper_(keeper),
      hooks_(std::move(hooks)),
      runtime_(spawned.runtime),
      console_(std::move(spawned.console)),
      log_(std::move(spawned.log)),
      death_(tasks.executor()),
      started_(tasks.executor()),
      input_(tasks.executor()),
      output_(tasks.executor()),
      errors_(tasks.executor()),
      has_terminal_(!console_.path().empty() || spawned.terminal),
      wake_(tasks.executor(), TimePoint::never()),
      rest_(tasks.executor()) {
  std::vector<int> kept;
  for (const Descriptor* end : {&spawned.output, &spawned.errors})
    if (*end) kept.push_back(end->get());
  keeper_.keep(kept);
  adopt(death_, spawned.death);
  adopt(started_, spawned.started);
  adopt(input_, spawned.input);
  adopt(output_.stream, spawned.output);
  adopt(errors_.stream, spawned.errors);
  if (spawned.terminal) take_terminal(std::move(spawned.terminal));
}

void RunningExec::take_terminal(Descriptor master) {
  keeper_.keep({master.get()});
  output_.stream.assign(master.release());
}

// The runtime sends the terminal before it tells the process's number.
void RunningExec::note_start() {
  if (is_started() || !started_.is_open()) return;
  std::array<char, 32> text{};
  const ssize_t size = ::read(started_.native_handle(), text.data(), text.size());
  if (size < 0) return;
  shut(started_);
  if (size == 0) return;
  std::from_chars(text.data(), text.data() + size, process_);
  if (Descriptor master = has_terminal_ ? console_.take() : Descriptor(); master) take_terminal(std::move(master));
  console_ = ConsoleSocket();
  if (is_started()) hooks_.on_start(process_);
}

awaitable<void> RunningExec::follow_start(std::shared_ptr<RunningExec> self) {
  const bool is_told = co_await io::wait_until_readable(self->started_);
  if (is_told) self->note_start();
  self->wake();
}

awaitable<void> RunningExec::follow_end(std::shared_ptr<RunningExec> self) {
  const bool has_ended = co_await io::wait_until_readable(self->death_);
  if (!has_ended) co_return;
  self->note_start();
  const io::ChildEnd how = io::reap(self->runtime_);
  shut(self->death_);
  shut(self->started_);
  self->end_ = End{how.exit_code(), self->is_started(), read_runtime_log(self->log_)};
  self->log_.reset();
  self->hooks_.on_end(*self->end_);
  self->hooks_ = Hooks();
  self->wake();
  self->tasks_.spawn("exec-rest", limit_rest(self));
}

awaitable<void> RunningExec::limit_rest(std::shared_ptr<RunningExec> self) {
  self->rest_.expires_after(kRestMax);
  co_await self->rest_.async_wait(kExecTuple);
  self->is_rest_over_ = true;
  self->wake();
}

awaitable<void> RunningExec::wait() { co_await wake_.async_wait(kExecTuple); }

awaitable<void> RunningExec::wait_for_start() {
  while (!is_started() && !end_) co_await wait();
}

// None: nothing is there now, and never will be if the stream is closed.
std::optional<size_t> RunningExec::try_read(ExecOutput which, std::span<char> buffer) {
  Stream& stream = output_of(which).stream;
  if (!stream.is_open() || rest_bytes_ > kRestBytesMax) return std::nullopt;
  const ssize_t size = ::read(stream.native_handle(), buffer.data(), buffer.size());
  if (size > 0) return static_cast<size_t>(size);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  shut(stream);  // a terminal that nobody has open any more is an error, EIO
  return std::nullopt;
}

void RunningExec::await_more(ExecOutput which) {
  Output& output = output_of(which);
  if (output.is_awaited || !output.stream.is_open()) return;
  output.is_awaited = true;
  output.stream.async_wait(Stream::wait_read, [self = shared_from_this(), which](const boost::system::error_code&) {
    self->output_of(which).is_awaited = false;
    self->wake();
  });
}

awaitable<RunningExec::Piece> RunningExec::read(std::span<char> buffer) {
  auto piece = co_await read_any(buffer, false);
  co_return piece;
}

awaitable<RunningExec::Piece> RunningExec::read_any(std::span<char> buffer, bool is_discarded) {
  auto self = shared_from_this();
  // Until then all output is the runtime's, about a command that cannot be started.
  co_await wait_for_start();
  while (is_started() && is_left_ == is_discarded) {
    for (int tries = 0; tries < 2; ++tries) {
      last_ = last_ == ExecOutput::kOutput ? ExecOutput::kErrors : ExecOutput::kOutput;
      const auto size = try_read(last_, buffer);
      if (size && is_rest_over_) rest_bytes_ += *size;
      if (size) co_return Piece{*size, last_};
    }
    const bool is_closed = !output_.stream.is_open() && !errors_.stream.is_open();
    if (end_ && (is_closed || is_rest_over_)) break;
    await_more(ExecOutput::kOutput);
    await_more(ExecOutput::kErrors);
    co_await wait();
  }
  co_return Piece{};
}

awaitable<Result<void>> RunningExec::write(std::string_view bytes) {
  if (has_terminal_) co_await wait_for_start();
  Stream& stream = has_terminal_ ? output_.stream : input_;
  while (!bytes.empty() && stream.is_open()) {
    const ssize_t size = ::write(stream.native_handle(), bytes.data(), bytes.size());
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
    } else if (errno == EAGAIN) {
      auto [failed] = co_await stream.async_wait(Stream::wait_write, kExecTuple);
      if (failed) co_return make_error(Code::kCanceled, "write to the process");
    } else if (errno != EINTR) {
      if (!has_terminal_) shut(stream);
      break;
    }
  }
  co_return Result<void>();
}

void RunningExec::end_input() { shut(input_); }

void RunningExec::leave() {
  if (is_left_) return;
  is_left_ = true;
  end_input();
  wake();
  tasks_.spawn("exec-output", discard(shared_from_this()));
}

awaitable<void> RunningExec::discard(std::shared_ptr<RunningExec> self) {
  std::vector<char> piece(16384);
  for (;;) {
    const Piece read = co_await self->read_any(piece, true);
    if (read.size == 0) break;
  }
  shut(self->output_.stream);
  shut(self->errors_.stream);
  self->rest_.cancel();
}

void RunningExec::kill() const {
  if (end_) return;
  kill_exec(runtime_, process_);
  if (!is_started()) ::kill(runtime_, SIGKILL);
}

void RunningExec::resize(ConsoleSize size) {
  if (!has_terminal_ || !output_.stream.is_open()) return;
  winsize wanted{};
  wanted.ws_row = size.rows;
  wanted.ws_col = size.columns;
  ::ioctl(output_.stream.native_handle(), TIOCSWINSZ, &wanted);
}

}  // namespace skein::engine
