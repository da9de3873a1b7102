#include "agent/logs/log_publication.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/logs/log_lines.h"
#include "base/log.h"
#include "containers/facts/task_labels.h"
#include "engine/values/json_fields.h"
#include "io/loop/keep_alive.h"
#include "io/loop/timer.h"
#include "model/objects.h"

namespace skein::agent {

namespace asio = boost::asio;
namespace api = docker::swarmkit::v1;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr size_t kReadersMax = 256;             // containers read at a time, for one subscription
constexpr int kLinesMax = 500;                  // of one message; with their contexts they stay below
constexpr size_t kMessageBytesMax = 64u << 10;  // what managers take
constexpr size_t kBytesPerSecond = 10u << 20;   // of one task, as Docker limits it

// Slows down who writes more than kBytesPerSecond, after as much again at once.
class Pace {
 public:
  explicit Pace(const asio::any_io_executor& executor) : timer_(executor) {}
  asio::awaitable<void> take(size_t bytes) {
    auto now = timer_.now();
    until_ = std::max(until_, now - std::chrono::seconds(1)) +
             std::chrono::nanoseconds(bytes * 1'000'000'000 / kBytesPerSecond);
    if (until_ <= now) co_return;
    timer_.expires_at(until_);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }

 private:
  io::Timer timer_;
  TimePoint until_;
};

}  // namespace

LogPublication::LogPublication(io::TaskScope& tasks, engine::Engine& engine, std::string node_id,
                               api::SubscriptionMessage wanted, std::unique_ptr<Requests> manager,
                               std::function<void()> on_engine_lost)
    : tasks_(tasks),
      engine_(engine),
      node_id_(std::move(node_id)),
      wanted_(std::move(wanted)),
      manager_(std::move(manager)),
      on_engine_lost_(std::move(on_engine_lost)),
      changed_(tasks.executor()) {}

void LogPublication::start() { tasks_.spawn("log-publication", io::keep_alive(shared_from_this(), run())); }

void LogPublication::stop() {
  if (std::exchange(is_stopped_, true)) return;
  on_engine_lost_ = nullptr;
  manager_->cancel();
  changed_.notify();
}

void LogPublication::look_again() {
  is_look_due_ = true;
  changed_.notify();
}

asio::awaitable<void> LogPublication::until_stopped() {
  while (!is_stopped_) {
    auto wake = co_await changed_.wait();
    if (wake == rpc::Signal::Wake::kCancelled) co_return;
  }
}

asio::awaitable<void> LogPublication::run() {
  co_await (tell_all() || until_stopped());
  stop();
}

asio::awaitable<void> LogPublication::tell_all() {
  const bool is_following = wanted_.options().follow();
  for (;;) {
    is_look_due_ = false;
    auto begun = co_await read_new_containers();
    if (!begun.ok()) miss(begun.error(), "");
    while (is_following ? !is_look_due_ : readers_ > 0) {
      auto wake = co_await changed_.wait();
      if (wake == rpc::Signal::Wake::kCancelled) co_return;
    }
    if (!is_following) break;
  }
  // A stream that ends without the word "close" tells the manager that something is missing.
  api::PublishLogsMessage end;
  end.set_subscription_id(wanted_.id());
  end.set_close(!is_incomplete_);
  auto sent = co_await manager_->send(end);
  if (sent.ok()) (void)co_await manager_->finish();
}

asio::awaitable<Result<void>> LogPublication::read_new_containers() {
  const std::vector<std::string> labels{containers::kTaskIdLabel};
  auto list = co_await engine_.list(labels);
  if (!list.ok()) co_return list.error();
  auto containers = select_containers(*list, wanted_.selector(), node_id_, wanted_.options().follow());
  std::erase_if(read_, [&](const std::string& id) {
    return std::none_of(containers.begin(), containers.end(), [&](const auto& each) { return each.id == id; });
  });
  for (auto& container : containers) {
    while (readers_ >= kReadersMax) {
      auto wake = co_await changed_.wait();
      if (wake == rpc::Signal::Wake::kCancelled) co_return make_error(Code::kCanceled, "stopped");
    }
    if (!read_.insert(container.id).second) continue;
    tasks_.spawn("log-reader", io::keep_alive(shared_from_this(), run_reader(std::move(container))));
  }
  co_return Result<void>();
}

// In the frame of a reader, so that it tells when that is gone.
class LogPublication::Reading {
 public:
  explicit Reading(LogPublication& publication) : publication_(publication) { ++publication_.readers_; }
  ~Reading() {
    --publication_.readers_;
    publication_.changed_.notify();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  LogPublication& publication_;
};

asio::awaitable<void> LogPublication::run_reader(LoggedContainer container) {
  const Reading reading(*this);
  auto outcome = co_await (read(container) || until_stopped());
  co_await io::end_if_cancelled();
  if (outcome.index() != 0) co_return;
  auto& done = std::get<0>(outcome);
  if (done.ok() || done.error().code == Code::kNotFound) co_return;  // removed meanwhile
  miss(done.error(), container.id);
}

void LogPublication::miss(const Error& why, const std::string& container_id) {
  is_incomplete_ = true;
  log_warning("log-not-read", {{"container", container_id}, {"why", why.text()}});
  bool is_engine_lost = why.code == Code::kUnavailable || why.code == Code::kDataLoss;
  if (is_engine_lost && wanted_.options().follow() && !is_stopped_) on_engine_lost_();
}

asio::awaitable<Result<void>> LogPublication::read(LoggedContainer container) {
  auto inspected = co_await engine_.inspect(container.id);
  if (!inspected.ok()) co_return inspected.error();
  const auto& config = engine::at(*inspected, "Config");
  const bool has_terminal = config.contains("Tty") && config["Tty"] == true;
  SKEIN_CO_TRY_ASSIGN(engine::LogQuery query, log_query(wanted_.options()));
  SKEIN_CO_TRY_ASSIGN(auto log, co_await engine_.logs(container.id, std::move(query)));
  auto copied = co_await copy(std::move(container), *log, has_terminal);
  co_return copied;
}

asio::awaitable<Result<void>> LogPublication::copy(LoggedContainer container, io::http::BodySource& source,
                                                   bool has_terminal) {
  LogLines lines(has_terminal ? LogLines::Form::kPlain : LogLines::Form::kFrames);
  Pace pace(tasks_.executor());
  for (bool is_over = false; !is_over;) {
    auto piece = co_await source.read_some();
    if (!piece.ok()) co_return piece.error();
    is_over = piece->empty();
    if (is_over)
      lines.end();
    else
      SKEIN_CO_TRY(lines.add(*piece));
    auto line = lines.next();
    while (line) {
      api::PublishLogsMessage message;
      message.set_subscription_id(wanted_.id());
      size_t bytes = 0;
      for (; line && message.messages_size() < kLinesMax && bytes < kMessageBytesMax; line = lines.next()) {
        api::LogMessage* out = message.add_messages();
        out->mutable_context()->set_node_id(node_id_);
        out->mutable_context()->set_service_id(container.service_id);
        out->mutable_context()->set_task_id(container.task_id);
        *out->mutable_timestamp() = model::to_timestamp(line->time);
        out->set_stream(line->stream);
        bytes += line->data.size();
        out->set_data(std::move(line->data));
      }
      co_await pace.take(bytes);
      if (auto sent = co_await manager_->send(message); !sent.ok()) {
        // The manager wants no more; nothing is wrong with the log.
        stop();
        co_return Result<void>();
      }
    }
  }
  co_return Result<void>();
}

}  // namespace skein::agent
