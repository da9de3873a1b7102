// ProcessEngine: what containers write, from the files of their supervisors.
#include "engine/process/process_engine.h"
#include "engine/process/process_log.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using boost::asio::awaitable;

namespace {

// A log that others know as well.
class SharedLog final : public io::http::BodySource {
 public:
  explicit SharedLog(std::shared_ptr<ProcessLog> log) : log_(std::move(log)) {}
  awaitable<Result<std::string>> read_some() override { return log_->read_some(); }

 private:
  std::shared_ptr<ProcessLog> log_;
};

// The log from now on. What is written to it is dropped, since the container has no input.
class LogAttachment final : public io::http::ByteStream {
 public:
  LogAttachment(std::shared_ptr<ProcessLog> log, std::shared_ptr<bool> is_closed)
      : log_(std::move(log)), is_closed_(std::move(is_closed)) {}
  ~LogAttachment() override { close(); }

  awaitable<Result<size_t>> read_some(std::span<char> buffer) override {
    if (pending_.empty() && !*is_closed_) {
      SKEIN_CO_TRY_ASSIGN(pending_, co_await log_->read_some());
    }
    const size_t size = std::min(buffer.size(), pending_.size());
    std::copy_n(pending_.begin(), size, buffer.begin());
    pending_.erase(0, size);
    co_return size;
  }
  awaitable<Result<void>> write(std::string_view) override { co_return Result<void>(); }
  void end_writing() override {}
  void close() override { *is_closed_ = true; }  // who follows the log sees it when he looks again

 private:
  std::shared_ptr<ProcessLog> log_;
  std::shared_ptr<bool> is_closed_;
  std::string pending_;
};

}  // namespace

// Its folder may go with its end, before a follower would have looked again.
void ProcessEngine::end_output(Container& container) {
  ++container.ends;
  for (const auto& follower : container.followers)
    if (const auto log = follower.lock()) log->look();
  std::erase_if(container.followers, [](const auto& follower) { return follower.expired(); });
}

std::shared_ptr<ProcessLog> ProcessEngine::follow_log(const Held& container, const LogQuery& query,
                                                      std::function<bool()> is_running) const {
  auto log = open_log(loop_.get_executor(), folder_of(container->record.id), query, std::move(is_running));
  std::erase_if(container->followers, [](const auto& follower) { return follower.expired(); });
  if (query.is_following) container->followers.push_back(log);
  return log;
}

awaitable<Result<std::unique_ptr<io::http::BodySource>>> ProcessEngine::logs(std::string id, LogQuery query) {
  SKEIN_CO_TRY_ASSIGN(Held container, find(id));
  auto is_running = [container] { return container->record.is_running(); };
  std::unique_ptr<io::http::BodySource> log = std::make_unique<SharedLog>(follow_log(container, query, is_running));
  co_return std::move(log);
}

awaitable<Result<std::unique_ptr<io::http::ByteStream>>> ProcessEngine::attach(std::string id, AttachQuery query) {
  SKEIN_CO_TRY_ASSIGN(Held container, find(id));
  if (at(container->record.spec, "Tty") == true) co_return not_of_processes("attaching to a terminal");
  LogQuery wanted{.has_output = query.has_output, .has_errors = query.has_errors, .is_following = query.is_streaming};
  if (!query.has_logs) wanted.tail = 0;
  auto is_closed = std::make_shared<bool>(false);
  auto goes_on = [container, is_closed, ends = container->ends] { return !*is_closed && container->ends == ends; };
  auto log = follow_log(container, wanted, goes_on);
  std::unique_ptr<io::http::ByteStream> out = std::make_unique<LogAttachment>(std::move(log), is_closed);
  co_return std::move(out);
}

awaitable<Result<std::unique_ptr<io::http::BodySource>>> ProcessEngine::stats(std::string, StatsQuery) {
  co_return not_of_processes("measuring a container");
}

}  // namespace skein::engine
