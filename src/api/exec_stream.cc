#include "api/exec_stream.h"

#include <algorithm>
#include <array>

#include "engine/errors.h"

namespace skein::api {

using boost::asio::awaitable;

namespace {

constexpr std::string_view kComplaint = "Error: crun: ";
constexpr size_t kFrameHeadBytes = 8;
constexpr size_t kComplaintBytesMax = 4096;

std::string frame_on_stdout(const std::string& text) {
  auto size = static_cast<uint32_t>(text.size());
  std::string head{1, 0, 0, 0};
  for (int shift : {24, 16, 8, 0}) head += static_cast<char>(size >> shift);
  return head + text;
}

}  // namespace

// True as long as what has come so far could go on as a complaint.
bool ExecStream::may_be_complaint() const {
  size_t head = is_framed_ ? kFrameHeadBytes : 0;
  if (pending_.size() <= head) return true;
  size_t known = std::min(pending_.size() - head, kComplaint.size());
  return pending_.compare(head, known, kComplaint.substr(0, known)) == 0;
}

awaitable<Result<void>> ExecStream::read_beginning() {
  has_begun_ = true;
  std::array<char, 1024> piece;
  // A complaint is all that comes, and after it the end.
  while (!is_over_ && may_be_complaint() && pending_.size() < kComplaintBytesMax) {
    auto size = co_await engine_->read_some(piece);
    if (!size.ok()) co_return size.error();
    is_over_ = *size == 0;
    pending_.append(piece.data(), *size);
  }
  size_t head = is_framed_ ? kFrameHeadBytes : 0;
  if (!is_over_ || pending_.size() < head + kComplaint.size()) co_return Result<void>();
  std::string output = pending_.substr(head);
  if (!engine::exec_error(output, "")) co_return Result<void>();
  std::string command = co_await ask_command_();
  std::string text = *engine::exec_error(output, command) + "\r\n";
  pending_ = is_framed_ ? frame_on_stdout(text) : text;
  co_return Result<void>();
}

awaitable<Result<size_t>> ExecStream::read_some(std::span<char> buffer) {
  if (!has_begun_) {
    auto begun = co_await read_beginning();
    if (!begun.ok()) co_return begun.error();
  }
  if (!pending_.empty()) {
    size_t size = std::min(buffer.size(), pending_.size());
    std::copy_n(pending_.begin(), size, buffer.begin());
    pending_.erase(0, size);
    co_return size;
  }
  if (is_over_) co_return size_t{0};
  co_return co_await engine_->read_some(buffer);
}

}  // namespace skein::api
