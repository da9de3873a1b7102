#include "engine/exec/exec_stream.h"

#include <algorithm>
#include <array>

namespace skein::engine {

using boost::asio::awaitable;

void put_frame_head(std::span<char> head, ExecOutput stream, size_t size) {
  head[0] = static_cast<char>(stream);
  head[1] = head[2] = head[3] = 0;
  for (size_t at = 0; at < 4; ++at) head[4 + at] = static_cast<char>(size >> (24 - 8 * at));
}

namespace {

std::string framed(const std::string& text, bool is_raw) {
  std::string head(is_raw ? 0 : kFrameHeadBytes, '\0');
  if (!is_raw) put_frame_head(head, ExecOutput::kOutput, text.size());
  return head + text;
}

}  // namespace

ExecStream::ExecStream(std::shared_ptr<RunningExec> exec, ExecStreamOptions options)
    : exec_(std::move(exec)), options_(std::move(options)) {
  if (options_.detach_keys) keys_.emplace(*options_.detach_keys);
}

awaitable<Result<size_t>> ExecStream::read_some(std::span<char> buffer) {
  const size_t head = options_.is_raw ? 0 : kFrameHeadBytes;
  if (pending_.empty() && !is_over_ && buffer.size() > head) {
    const auto piece = co_await exec_->read(buffer.subspan(head));
    if (piece.size > 0) {
      if (!options_.is_raw) put_frame_head(buffer, piece.stream, piece.size);
      co_return head + piece.size;
    }
    end_reading();
  } else if (pending_.empty() && !is_over_) {
    std::array<char, 512> small;
    const auto piece = co_await exec_->read(small);
    pending_.assign(small.data(), piece.size);
    if (!options_.is_raw && piece.size > 0) {
      pending_.insert(0, kFrameHeadBytes, '\0');
      put_frame_head(pending_, piece.stream, piece.size);
    }
    if (piece.size == 0) end_reading();
  }
  const size_t size = std::min(buffer.size(), pending_.size());
  std::copy_n(pending_.begin(), size, buffer.begin());
  pending_.erase(0, size);
  co_return size;
}

void ExecStream::end_reading() {
  is_over_ = true;
  if (exec_->end() && !exec_->is_started() && options_.why_not_started)
    pending_ = framed(options_.why_not_started() + "\r\n", options_.is_raw);
}

awaitable<Result<void>> ExecStream::write(std::string_view bytes) {
  if (!options_.has_input || is_over_) co_return Result<void>();
  if (!keys_) {
    auto written = co_await exec_->write(bytes);
    co_return written;
  }
  const auto typed = keys_->add(bytes);
  auto written = co_await exec_->write(typed.passed);
  if (typed.is_detached) {
    if (options_.on_detach) options_.on_detach();
    close();
  }
  co_return written;
}

// Docker ends a terminal's session with its input.
void ExecStream::end_writing() {
  if (!options_.has_input) return;
  if (keys_)
    close();
  else
    exec_->end_input();
}

void ExecStream::close() {
  is_over_ = true;
  exec_->leave();
}

FailedExecStream::FailedExecStream(const std::string& why, bool is_raw) : pending_(framed(why + "\r\n", is_raw)) {}

awaitable<Result<size_t>> FailedExecStream::read_some(std::span<char> buffer) {
  const size_t size = std::min(buffer.size(), pending_.size());
  std::copy_n(pending_.begin(), size, buffer.begin());
  pending_.erase(0, size);
  co_return size;
}

awaitable<Result<void>> FailedExecStream::write(std::string_view) { co_return Result<void>(); }

}  // namespace skein::engine
