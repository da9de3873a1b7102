// What a client of an exec reads and writes: frames of the two outputs, or all in one for a terminal. Loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/exec/running_exec.h"
#include "engine/values/detach_keys.h"
#include "io/http/message.h"

namespace skein::engine {

inline constexpr size_t kFrameHeadBytes = 8;

// Stream, three zeros, size in network order.
void put_frame_head(std::span<char> head, ExecOutput stream, size_t size);

struct ExecStreamOptions {
  bool is_raw = false;  // without frames
  bool has_input = false;
  std::optional<std::string> detach_keys;        // of a terminal
  std::function<std::string()> why_not_started;  // asked after an end without a start
  std::function<void()> on_detach;
};

// Destroying or closing it leaves the process running.
class ExecStream final : public io::http::ByteStream {
 public:
  ExecStream(std::shared_ptr<RunningExec> exec, ExecStreamOptions options);
  ~ExecStream() override { close(); }

  boost::asio::awaitable<Result<size_t>> read_some(std::span<char> buffer) override;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override;
  void end_writing() override;
  void close() override;

 private:
  void end_reading();

  std::shared_ptr<RunningExec> exec_;
  ExecStreamOptions options_;
  std::optional<DetachKeys> keys_;
  std::string pending_;  // read, not yet passed on
  bool is_over_ = false;
};

// What a client reads of an exec that was never begun: why, as Docker's daemon writes it into the stream.
class FailedExecStream final : public io::http::ByteStream {
 public:
  FailedExecStream(const std::string& why, bool is_raw);

  boost::asio::awaitable<Result<size_t>> read_some(std::span<char> buffer) override;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override;  // goes nowhere
  void end_writing() override {}
  void close() override { pending_.clear(); }

 private:
  std::string pending_;
};

}  // namespace skein::engine
