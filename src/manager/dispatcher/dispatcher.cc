#include "manager/dispatcher/dispatcher.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "io/loop/timer.h"
#include "manager/addresses/network_addresses.h"
#include "manager/ca/caller_certificate.h"

namespace skein::manager {

namespace asio = boost::asio;
namespace api = store::api;

namespace {

constexpr const char* kDispatcher = "/docker.swarmkit.v1.Dispatcher/";

constexpr size_t kDescriptionBytesMax = size_t{256} << 10;  // a node must fit into a batch of the store

Duration heartbeat_period(const store::Tables& view) {
  auto cluster = view.cluster();
  Duration period = cluster ? model::from_wire(cluster->spec().dispatcher().heartbeat_period()) : Duration(0);
  return period > Duration(0) ? period : Duration(std::chrono::seconds(5));
}

}  // namespace

Dispatcher::Dispatcher(io::TaskScope& tasks, store::Store& store, Clock& clock, Random& random)
    : tasks_(tasks),
      store_(store),
      clock_(clock),
      random_(random),
      liveness_(heartbeat_period(store.view())),
      reports_(tasks, store, clock),
      hold_timer_(tasks.executor()) {}

void Dispatcher::register_with(rpc::Server& server) {
  const std::string prefix = kDispatcher;
  server.server_stream<api::SessionRequest, api::SessionMessage>(
      prefix + "Session", [this](const api::SessionRequest& request, std::shared_ptr<SessionWriter> writer) {
        tasks_.spawn("session", open_session(request, std::move(writer)));
      });
  server.server_stream<api::AssignmentsRequest, api::AssignmentsMessage>(
      prefix + "Assignments",
      [this](const api::AssignmentsRequest& request, const std::shared_ptr<AssignmentWriter>& writer) {
        open_assignments(request, writer);
      });
  server.unary<api::HeartbeatRequest, api::HeartbeatResponse>(
      prefix + "Heartbeat",
      [this](const rpc::Call& call, const api::HeartbeatRequest& request) -> Reply<api::HeartbeatResponse> {
        SKEIN_CO_TRY_ASSIGN(std::string node_id, caller(call));
        SKEIN_CO_TRY_ASSIGN(Duration period, liveness_.beat(node_id, request.session_id(), random_, clock_.now()));
        api::HeartbeatResponse response;
        *response.mutable_period() = model::to_wire(period);
        co_return response;
      });
  server.unary<api::UpdateTaskStatusRequest, api::UpdateTaskStatusResponse>(
      prefix + "UpdateTaskStatus", [this](const rpc::Call& call, const api::UpdateTaskStatusRequest& request) {
        return update_status(call, request);
      });
}

Result<std::string> Dispatcher::caller(const rpc::Call& call) const {
  auto cluster = store_.view().cluster();
  if (!cluster) return make_error(Code::kAborted, "dispatcher is stopped");
  return authorize(call.peer(), *cluster, {ca::NodeRole::WORKER, ca::NodeRole::MANAGER});
}

void Dispatcher::start() {
  for (const auto& [id, node] : store_.view().all<api::Node>())
    if (node->status().state() == api::NodeStatus::READY || node->status().state() == api::NodeStatus::UNKNOWN)
      liveness_.expect(id, clock_.now());
  watch_ = store_.watch([this](const store::Changes& changes) { take(changes); });
  tasks_.spawn("sessions of before", forget_sessions());
  tasks_.spawn("heartbeats", watch_heartbeats());
}

// Those of an earlier manager. What a node's tasks have become meanwhile is known when it has told this one.
asio::awaitable<void> Dispatcher::forget_sessions() {
  auto stored = co_await store_.update([](store::Transaction& tx) -> Result<void> {
    for (const auto& [id, node] : tx.view().all<api::Node>()) {
      if (!node->status().has_ready_since()) continue;
      api::Node changed = *node;
      changed.mutable_status()->clear_ready_since();
      tx.update(std::move(changed));
      tx.allow_cut();
    }
    return {};
  });
  if (!stored.ok()) log_error("sessions-of-before-not-forgotten", {{"why", stored.error().text()}});
}

void Dispatcher::drop(const std::string& node_id) {
  liveness_.forget(node_id);
  news_.forget(node_id);
  for (auto& [id, session] : sessions_)
    if (session.node_id == node_id) session.writer->finish(make_error(Code::kNotFound, "node not found"));
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.node_id == node_id; });
}

asio::awaitable<void> Dispatcher::open_session(api::SessionRequest request, std::shared_ptr<SessionWriter> writer) {
  auto node_id = caller(writer->call());
  if (!node_id.ok()) co_return writer->finish(node_id.error());
  if (!store_.view().get<api::Node>(*node_id))
    co_return writer->finish(make_error(Code::kNotFound, "node not registered"));
  auto session_id = liveness_.enter(*node_id, request.session_id(), random_, clock_.now());
  if (!session_id.ok()) co_return writer->finish(session_id.error());

  if (request.description().ByteSizeLong() > kDescriptionBytesMax)
    co_return writer->finish(
        invalid_argument("a node's description has at most " + std::to_string(kDescriptionBytesMax) + " bytes"));
  std::string address = writer->call().peer().address.text();
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto node = tx.view().get<api::Node>(*node_id);
    if (!node) return make_error(Code::kNotFound, "node not registered");
    api::Node changed = *node;
    if (request.has_description()) *changed.mutable_description() = request.description();
    changed.mutable_status()->set_state(api::NodeStatus::READY);
    changed.mutable_status()->clear_message();
    *changed.mutable_status()->mutable_ready_since() = model::to_timestamp(tx.now());
    changed.mutable_status()->set_addr(address);
    tx.update(std::move(changed));
    if (auto attached = attach_node_to_ingress(tx, *node_id); !attached.ok())
      log_warning("node-without-ingress-address", {{"node", *node_id}, {"why", attached.error().text()}});
    return {};
  });
  if (!done.ok()) co_return writer->finish(done.error());
  if (!writer->is_open()) co_return;

  uint64_t stream = next_stream_++;
  sessions_[stream] = {*node_id, *session_id, writer};
  log_info("node-session", {{"node", *node_id}, {"address", address}});
  writer->on_closed([this, stream] { sessions_.erase(stream); });
  auto message = session_message(common_session_message(store_.view()), store_.view(), *node_id, *session_id);
  news_.begin(message.node());
  (void)writer->send(message);
}

void Dispatcher::open_assignments(const api::AssignmentsRequest& request,
                                  const std::shared_ptr<AssignmentWriter>& writer) {
  auto node_id = caller(writer->call());
  if (!node_id.ok()) return writer->finish(node_id.error());
  if (auto known = liveness_.check(*node_id, request.session_id()); !known.ok()) return writer->finish(known.error());
  uint64_t stream = next_stream_++;
  assignments_.emplace(stream, OpenAssignments{*node_id, writer, AssignmentSequence(*node_id)});
  auto place = streams_of_.emplace(*node_id, stream);
  writer->on_closed([this, stream, place] {
    assignments_.erase(stream);
    streams_of_.erase(place);
    untold_.erase(stream);
  });
  // Later differences are coalesced while the node reads slowly.
  writer->on_drained([this] {
    if (!untold_.empty()) refresh_soon();
  });
  untold_.insert(stream);
  refresh_soon();
}

void Dispatcher::take(const store::Changes& changes) {
  session_news_.take(changes);
  for (const auto& change : changes)
    for (const auto& node : nodes_assigned_by(change))
      for (auto [at, end] = streams_of_.equal_range(node); at != end; ++at) {
        assignments_.at(at->second).sequence.note(change.id);
        untold_.insert(at->second);
      }
  if (!session_news_.is_empty() || !untold_.empty()) refresh_soon();
}

// Several transactions of one turn of the loop make one message.
void Dispatcher::refresh_soon() {
  if (!std::exchange(refresh_is_due_, true)) tasks_.spawn("news for nodes", refresh());
}

// Sessions first: nodes hear of their own addresses before they hear of tasks that need them.
asio::awaitable<void> Dispatcher::refresh() {
  co_await asio::post(tasks_.executor(), asio::use_awaitable);
  refresh_is_due_ = false;
  refresh_sessions();
  refresh_assignments();
}

void Dispatcher::refresh_sessions() {
  if (session_news_.is_empty()) return;
  const SessionNews news = std::exchange(session_news_, {});
  // Copies, as a failing send closes its stream, which erases it from the map.
  std::vector<OpenSession> concerned;
  for (const auto& [id, session] : sessions_)
    if (news.concerns(session.node_id)) concerned.push_back(session);
  if (concerned.empty()) return;
  const auto common = common_session_message(store_.view());
  for (const auto& session : concerned) {
    auto message = session_message(common, store_.view(), session.node_id, session.session_id);
    news_.told(message.node(), clock_.now());
    (void)session.writer->send(message);
  }
}

void Dispatcher::refresh_assignments() {
  const TimePoint now = clock_.now();
  TimePoint again = TimePoint::never();
  bool has_more = false;
  for (uint64_t stream : std::vector<uint64_t>(untold_.begin(), untold_.end())) {
    auto found = assignments_.find(stream);
    if (found == assignments_.end()) {
      untold_.erase(stream);
      continue;
    }
    if (found->second.writer->is_congested()) continue;
    if (TimePoint until = news_.hold_until(found->second.node_id); until > now) {
      again = std::min(again, until);
      continue;
    }
    untold_.erase(stream);
    auto writer = found->second.writer;
    auto message = found->second.sequence.next(store_.view());
    if (found->second.sequence.has_more()) {
      untold_.insert(stream);
      has_more = true;
    }
    if (message) (void)writer->send(*message);
  }
  if (has_more) refresh_soon();
  if (again != TimePoint::never()) refresh_at(again);
}

void Dispatcher::refresh_at(TimePoint at) {
  hold_timer_.expires_after(at - clock_.now());
  auto wait = [](Dispatcher* self) -> asio::awaitable<void> {
    auto [error] = co_await self->hold_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!error) self->refresh_soon();
  };
  tasks_.spawn("news held back", wait(this));
}

Dispatcher::Reply<api::UpdateTaskStatusResponse> Dispatcher::update_status(
    const rpc::Call& call, const api::UpdateTaskStatusRequest& request) {
  SKEIN_CO_TRY_ASSIGN(std::string node_id, caller(call));
  SKEIN_CO_TRY(liveness_.check(node_id, request.session_id()));
  auto written = co_await reports_.write(node_id, request);
  SKEIN_CO_TRY(written);
  co_return api::UpdateTaskStatusResponse();
}

// What was decided stays so until it is stored: nobody would decide it again.
asio::awaitable<void> Dispatcher::watch_heartbeats() {
  io::Timer timer(tasks_.executor());
  std::set<std::string> lost, given_up;
  bool is_failing = false;
  for (;;) {
    timer.expires_after(Liveness::kLookPeriod);
    co_await timer.async_wait(asio::use_awaitable);
    for (const std::string& node_id : liveness_.expire(clock_.now())) {
      log_warning("node-down", {{"node", node_id}, {"why", "heartbeat failure"}});
      lost.insert(node_id);
    }
    for (const std::string& node_id : absences_.over(store_.view(), clock_.now())) {
      log_warning("tasks-orphaned", {{"node", node_id}, {"why", "node down for a day"}});
      given_up.insert(node_id);
    }
    auto stored = co_await store_absences(lost, given_up);
    if (!stored.ok() && !is_failing) log_error("absences-not-stored", {{"why", stored.error().text()}});
    is_failing = !stored.ok();
  }
}

// Forgets those that are stored. A node that is back meanwhile is neither lost nor given up.
asio::awaitable<Result<void>> Dispatcher::store_absences(std::set<std::string>& lost, std::set<std::string>& given_up) {
  if (!lost.empty()) {
    SKEIN_CO_TRY(co_await store_.update([&](store::Transaction& tx) -> Result<void> {
      for (const std::string& node_id : lost) {
        auto node = tx.view().get<api::Node>(node_id);
        if (!node || node->status().state() == api::NodeStatus::DOWN || liveness_.knows(node_id)) continue;
        api::Node changed = *node;
        changed.mutable_status()->set_state(api::NodeStatus::DOWN);
        changed.mutable_status()->set_message("heartbeat failure");
        tx.update(std::move(changed));
        tx.allow_cut();
      }
      return {};
    }));
    lost.clear();
  }
  while (!given_up.empty()) {
    SKEIN_CO_TRY(co_await store_.update([&](store::Transaction& tx) -> Result<void> {
      auto node = tx.view().get<api::Node>(*given_up.begin());
      if (node && node->status().state() == api::NodeStatus::DOWN) orphan_tasks(tx, node->id());
      return {};
    }));
    given_up.erase(given_up.begin());
  }
  co_return Result<void>();
}

}  // namespace skein::manager
