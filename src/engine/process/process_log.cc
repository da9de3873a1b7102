#include "engine/process/process_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "engine/process/launch/log_writer.h"
#include "io/loop/timer.h"

namespace skein::engine {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kLookAgain{100};
constexpr size_t kPieceBytesMax = 65536;

struct Frame {
  int stream;
  std::string_view time;  // without the blank
  std::string_view line;
  std::string_view all;
};

std::optional<Frame> first_frame(std::string_view bytes) {
  if (bytes.size() < kLogHeadBytes + kLogTimeBytes) return std::nullopt;
  size_t size = 0;
  for (size_t i = 4; i < kLogHeadBytes; ++i) size = size << 8 | static_cast<uint8_t>(bytes[i]);
  bool is_whole = size >= kLogTimeBytes && size <= kLogTimeBytes + kLogLineBytesMax &&
                  bytes.size() >= kLogHeadBytes + size && (bytes[0] == 1 || bytes[0] == 2);
  if (!is_whole) return std::nullopt;
  return Frame{bytes[0], bytes.substr(kLogHeadBytes, kLogTimeBytes - 1),
               bytes.substr(kLogHeadBytes + kLogTimeBytes, size - kLogTimeBytes),
               bytes.substr(0, kLogHeadBytes + size)};
}

bool is_wanted_frame(const Frame& frame, const LogQuery& query) {
  if (!(frame.stream == 1 ? query.has_output : query.has_errors)) return false;
  return (query.since.empty() || frame.time >= query.since) && (query.until.empty() || frame.time <= query.until);
}

std::string present(const Frame& frame, bool has_times) {
  if (has_times) return std::string(frame.all);
  std::string out{static_cast<char>(frame.stream), 0, 0, 0};
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>(frame.line.size() >> shift & 0xff);
  return out.append(frame.line);
}

// An open log file, read to its present end, at most what a whole one has.
class ProcessLogFile {
 public:
  explicit ProcessLogFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {
    struct stat status {};
    if (fd_ >= 0 && ::fstat(fd_, &status) == 0) inode_ = status.st_ino;
  }
  ~ProcessLogFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  ProcessLogFile(const ProcessLogFile&) = delete;
  ProcessLogFile& operator=(const ProcessLogFile&) = delete;

  bool is_open() const { return fd_ >= 0; }
  ino_t inode() const { return inode_; }
  std::string read_more() {
    std::string out(fd_ < 0 ? 0 : kLogBytesMax, '\0');
    size_t size = 0;
    while (size < out.size()) {
      ssize_t got = ::read(fd_, out.data() + size, out.size() - size);
      if (got <= 0) break;
      size += static_cast<size_t>(got);
    }
    out.resize(size);
    return out;
  }

 private:
  int fd_;
  ino_t inode_ = 0;
};

class ProcessLogStream final : public ProcessLog {
 public:
  ProcessLogStream(asio::any_io_executor executor, std::string folder, LogQuery query, std::function<bool()> is_running)
      : folder_(std::move(folder)), query_(std::move(query)), is_running_(std::move(is_running)), timer_(executor) {
    // The newer one first: if it is put aside meanwhile, both are the same.
    file_ = std::make_unique<ProcessLogFile>(folder_ + "/log");
    ProcessLogFile old(folder_ + "/log.old");
    std::string frames = old.inode() == file_->inode() ? "" : old.read_more();
    frames += file_->read_more();
    take(frames);
    query_.tail.reset();
  }

  void look() override {
    if (!query_.is_following) return;
    look_at_files();
    timer_.cancel();
  }

  asio::awaitable<Result<std::string>> read_some() override {
    while (ready_.empty()) {
      if (!query_.is_following) co_return std::string();
      bool was_running = is_running_();
      look_at_files();
      if (!ready_.empty()) break;
      if (!was_running) co_return std::string();
      timer_.expires_after(kLookAgain);
      co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    std::string piece = ready_.substr(0, kPieceBytesMax);
    ready_.erase(0, piece.size());
    co_return piece;
  }

 private:
  void look_at_files() {
    take(file_->read_more());
    auto newest = std::make_unique<ProcessLogFile>(folder_ + "/log");
    if (!newest->is_open() || newest->inode() == file_->inode()) return;
    take(file_->read_more());  // what was written before it was put aside
    rest_.clear();
    file_ = std::move(newest);
    take(file_->read_more());
  }
  void take(const std::string& bytes) {
    rest_ += bytes;
    SelectedLog selected = select_log(rest_, query_);
    ready_ += selected.frames;
    rest_.erase(0, selected.bytes_used);
    if (rest_.size() > kLogHeadBytes + kLogTimeBytes + kLogLineBytesMax) query_.is_following = false;  // no frame
  }

  std::string folder_;
  LogQuery query_;
  std::function<bool()> is_running_;
  io::Timer timer_;
  std::unique_ptr<ProcessLogFile> file_;
  std::string rest_;   // of the file: an incomplete frame
  std::string ready_;  // for the reader
};

}  // namespace

SelectedLog select_log(std::string_view frames, const LogQuery& query) {
  std::vector<Frame> wanted;
  SelectedLog out;
  while (auto frame = first_frame(frames.substr(out.bytes_used))) {
    out.bytes_used += frame->all.size();
    if (is_wanted_frame(*frame, query)) wanted.push_back(*frame);
  }
  size_t first = query.tail && *query.tail < wanted.size() ? wanted.size() - *query.tail : 0;
  for (size_t i = first; i < wanted.size(); ++i) out.frames += present(wanted[i], query.has_times);
  return out;
}

std::shared_ptr<ProcessLog> open_log(asio::any_io_executor executor, const std::string& folder, const LogQuery& query,
                                     std::function<bool()> is_running) {
  return std::make_shared<ProcessLogStream>(executor, folder, query, std::move(is_running));
}

}  // namespace skein::engine
