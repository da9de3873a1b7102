#include "manager/dispatcher.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "manager/authorize.h"

namespace skein::manager {

namespace asio = boost::asio;
namespace api = store::api;

namespace {

constexpr const char* kDispatcher = "/docker.swarmkit.v1.Dispatcher/";

Duration heartbeat_period(const store::Tables& view) {
  auto cluster = view.cluster();
  Duration period = cluster ? model::from_wire(cluster->spec().dispatcher().heartbeat_period()) : Duration(0);
  return period > Duration(0) ? period : Duration(std::chrono::seconds(5));
}

}  // namespace

Dispatcher::Dispatcher(asio::any_io_executor executor, store::Store& store, NetworkBook& book, Clock& clock,
                       Random& random)
    : executor_(std::move(executor)),
      store_(store),
      book_(book),
      clock_(clock),
      random_(random),
      liveness_(heartbeat_period(store.view())),
      hold_timer_(executor_) {}

Dispatcher::~Dispatcher() { *is_alive_ = false; }

void Dispatcher::register_with(rpc::Server& server) {
  const std::string prefix = kDispatcher;
  server.server_stream<api::SessionRequest, api::SessionMessage>(
      prefix + "Session", [this](const api::SessionRequest& request, std::shared_ptr<SessionWriter> writer) {
        asio::co_spawn(executor_, open_session(request, std::move(writer)), asio::detached);
      });
  server.server_stream<api::AssignmentsRequest, api::AssignmentsMessage>(
      prefix + "Assignments", [this](const api::AssignmentsRequest& request, std::shared_ptr<AssignmentWriter> writer) {
        open_assignments(request, std::move(writer));
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
  watch_ = store_.watch([this](const store::Changes&) { refresh_soon(); });
  asio::co_spawn(executor_, watch_heartbeats(), asio::detached);
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

  auto is_alive = is_alive_;  // the swarm may end while the store works
  std::string address = writer->call().peer().address.text();
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto node = tx.view().get<api::Node>(*node_id);
    if (!node) return make_error(Code::kNotFound, "node not registered");
    api::Node changed = *node;
    if (request.has_description()) *changed.mutable_description() = request.description();
    changed.mutable_status()->set_state(api::NodeStatus::READY);
    changed.mutable_status()->clear_message();
    changed.mutable_status()->set_addr(address);
    tx.update(std::move(changed));
    if (auto attached = book_.attach_node_to_ingress(tx, *node_id); !attached.ok())
      log_warning("node-without-ingress-address", {{"node", *node_id}, {"why", attached.error().text()}});
    return {};
  });
  if (!done.ok()) co_return writer->finish(done.error());
  if (!*is_alive || !writer->is_open()) co_return;

  uint64_t stream = next_stream_++;
  OpenSession& session = sessions_[stream] = {*node_id, *session_id, writer, ""};
  log_info("node-session", {{"node", *node_id}, {"address", address}});
  writer->on_closed([this, stream, is_alive = is_alive_] {
    if (*is_alive) sessions_.erase(stream);
  });
  auto message = session_message(session);
  session.last_sent = message.SerializeAsString();
  news_.begin(message.node());
  (void)writer->send(message);
}

// Every message repeats the whole state, so that a lost one does not matter.
api::SessionMessage Dispatcher::session_message(const OpenSession& session) const {
  api::SessionMessage out;
  out.set_session_id(session.session_id);
  const auto& view = store_.view();
  if (auto node = view.get<api::Node>(session.node_id)) *out.mutable_node() = *node;
  for (const auto& [id, node] : view.all<api::Node>()) {
    if (!node->has_manager_status()) continue;
    auto* manager = out.add_managers();
    manager->mutable_peer()->set_node_id(id);
    manager->mutable_peer()->set_addr(node->manager_status().addr());
    manager->set_weight(10);
  }
  if (auto cluster = view.cluster()) {
    for (const auto& key : cluster->network_bootstrap_keys()) *out.add_network_bootstrap_keys() = key;
    out.set_rootca(cluster->root_ca().ca_cert());
  }
  return out;
}

void Dispatcher::open_assignments(const api::AssignmentsRequest& request, std::shared_ptr<AssignmentWriter> writer) {
  auto node_id = caller(writer->call());
  if (!node_id.ok()) return writer->finish(node_id.error());
  if (auto known = liveness_.check(*node_id, request.session_id()); !known.ok()) return writer->finish(known.error());
  uint64_t stream = next_stream_++;
  auto& open =
      assignments_.emplace(stream, OpenAssignments{*node_id, writer, AssignmentSequence(*node_id)}).first->second;
  writer->on_closed([this, stream, is_alive = is_alive_] {
    if (*is_alive) assignments_.erase(stream);
  });
  // Later differences are coalesced while the node reads slowly.
  writer->on_drained([this, is_alive = is_alive_] {
    if (*is_alive) refresh_soon();
  });
  if (news_.hold_until(*node_id) > clock_.now()) return refresh_soon();
  (void)writer->send(*open.sequence.next(store_.view()));
}

// Several transactions of one turn of the loop make one message.
void Dispatcher::refresh_soon() {
  if (std::exchange(refresh_is_due_, true)) return;
  asio::post(executor_, [this, is_alive = is_alive_] {
    if (*is_alive) refresh();
  });
}

void Dispatcher::refresh() {
  refresh_is_due_ = false;
  // Sessions first: nodes hear of their own addresses before they hear of tasks that need them.
  // Copies of the writers: a failing send closes its stream, which erases it from the map.
  std::vector<uint64_t> streams;
  for (auto& [id, session] : sessions_) streams.push_back(id);
  for (uint64_t id : streams) {
    auto found = sessions_.find(id);
    if (found == sessions_.end()) continue;
    auto message = session_message(found->second);
    message.mutable_node()->mutable_meta()->Clear();
    std::string bytes = message.SerializeAsString();
    if (bytes == found->second.last_sent) continue;
    found->second.last_sent = bytes;
    auto writer = found->second.writer;
    news_.told(message.node(), clock_.now());
    (void)writer->send(session_message(found->second));
  }
  refresh_assignments();
}

void Dispatcher::refresh_assignments() {
  std::vector<uint64_t> streams;
  for (auto& [id, open] : assignments_) streams.push_back(id);
  TimePoint now = clock_.now(), again = TimePoint::never();
  for (uint64_t id : streams) {
    auto found = assignments_.find(id);
    if (found == assignments_.end() || found->second.writer->is_congested()) continue;
    if (TimePoint until = news_.hold_until(found->second.node_id); until > now) {
      again = std::min(again, until);
      continue;
    }
    auto writer = found->second.writer;
    if (auto message = found->second.sequence.next(store_.view())) (void)writer->send(*message);
  }
  if (again == TimePoint::never()) return;
  hold_timer_.expires_after(again - now);
  hold_timer_.async_wait([this, is_alive = is_alive_](boost::system::error_code error) {
    if (!error && *is_alive) refresh_soon();
  });
}

Dispatcher::Reply<api::UpdateTaskStatusResponse> Dispatcher::update_status(
    const rpc::Call& call, const api::UpdateTaskStatusRequest& request) {
  SKEIN_CO_TRY_ASSIGN(std::string node_id, caller(call));
  SKEIN_CO_TRY(liveness_.check(node_id, request.session_id()));
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    for (const auto& update : request.updates()) {
      auto task = tx.view().get<api::Task>(update.task_id());
      // Reaped already; the node will be told to forget it.
      if (!task) continue;
      if (task->node_id() != node_id)
        return make_error(Code::kPermissionDenied, "cannot update a task not assigned this node");
      // States only move forward; nodes repeat reports after every reconnection.
      if (update.status().state() < task->status().state()) continue;
      api::TaskStatus known = task->status();
      known.clear_applied_at();  // that is ours
      if (update.status().SerializeAsString() == known.SerializeAsString()) continue;
      if (update.status().state() > api::RUNNING && model::is_attachment(*task)) {
        book_.detach_task(tx, *task);
        tx.remove<api::Task>(task->id());
        continue;
      }
      api::Task changed = *task;
      *changed.mutable_status() = update.status();
      *changed.mutable_status()->mutable_applied_at() = model::to_timestamp(tx.now());
      tx.update(std::move(changed));
    }
    return {};
  });
  SKEIN_CO_TRY(done);
  co_return api::UpdateTaskStatusResponse();
}

asio::awaitable<void> Dispatcher::watch_heartbeats() {
  auto is_alive = is_alive_;
  asio::steady_timer timer(executor_);
  for (;;) {
    timer.expires_after(std::chrono::milliseconds(500));
    co_await timer.async_wait(asio::use_awaitable);
    if (!*is_alive) co_return;
    for (const std::string& node_id : liveness_.expire(clock_.now())) {
      log_warning("node-down", {{"node", node_id}, {"why", "heartbeat failure"}});
      co_await set_node_state(node_id, api::NodeStatus::DOWN, "heartbeat failure");
      if (!*is_alive) co_return;
    }
    for (const std::string& node_id : absences_.over(store_.view(), clock_.now())) {
      log_warning("tasks-orphaned", {{"node", node_id}, {"why", "node down for a day"}});
      auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
        orphan_tasks(tx, book_, node_id);
        return {};
      });
      if (!done.ok()) log_error("tasks-not-orphaned", {{"node", node_id}, {"why", done.error().text()}});
      if (!*is_alive) co_return;
    }
  }
}

asio::awaitable<void> Dispatcher::set_node_state(std::string node_id, api::NodeStatus::State state,
                                                 std::string message) {
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto node = tx.view().get<api::Node>(node_id);
    if (!node || node->status().state() == state) return {};
    api::Node changed = *node;
    changed.mutable_status()->set_state(state);
    changed.mutable_status()->set_message(message);
    tx.update(std::move(changed));
    return {};
  });
  if (!done.ok()) log_error("node-state-not-stored", {{"node", node_id}, {"why", done.error().text()}});
}

}  // namespace skein::manager
