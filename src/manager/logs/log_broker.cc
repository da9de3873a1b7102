#include "manager/logs/log_broker.h"

#include <algorithm>

#include "manager/ca/caller_certificate.h"

namespace skein::manager {

namespace asio = boost::asio;

namespace {

const std::string kLogBroker = "/docker.swarmkit.v1.LogBroker/";

constexpr size_t kSubscriptionsMax = 256;
constexpr int kSelectedMax = 1024;               // ids in a selector
constexpr size_t kPublishBytesMax = 256u << 10;  // Docker's nodes send one line of at most 16 KiB at a time
constexpr size_t kWaitingPublishersMax = 128;    // each may hold 512 KiB of the server's buffers
constexpr int64_t kSecondsMax = 9'000'000'000;   // what fits into nanoseconds

bool is_time(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() <= kSecondsMax && time.nanos() >= 0 && time.nanos() < 1'000'000'000;
}

Error stopped() { return make_error(Code::kAborted, "log broker is stopped"); }

// It holds what ends the subscription.
class SubscribedReader final : public cluster::LogReader {
 public:
  SubscribedReader(std::shared_ptr<LogSubscription> subscription, std::function<void()> on_gone)
      : subscription_(std::move(subscription)), on_gone_(std::move(on_gone)) {}
  ~SubscribedReader() override { on_gone_(); }
  SubscribedReader(const SubscribedReader&) = delete;
  SubscribedReader& operator=(const SubscribedReader&) = delete;

  asio::awaitable<Result<std::optional<Messages>>> next() override { return LogSubscription::next(subscription_); }

 private:
  std::shared_ptr<LogSubscription> subscription_;
  std::function<void()> on_gone_;
};

}  // namespace

struct LogBroker::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor e, store::Store& s, Random& r) : executor(std::move(e)), store(s), random(r) {}

  struct Listener {
    std::string node_id;
    std::shared_ptr<SubscriptionWriter> writer;
  };

  asio::any_io_executor executor;
  store::Store& store;
  Random& random;
  bool is_stopped = false;  // the references above are gone
  std::map<std::string, std::shared_ptr<LogSubscription>> subscriptions;
  std::map<uint64_t, Listener> listeners;
  uint64_t next_listener = 1;
  size_t waiting_publishers = 0;

  bool is_connected(const std::string& node_id) const {
    return std::any_of(listeners.begin(), listeners.end(), [&](auto& l) { return l.second.node_id == node_id; });
  }
  // Copies: a send that fails ends its stream, which takes it from the map.
  std::vector<Listener> listeners_of(const std::set<std::string>& node_ids) const {
    std::vector<Listener> out;
    for (const auto& [id, listener] : listeners)
      if (node_ids.contains(listener.node_id)) out.push_back(listener);
    return out;
  }
  void ask(LogSubscription& subscription, const std::string& node_id) {
    for (auto& listener : listeners_of({node_id})) (void)listener.writer->send(subscription.opening(node_id));
  }
  void take_task(const store::api::Task& task) {
    for (auto& [id, subscription] : subscriptions)
      if (subscription->coverage().add(task)) ask(*subscription, task.node_id());
  }
  Result<std::string> caller(const rpc::Call& call) const;
  void listen(const std::string& node_id, const std::shared_ptr<SubscriptionWriter>& writer);
  void listener_gone(uint64_t id);
  Reply<api::PublishLogsResponse> publish(std::string node_id, std::shared_ptr<PublishReader> messages);
  void remove(const std::string& subscription_id);
  Result<void> check(const std::string& node_id, const api::PublishLogsMessage& message) const;
  asio::awaitable<Result<void>> pass_on(std::string node_id, std::shared_ptr<LogSubscription> subscription,
                                        api::PublishLogsMessage message);
};

LogBroker::LogBroker(asio::any_io_executor executor, store::Store& store, Random& random)
    : state_(std::make_shared<State>(std::move(executor), store, random)) {
  watch_ = store.watch([state = state_.get()](const store::Changes& changes) {
    for (const auto& change : changes)
      if (auto task = change.now<api::Task>()) state->take_task(*task);
  });
}

LogBroker::~LogBroker() {
  state_->is_stopped = true;
  for (auto& [id, subscription] : state_->subscriptions) subscription->end(stopped());
  state_->subscriptions.clear();
  state_->listeners.clear();
}

void LogBroker::register_with(rpc::Server& server) {
  server.server_stream<api::ListenSubscriptionsRequest, api::SubscriptionMessage>(
      kLogBroker + "ListenSubscriptions",
      [state = state_](const api::ListenSubscriptionsRequest&, const std::shared_ptr<SubscriptionWriter>& writer) {
        auto node_id = state->caller(writer->call());
        if (!node_id.ok()) return writer->finish(node_id.error());
        state->listen(*node_id, writer);
      });
  server.client_stream<api::PublishLogsMessage, api::PublishLogsResponse>(
      kLogBroker + "PublishLogs",
      [state = state_](const rpc::Call& call,
                       std::shared_ptr<PublishReader> messages) -> Reply<api::PublishLogsResponse> {
        SKEIN_CO_TRY_ASSIGN(std::string node_id, state->caller(call));
        co_return co_await state->publish(std::move(node_id), std::move(messages));
      });
}

Result<std::string> LogBroker::State::caller(const rpc::Call& call) const {
  auto cluster = is_stopped ? nullptr : store.view().cluster();
  if (!cluster) return stopped();
  return authorize(call.peer(), *cluster, {ca::NodeRole::WORKER, ca::NodeRole::MANAGER});
}

// ---- readers

Result<std::unique_ptr<cluster::LogReader>> LogBroker::subscribe(api::LogSelector selector,
                                                                 api::LogSubscriptionOptions options) {
  const int selected = selector.service_ids_size() + selector.node_ids_size() + selector.task_ids_size();
  if (selected == 0) return make_error(Code::kInvalidArgument, "log selector must not be empty");
  if (selected > kSelectedMax) return make_error(Code::kInvalidArgument, "log selector is too long");
  if (state_->subscriptions.size() >= kSubscriptionsMax)
    return make_error(Code::kResourceExhausted, "too many logs are being read",
                      std::to_string(kSubscriptionsMax) + " at a time", "end some of them");
  std::string id = state_->random.object_id();
  auto subscription = std::make_shared<LogSubscription>(state_->executor, id, std::move(selector), std::move(options));
  subscription->coverage().begin(state_->store.view());
  state_->subscriptions[id] = subscription;
  auto reader = std::make_unique<SubscribedReader>(subscription, [state = state_, id] { state->remove(id); });

  const std::set<std::string> nodes = subscription->coverage().nodes();
  for (const auto& node_id : nodes)
    if (state_->is_connected(node_id))
      state_->ask(*subscription, node_id);
    else
      subscription->end_node(node_id, "node " + node_id + " is not available");
  if (subscription->coverage().is_complete()) subscription->end(subscription->coverage().outcome());
  return std::unique_ptr<cluster::LogReader>(std::move(reader));
}

void LogBroker::State::remove(const std::string& subscription_id) {
  auto found = subscriptions.find(subscription_id);
  if (found == subscriptions.end()) return;
  auto subscription = found->second;
  subscriptions.erase(found);
  subscription->end({});
  for (auto& listener : listeners_of(subscription->coverage().nodes()))
    (void)listener.writer->send(subscription->closing());
}

// ---- nodes

void LogBroker::listen(const std::string& node_id, const std::shared_ptr<SubscriptionWriter>& writer) {
  state_->listen(node_id, writer);
}

void LogBroker::State::listen(const std::string& node_id, const std::shared_ptr<SubscriptionWriter>& writer) {
  uint64_t id = next_listener++;
  listeners[id] = {node_id, writer};
  writer->on_closed([weak = weak_from_this(), id] {
    if (auto state = weak.lock()) state->listener_gone(id);
  });
  for (auto& [subscription_id, subscription] : subscriptions)
    if (subscription->coverage().is_awaited(node_id)) (void)writer->send(subscription->opening(node_id));
}

void LogBroker::State::listener_gone(uint64_t id) {
  auto found = listeners.find(id);
  if (found == listeners.end()) return;
  std::string node_id = found->second.node_id;
  listeners.erase(found);
  if (is_connected(node_id)) return;  // by a newer session
  for (auto& [subscription_id, subscription] : subscriptions)
    subscription->end_node(node_id, "node " + node_id + " disconnected unexpectedly");
}

// A node speaks for itself and for its own tasks only.
Result<void> LogBroker::State::check(const std::string& node_id, const api::PublishLogsMessage& message) const {
  if (message.ByteSizeLong() > kPublishBytesMax)
    return make_error(Code::kResourceExhausted, "too many bytes of logs in one message");
  for (const auto& line : message.messages()) {
    if (line.context().node_id() != node_id)
      return make_error(Code::kPermissionDenied,
                        "invalid NodeID: expected=" + node_id + ";received=" + line.context().node_id());
    auto task = store.view().get<api::Task>(line.context().task_id());
    if (task && task->node_id() != node_id)
      return make_error(Code::kPermissionDenied, "task " + task->id() + " is not assigned to this node");
    if (!is_time(line.timestamp())) return make_error(Code::kInvalidArgument, "invalid timestamp of a log message");
  }
  return {};
}

asio::awaitable<Result<void>> LogBroker::State::pass_on(std::string node_id,
                                                        std::shared_ptr<LogSubscription> subscription,
                                                        api::PublishLogsMessage message) {
  if (is_stopped) co_return stopped();
  if (message.subscription_id() != subscription->id())
    co_return make_error(Code::kInvalidArgument, "different subscription IDs in the same session");
  SKEIN_CO_TRY(check(node_id, message));
  if (waiting_publishers >= kWaitingPublishersMax)
    co_return make_error(Code::kResourceExhausted, "node " + node_id + ": too many nodes wait for the logs to be read");
  ++waiting_publishers;
  auto self = shared_from_this();
  struct Leave {
    size_t& waiting;
    ~Leave() { --waiting; }
  } leave{waiting_publishers};
  bool is_wanted = co_await LogSubscription::wait_for_room(subscription);
  if (!is_wanted) co_return Result<void>();
  for (auto& line : *message.mutable_messages()) subscription->put(std::move(line));
  co_return Result<void>();
}

LogBroker::Reply<api::PublishLogsResponse> LogBroker::publish(std::string node_id,
                                                              std::shared_ptr<PublishReader> messages) {
  return state_->publish(std::move(node_id), std::move(messages));
}

LogBroker::Reply<api::PublishLogsResponse> LogBroker::State::publish(std::string node_id,
                                                                     std::shared_ptr<PublishReader> messages) {
  auto self = shared_from_this();
  std::shared_ptr<LogSubscription> subscription;
  for (;;) {
    auto message = co_await messages->next();
    if (!message.ok()) {
      if (subscription) subscription->end_node(node_id, "node " + node_id + " disconnected unexpectedly");
      co_return message.error();
    }
    if (subscription && subscription->is_over()) break;
    if (!message->has_value()) {  // without the word that it is complete
      if (subscription) subscription->end_node(node_id, "node " + node_id + " could not read all of its logs");
      break;
    }
    const std::string& id = (*message)->subscription_id();
    if (id.empty()) co_return make_error(Code::kInvalidArgument, "missing subscription ID");
    if (!subscription) {
      auto found = subscriptions.find(id);
      if (found == subscriptions.end() || !found->second->coverage().concerns(node_id))
        co_return make_error(Code::kNotFound, "unknown subscription ID");
      subscription = found->second;
    }
    if ((*message)->close()) break;
    auto passed = co_await pass_on(node_id, subscription, std::move(**message));
    if (!passed.ok()) {
      subscription->end_node(node_id, passed.error().text());
      co_return passed.error();
    }
  }
  if (subscription) subscription->end_node(node_id);
  co_return api::PublishLogsResponse();
}

}  // namespace skein::manager
