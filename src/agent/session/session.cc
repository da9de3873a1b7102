#include "agent/session/session.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

#include "base/log.h"
#include "ca/node_certificate.h"
#include "io/loop/timer.h"

namespace skein::agent {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

namespace {

// Named, since g++ 12 destroys aggregate temporaries of a co_await expression twice.
// A manager that does not answer a beat is given up for another; one that is busy must not be, since new sessions are
// more work for it. Reports may take longer still: whether the manager is there, the beats tell.
const rpc::CallOptions kBeatOptions{.timeout = 10s, .metadata = {}};
const rpc::CallOptions kReportOptions{.timeout = 60s, .metadata = {}};
const rpc::CallOptions kAttachOptions{.timeout = 10s, .metadata = {}};
const rpc::ChannelOptions kSessionChannel{.dial_timeout = 10s};
constexpr auto kOpenPatience = 10s;
constexpr auto kReconnectPauseMax = 8000ms;
const std::string kDispatcher = "/docker.swarmkit.v1.Dispatcher/";
const std::string kResources = "/docker.swarmkit.v1.ResourceAllocator/";

}  // namespace

struct Session::State : std::enable_shared_from_this<Session::State> {
  State(asio::any_io_executor e, rpc::Transport& w, std::shared_ptr<rpc::TlsConfig> t, std::vector<HostPort> m,
        SessionHooks h, Random& r)
      : executor(std::move(e)),
        transport(w),
        tls(std::move(t)),
        managers(std::move(m)),
        hooks(std::move(h)),
        random(r),
        wake(executor),
        status_wake(executor),
        reopen_wake(executor) {
    reopen_wake.expires_at(TimePoint::never());
    wake.expires_at(TimePoint::never());
    status_wake.expires_at(TimePoint::never());
  }

  asio::any_io_executor executor;
  rpc::Transport& transport;
  std::shared_ptr<rpc::TlsConfig> tls;
  std::vector<HostPort> managers;
  SessionHooks hooks;
  Random& random;
  io::Timer wake;         // cancelled to wake whoever waits for a registration
  io::Timer status_wake;  // cancelled when there is something to report
  io::Timer reopen_wake;  // cancelled when the session shall be opened anew
  bool is_reopening = false;
  bool is_between = false;  // the old connection was given up for a new one, which nobody needs to know
  std::shared_ptr<rpc::Channel> channel;
  std::string session_id;
  bool is_registered = false;
  bool is_stopped = false;
  std::optional<IpAddress> local_address;
  Error last_error = make_error(Code::kUnavailable, "no manager was reached yet");
  TaskSet tasks;
  std::map<std::string, api::TaskStatus> statuses;  // latest of each assigned task
  std::deque<std::string> unreported;

  asio::awaitable<void> run();
  asio::awaitable<Error> run_once();
  asio::awaitable<Error> follow_session(rpc::Responses<api::SessionMessage>& stream);
  asio::awaitable<Error> follow_assignments();
  asio::awaitable<Error> beat();
  asio::awaitable<Error> report_statuses();
  asio::awaitable<Error> wait_for_reopening();
  void take_message(const api::SessionMessage& message);
};

Session::Session(io::TaskScope& tasks, rpc::Transport& transport, std::shared_ptr<rpc::TlsConfig> tls,
                 std::vector<HostPort> managers, SessionHooks hooks, Random& random)
    : tasks_(tasks),
      state_(std::make_shared<State>(tasks.executor(), transport, std::move(tls), std::move(managers), std::move(hooks),
                                     random)) {}

Session::~Session() { stop(); }

void Session::start() { tasks_.spawn("session", state_->run()); }

void Session::stop() {
  state_->is_stopped = true;
  state_->is_registered = state_->is_between = false;
  state_->hooks = {};
  state_->wake.cancel();
  state_->status_wake.cancel();
  state_->reopen_wake.cancel();
  if (state_->channel) state_->channel->close();
}

void Session::reopen() {
  state_->is_reopening = true;
  state_->reopen_wake.cancel();
}

bool Session::is_registered() const { return state_->is_registered || state_->is_between; }
const TaskSet& Session::tasks() const { return state_->tasks; }
std::vector<HostPort> Session::managers() const { return state_->managers; }
std::optional<IpAddress> Session::local_address() const { return state_->local_address; }

asio::awaitable<void> Session::State::run() {
  auto self = shared_from_this();
  std::chrono::milliseconds pause = 0ms;
  io::Timer timer(executor);
  while (!is_stopped) {
    last_error = co_await run_once();
    if (is_stopped) break;
    bool was_registered = std::exchange(is_registered, false);
    is_between = was_registered && is_reopening;
    if (is_between) {
      channel.reset();  // it ends with the last call that waits on it
      continue;
    }
    if (channel) channel->close();
    channel.reset();
    if (was_registered) pause = 0ms;
    log_warning("session-broken", {{"why", last_error.text()}});
    if (hooks.on_broken) hooks.on_broken(last_error);
    pause = std::min<std::chrono::milliseconds>(100ms + 2 * pause, kReconnectPauseMax);
    timer.expires_after(std::chrono::milliseconds(random.below(static_cast<uint64_t>(pause.count()))));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<Error> Session::State::run_once() {
  is_reopening = false;
  if (managers.empty()) co_return make_error(Code::kUnavailable, "no manager is known");
  HostPort target = managers[random.below(managers.size())];
  rpc::ClientTls client = rpc::ClientTls::verified(tls, std::string(ca::kServerNameManager));
  auto connected = co_await rpc::Channel::connect(transport, target, client, kSessionChannel);
  if (!connected.ok()) co_return with_context(connected.error(), "connect to manager " + target.text());
  if (is_stopped) co_return make_error(Code::kCanceled, "stopped");
  channel = *connected;
  local_address = channel->local_address();

  api::SessionRequest request;
  if (hooks.describe) *request.mutable_description() = hooks.describe();
  request.set_session_id(session_id);
  auto stream = channel->server_stream<api::SessionMessage>(kDispatcher + "Session", request);
  io::Timer limit(executor, kOpenPatience);
  auto first = co_await (stream->next() || limit.async_wait(asio::use_awaitable));
  if (first.index() == 1) co_return make_error(Code::kDeadlineExceeded, "session initiation timed out");
  auto& message = std::get<0>(first);
  if (!message.ok()) co_return message.error();
  if (!message->has_value()) co_return make_error(Code::kUnavailable, "the manager ended the session");
  session_id = (*message)->session_id();
  is_registered = true;
  is_between = false;
  tasks.begin_stream();
  unreported.clear();
  for (const auto& [id, status] : statuses) unreported.push_back(id);
  take_message(**message);
  wake.cancel();
  if (hooks.on_open) hooks.on_open(channel);
  log_info("session-open", {{"manager", target.text()}, {"session", session_id}});

  auto ended =
      co_await (follow_session(*stream) || follow_assignments() || beat() || report_statuses() || wait_for_reopening());
  co_return std::visit([](auto& error) { return std::move(error); }, ended);
}

void Session::State::take_message(const api::SessionMessage& message) {
  std::vector<HostPort> found;
  for (const auto& manager : message.managers())
    if (auto address = HostPort::parse(manager.peer().addr(), 2377); address.ok()) found.push_back(*address);
  if (!found.empty()) managers = std::move(found);
  if (hooks.on_message) hooks.on_message(message);
}

asio::awaitable<Error> Session::State::follow_session(rpc::Responses<api::SessionMessage>& stream) {
  for (;;) {
    auto message = co_await stream.next();
    if (!message.ok()) co_return message.error();
    if (!message->has_value()) co_return make_error(Code::kUnavailable, "the manager ended the session");
    take_message(**message);
  }
}

asio::awaitable<Error> Session::State::follow_assignments() {
  api::AssignmentsRequest request;
  request.set_session_id(session_id);
  auto stream = channel->server_stream<api::AssignmentsMessage>(kDispatcher + "Assignments", request);
  for (;;) {
    auto message = co_await stream->next();
    if (!message.ok()) co_return message.error();
    if (!message->has_value()) co_return make_error(Code::kUnavailable, "the manager ended the assignments");
    auto difference = tasks.apply(**message);
    if (!difference.ok()) co_return difference.error();
    for (const auto& id : difference->removed) statuses.erase(id);
    if (hooks.on_tasks) hooks.on_tasks(*difference);
  }
}

asio::awaitable<Error> Session::State::beat() {
  io::Timer timer(executor);
  api::HeartbeatRequest request;
  request.set_session_id(session_id);
  for (;;) {
    auto response = co_await channel->unary<api::HeartbeatResponse>(kDispatcher + "Heartbeat", request, kBeatOptions);
    if (!response.ok()) co_return with_context(response.error(), "heartbeat");
    timer.expires_after(std::max<Duration>(model::from_wire(response->period()), 100ms));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<Error> Session::State::report_statuses() {
  for (;;) {
    if (unreported.empty()) {
      boost::system::error_code ignored;
      co_await status_wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (is_stopped) co_return make_error(Code::kCanceled, "stopped");
      continue;
    }
    api::UpdateTaskStatusRequest request;
    request.set_session_id(session_id);
    while (!unreported.empty() && request.updates_size() < 1024) {
      std::string id = unreported.front();
      unreported.pop_front();
      auto found = statuses.find(id);
      if (found == statuses.end()) continue;
      auto* update = request.add_updates();
      update->set_task_id(id);
      *update->mutable_status() = found->second;
    }
    if (request.updates().empty()) continue;
    auto response = co_await channel->unary<api::UpdateTaskStatusResponse>(kDispatcher + "UpdateTaskStatus", request,
                                                                           kReportOptions);
    if (!response.ok() && response.error().code != Code::kNotFound)
      co_return with_context(response.error(), "report task states");
  }
}

asio::awaitable<Error> Session::State::wait_for_reopening() {
  while (!is_reopening && !is_stopped) {
    boost::system::error_code ignored;
    co_await reopen_wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return make_error(Code::kCanceled, "the session is being opened anew");
}

void Session::report(const std::string& task_id, api::TaskStatus status) {
  state_->statuses[task_id] = std::move(status);
  state_->unreported.push_back(task_id);
  state_->status_wake.cancel();
}

asio::awaitable<Result<std::string>> Session::attach_network(api::NetworkAttachmentConfig config,
                                                             std::string container_id, Duration patience) {
  auto state = state_;
  io::Timer limit(state->executor);
  const TimePoint deadline = limit.now() + patience;
  while (!state->is_registered) {
    if (state->is_stopped) co_return make_error(Code::kUnavailable, "This node is not part of a swarm");
    if (limit.now() >= deadline) co_return with_context(state->last_error, "no session with a manager");
    limit.expires_at(deadline);
    boost::system::error_code first, second;
    co_await (state->wake.async_wait(asio::redirect_error(asio::use_awaitable, first)) ||
              limit.async_wait(asio::redirect_error(asio::use_awaitable, second)));
  }
  api::AttachNetworkRequest request;
  *request.mutable_config() = std::move(config);
  request.set_container_id(std::move(container_id));
  auto channel = state->channel;
  auto response =
      co_await channel->unary<api::AttachNetworkResponse>(kResources + "AttachNetwork", request, kAttachOptions);
  if (!response.ok()) co_return response.error();
  co_return response->attachment_id();
}

asio::awaitable<Result<void>> Session::detach_network(std::string attachment_id) {
  auto channel = state_->channel;
  if (!channel || !state_->is_registered) co_return state_->last_error;
  api::DetachNetworkRequest request;
  request.set_attachment_id(attachment_id);
  auto response =
      co_await channel->unary<api::DetachNetworkResponse>(kResources + "DetachNetwork", request, kAttachOptions);
  if (!response.ok()) co_return response.error();
  co_return Result<void>();
}

}  // namespace skein::agent
