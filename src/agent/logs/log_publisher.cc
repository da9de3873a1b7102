#include "agent/logs/log_publisher.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "agent/logs/log_publication.h"
#include "base/log.h"
#include "io/loop/keep_alive.h"
#include "io/loop/timer.h"

namespace skein::agent {

namespace asio = boost::asio;
namespace api = docker::swarmkit::v1;
using namespace asio::experimental::awaitable_operators;

namespace {

const std::string kService = "/docker.swarmkit.v1.LogBroker/";

constexpr size_t kPublicationsMax = 256;  // as many as a manager has
constexpr std::chrono::seconds kPause{1};

}  // namespace

// What happens over the connection of one session.
class LogLink : public std::enable_shared_from_this<LogLink> {
 public:
  LogLink(io::TaskScope& tasks, engine::Engine& engine, std::string node_id, std::shared_ptr<rpc::Channel> channel)
      : tasks_(tasks),
        engine_(engine),
        node_id_(std::move(node_id)),
        channel_(std::move(channel)),
        changed_(tasks.executor()) {}

  void start() { tasks_.spawn("logs-of-session", io::keep_alive(shared_from_this(), run())); }
  void stop() {
    is_ended_ = true;
    changed_.notify();
  }
  void look_again() {
    for (auto& [id, publication] : publications_) publication->look_again();
  }

 private:
  asio::awaitable<void> run() {
    co_await (listen() || until_ended());
    stop_publications();
    channel_.reset();
  }
  asio::awaitable<void> until_ended() {
    while (!is_ended_) {
      auto wake = co_await changed_.wait();
      if (wake == rpc::Signal::Wake::kCancelled) co_return;
    }
  }
  // The engine broke off: the manager shall tell again what it wants, and from where.
  asio::awaitable<Error> until_engine_lost() {
    while (!is_engine_lost_) {
      auto wake = co_await changed_.wait();
      if (wake == rpc::Signal::Wake::kCancelled) break;
    }
    co_return make_error(Code::kUnavailable, "the container engine has broken off");
  }
  asio::awaitable<void> listen();
  asio::awaitable<Error> follow_subscriptions();
  void take(const api::SubscriptionMessage& message);
  void stop_publications() {
    for (auto& [id, publication] : publications_) publication->stop();
    publications_.clear();
  }

  io::TaskScope& tasks_;
  engine::Engine& engine_;
  std::string node_id_;
  std::shared_ptr<rpc::Channel> channel_;
  bool is_ended_ = false;
  bool is_engine_lost_ = false;
  rpc::Signal changed_;
  std::map<std::string, std::shared_ptr<LogPublication>> publications_;  // by subscription id, until it is closed
};

// Without the subscriptions a session is still of use, so their end is not the session's.
asio::awaitable<void> LogLink::listen() {
  io::Timer pause(tasks_.executor());
  while (channel_->is_open()) {
    is_engine_lost_ = false;
    auto outcome = co_await (follow_subscriptions() || until_engine_lost());
    Error why = std::visit([](Error& error) { return std::move(error); }, outcome);
    stop_publications();
    if (is_ended_ || why.code == Code::kUnimplemented || !channel_->is_open()) co_return;
    log_warning("log-subscriptions-broken", {{"why", why.text()}});
    pause.expires_after(kPause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<Error> LogLink::follow_subscriptions() {
  api::ListenSubscriptionsRequest request;
  auto stream = channel_->server_stream<api::SubscriptionMessage>(kService + "ListenSubscriptions", request);
  for (;;) {
    auto message = co_await stream->next();
    if (!message.ok()) co_return message.error();
    if (!message->has_value()) co_return make_error(Code::kUnavailable, "the manager ended the log subscriptions");
    take(**message);
  }
}

void LogLink::take(const api::SubscriptionMessage& message) {
  auto found = publications_.find(message.id());
  if (message.close()) {
    if (found == publications_.end()) return;
    found->second->stop();
    publications_.erase(found);
    return;
  }
  if (found != publications_.end()) return;
  if (publications_.size() >= kPublicationsMax)
    return log_warning("log-subscription-refused", {{"why", "there are too many"}});
  auto call = channel_->client_stream<api::PublishLogsMessage, api::PublishLogsResponse>(kService + "PublishLogs");
  auto on_engine_lost = [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->is_engine_lost_ = true;
    self->changed_.notify();
  };
  auto publication =
      std::make_shared<LogPublication>(tasks_, engine_, node_id_, message, std::move(call), on_engine_lost);
  publications_[message.id()] = publication;
  publication->start();
}

LogPublisher::LogPublisher(io::TaskScope& tasks, engine::Engine& engine, std::string node_id)
    : tasks_(tasks), engine_(engine), node_id_(std::move(node_id)) {}

LogPublisher::~LogPublisher() { use(nullptr); }

void LogPublisher::use(std::shared_ptr<rpc::Channel> channel) {
  if (link_) link_->stop();
  link_.reset();
  if (!channel) return;
  link_ = std::make_shared<LogLink>(tasks_, engine_, node_id_, std::move(channel));
  link_->start();
}

void LogPublisher::container_started() {
  if (link_) link_->look_again();
}

}  // namespace skein::agent
