#include "engine/podman/logs/log_stream.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/time/clock.h"

namespace skein::engine {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr size_t kPieceBytes = 65536;
constexpr size_t kHeldMax = 16;             // a client that is further behind loses lines
constexpr size_t kPiecesBetweenTurns = 16;  // of the loop

std::string read_log(int file, off_t at) {
  std::string out(kPieceBytes, '\0');
  const ssize_t got = ::pread(file, out.data(), out.size(), at);
  out.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return out;
}

off_t log_size(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? status.st_size : 0;
}

size_t count_ends(const std::string& piece) {
  size_t out = 0;
  for (size_t at = piece.find('\n'); at != std::string::npos; at = piece.find('\n', at + 1))
    if (ends_log_line(std::string_view(piece).substr(at + 1))) ++out;
  return out;
}

std::string now_text() { return system_clock().wall().rfc3339(); }

}  // namespace

LogStream::LogStream(const asio::any_io_executor& executor, LogReading reading)
    : executor_(executor), reading_(std::move(reading)), wake_(executor) {}

// Where to begin so that at least as many lines follow as are asked for: a little before, since a line may have begun
// earlier than those of the other stream.
awaitable<LogStream::Place> LogStream::find_tail(size_t lines) {
  size_t ends = 0, pieces = 0;
  bool is_enough = false;
  for (size_t i = later_.size(); i-- > 0;) {
    for (off_t offset = log_size(later_[i].file.get()); offset > 0;) {
      if (is_enough) co_return Place{i, offset};
      offset = std::max<off_t>(0, offset - static_cast<off_t>(kPieceBytes));
      ends += count_ends(read_log(later_[i].file.get(), offset));
      is_enough = ends > lines;
      if (++pieces % kPiecesBetweenTurns == 0) co_await asio::post(executor_, asio::use_awaitable);
    }
  }
  co_return Place{};
}

awaitable<size_t> LogStream::count_records(Place from) {
  LogRecords records;
  size_t out = 0, pieces = 0;
  for (; from.file < later_.size(); from = {from.file + 1, 0}) {
    for (;;) {
      const std::string piece = read_log(later_[from.file].file.get(), from.offset);
      if (piece.empty()) break;
      from.offset += static_cast<off_t>(piece.size());
      records.add(piece);
      while (records.next()) ++out;
      if (++pieces % kPiecesBetweenTurns == 0) co_await asio::post(executor_, asio::use_awaitable);
    }
  }
  if (!reading_.is_running) records.end();
  while (records.next()) ++out;
  co_return out;
}

awaitable<void> LogStream::begin() {
  hold();
  Place from;
  if (const auto tail = reading_.query.tail) {
    from = co_await find_tail(*tail);
    const size_t count = co_await count_records(from);
    skipped_ = count - std::min(count, *tail);
  }
  later_.erase(later_.begin(), later_.begin() + static_cast<ptrdiff_t>(std::min(from.file, later_.size())));
  has_begun_ = true;
  if (later_.empty()) co_return;
  present_ = std::move(later_.front());
  later_.pop_front();
  offset_ = from.offset;
}

bool LogStream::read_piece() {
  if (!present_.file) return false;
  const std::string piece = read_log(present_.file.get(), offset_);
  if (piece.empty()) return false;
  offset_ += static_cast<off_t>(piece.size());
  records_.add(piece);
  take_records();
  return true;
}

void LogStream::take_records() {
  while (auto record = records_.next()) {
    if (skipped_ > 0) {
      --skipped_;
      continue;
    }
    ready_ += format_log_record(*record, reading_.query, reading_.has_terminal, reading_.details);
    if (!reading_.query.until.empty() && record->time > reading_.query.until) is_at_end_ = true;
  }
}

// To the next file. The monitor writes no more to one that has a next.
bool LogStream::go_on() {
  if (later_.empty()) hold();
  if (later_.empty()) return false;
  if (read_piece()) return true;  // written since it was read last, and before the next one was begun
  present_ = std::move(later_.front());
  later_.pop_front();
  offset_ = 0;
  return true;
}

void LogStream::hold() {
  const ino_t last = later_.empty() ? present_.inode : later_.back().inode;
  const std::vector<LogFile> files = list_log(reading_.folder);
  const auto found = std::ranges::find(files, last, &LogFile::inode);
  for (auto file = found == files.end() ? files.begin() : found + 1; file != files.end(); ++file)
    if (Descriptor opened = open_log_file(file->path)) later_.push_back({std::move(opened), file->inode});
  while (has_begun_ && reading_.query.is_following && later_.size() > kHeldMax) later_.pop_front();
}

bool LogStream::is_over() const {
  const auto& until = reading_.query.until;
  return is_at_end_ || !reading_.query.is_following || !reading_.is_running || (!until.empty() && now_text() > until);
}

void LogStream::on_exit() {
  reading_.is_running = false;
  wake_.cancel();
}

// Looks once a second where a time is to come, and where nobody tells of what is written.
awaitable<void> LogStream::wait() {
  constexpr std::chrono::seconds kLooks{1};
  if (reading_.query.until.empty() && is_told_)
    wake_.expires_at(TimePoint::never());
  else
    wake_.expires_after(kLooks);
  co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
}

awaitable<Result<std::string>> LogStream::read_some() {
  if (!has_begun_) co_await begin();
  while (ready_.empty() && !is_at_end_) {
    const bool was_over = is_over();
    if (read_piece() || go_on()) continue;
    if (!was_over) {
      co_await wait();
      continue;
    }
    is_at_end_ = true;
    if (!reading_.is_running) records_.end();
    take_records();
  }
  std::string piece = ready_.substr(0, io::http::kPieceBytes);
  ready_.erase(0, piece.size());
  co_return piece;
}

}  // namespace skein::engine
