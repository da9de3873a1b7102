#include "node/node.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "io/loop/timer.h"

namespace skein::node {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr Duration kResumePauseMin = 500ms;  // also between tries that changes of addresses cause
constexpr Duration kResumePauseMax = 10s;

}  // namespace

Error Node::daemon_ends() {
  return make_error(Code::kUnavailable, "the daemon is ending", "", "ask again when it has been started");
}

Node::Node(NodeParts parts)
    : parts_(std::move(parts)), tasks_(parts_.loop.get_executor()), files_(parts_.swarm_directory, parts_.random) {
  engine::Observer observer;
  observer.on_container_start = [this](const std::string&) {
    if (agent_) agent_->logs().container_started();
  };
  observer.on_container_exit = [this](const engine::ContainerExit& exit) {
    if (agent_) agent_->tasks().container_exited(exit);
  };
  observer.on_container_removed = [this](const std::string& id) {
    if (agent_) agent_->tasks().container_removed(id);
  };
  parts_.engine.observe(std::move(observer));
}

Node::~Node() = default;

void Node::stop_manager() {
  manager_.reset();
  watch_ = key_watch_ = {};
  journal_ = nullptr;
  store_.reset();
}

// All of it or nothing, so that it can be tried again.
asio::awaitable<Result<void>> Node::start_manager(ListenAddress listen) {
  auto started = co_await try_start_manager(listen);
  if (!started.ok()) stop_manager();
  co_return started;
}

asio::awaitable<Result<void>> Node::try_start_manager(ListenAddress listen) {
  SKEIN_CO_TRY_ASSIGN(const NodeFiles::StoreKey key, files_.store_key());
  SKEIN_CO_TRY_ASSIGN(auto beneath, parts_.open_journal(files_.store_path()));
  const auto form =
      key.is_of_old_store ? store::SealedJournal::Form::kPartlySealed : store::SealedJournal::Form::kSealed;
  auto journal = std::make_unique<store::SealedJournal>(std::move(beneath), key.key, parts_.random, form, key.earlier);
  journal_ = journal.get();
  store_ = std::make_shared<store::Store>(parts_.loop.get_executor(), std::move(journal), parts_.clock);
  SKEIN_CO_TRY(co_await store_->open());
  if (key.is_of_old_store) SKEIN_CO_TRY(files_.keep_store_key(key.key));
  if (!store_->view().cluster()) co_return Result<void>();
  renew_store_key_if_due();
  SKEIN_CO_TRY(key_file_.write());
  key_watch_ = store_->watch([this](const store::Changes& changes) {
    if (std::ranges::any_of(changes, [](const auto& change) { return change.kind == store::Kind::kCluster; }))
      (void)key_file_.write();
  });
  if (observer_) watch_ = store_->watch(observer_);
  auto started = manager::Manager::start(parts_.loop.get_executor(), parts_.transport, *store_, tls_, listen.address,
                                         listen.port, parts_.clock, parts_.random, parts_.key_rotation_period);
  if (!started.ok()) co_return started.error();
  manager_ = std::move(*started);
  co_return Result<void>();
}

void Node::start_agent(agent::Identity identity, NodeState state, const Addresses& addresses) {
  agent::AgentOptions options;
  options.identity = std::move(identity);
  for (const auto& text : state.managers)
    if (auto manager = HostPort::parse(text, 2377); manager.ok()) options.managers.push_back(*manager);
  options.listen = addresses.listen.address;
  if (auto advertise = IpAddress::parse(addresses.advertise.host); advertise.ok()) options.advertise = *advertise;
  options.data_path_address = addresses.data_path;
  options.engine_version = parts_.engine_version;
  options.engine_settings = &parts_.engine_settings;
  options.tasks = parts_.tasks;
  agent::AgentHooks hooks;
  hooks.save_identity = [this](const agent::Identity& renewed) { return files_.save_identity(renewed); };
  hooks.on_session = [this] {
    NodeState now = state_;
    now.managers.clear();
    for (const auto& manager : agent_->managers()) now.managers.push_back(manager.text());
    if (auto own = agent_->advertise_address()) now.local_address = own->text();
    now.data_path_port = agent_->data_path_port();
    if (now == state_) return;
    state_ = now;
    if (!is_in_swarm_) return;  // saved when the entry is complete
    (void)state_file_.write();
  };
  if (auto own = IpAddress::parse(state.local_address); own.ok()) options.last_local_address = *own;
  options.last_data_path_port = state.data_path_port;
  state_ = std::move(state);
  agent_ =
      std::make_unique<agent::Agent>(parts_.loop, parts_.transport, parts_.gossip, std::move(options), std::move(hooks),
                                     tls_, parts_.engine, parts_.networks, parts_.health, parts_.clock, parts_.random);
  agent_->start();
  if (can_run_tasks_) agent_->run_tasks();
}

void Node::run_tasks() {
  can_run_tasks_ = true;
  if (agent_) agent_->run_tasks();
}

asio::awaitable<void> Node::resume() {
  auto resumed = co_await try_resume();
  if (resumed.ok()) co_return;
  log_error("swarm-not-resumed", {{"why", resumed.error().text()}, {"then", "tried again until it works"}});
  trouble_ = resumed.error();
  tasks_.spawn("resume", resume_later());
}

// The agent comes up even if the manager cannot: its tunnels carry the containers that run here.
asio::awaitable<Result<void>> Node::try_resume() {
  Entering resuming(*this);  // nobody leaves while the store is being read
  Result<void> managed;
  if (agent_) {
    if (manages_ && !manager_) managed = co_await start_manager(*manages_);
    co_return managed;
  }
  is_in_swarm_ = true;  // unless the file says no
  SKEIN_CO_TRY_ASSIGN(auto state, files_.load_state());
  is_in_swarm_ = state.has_value();
  if (!state) co_return Result<void>();
  SKEIN_CO_TRY_ASSIGN(is_locked_, files_.is_locked());
  if (is_locked_) {
    stay_locked(*state);
    co_return Result<void>();
  }
  SKEIN_CO_TRY_ASSIGN(agent::Identity identity, files_.load_identity(parts_.clock.wall()));
  SKEIN_CO_TRY_ASSIGN(tls_, rpc::TlsConfig::create({identity.root_pem, identity.certificate_pem, identity.key_pem}));
  const bool is_manager = identity.node.role == ca::NodeRole::MANAGER;
  SKEIN_CO_TRY_ASSIGN(Addresses addresses, choose_addresses(state->listen_address, state->advertise_address,
                                                            state->data_path_address, is_manager));
  if (is_manager) {
    manages_ = addresses.listen;
    managed = co_await start_manager(addresses.listen);
  }
  start_agent(std::move(identity), *std::move(state), addresses);
  locked_.reset();
  co_return managed;
}

asio::awaitable<void> Node::resume_later() {
  Duration pause = kResumePauseMin;
  io::Timer least(parts_.loop);
  while (trouble_) {
    least.expires_after(kResumePauseMin);
    co_await least.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await parts_.addresses.wait_for_change(pause - kResumePauseMin);
    co_await io::end_if_cancelled();
    pause = std::min(2 * pause, kResumePauseMax);
    if (!trouble_ || is_entering_) continue;  // has left, or is leaving just now
    auto resumed = co_await try_resume();
    if (resumed.ok()) {
      trouble_.reset();
      log_info("swarm-resumed");
    } else if (resumed.error().text() != trouble_->text()) {
      log_error("swarm-not-resumed", {{"why", resumed.error().text()}});
      trouble_ = resumed.error();
    }
  }
}

// A manager may be on its way out already, by an entry or a leaving that is cut off here.
asio::awaitable<void> Node::close() {
  co_await tasks_.close();
  if (agent_) co_await agent_->close();
  if (manager_) co_await manager_->close();
  if (closing_) co_await closing_->close();
}

// Back to a host in no swarm.
asio::awaitable<Result<void>> Node::abandon() {
  trouble_.reset();
  parts_.addresses.stop_waiting();
  manages_.reset();
  if (agent_) {
    co_await agent_->leave();
    co_await agent_->close();
    agent_.reset();
  } else if (is_in_swarm_) {
    co_await remove_task_containers();
  }
  if (manager_) {
    closing_ = std::move(manager_);  // nobody begins anything new with it
    co_await closing_->close();
    closing_.reset();
  }
  if (locked_) parts_.networks.leave_swarm();
  locked_.reset();
  is_locked_ = false;
  shown_key_.clear();
  stop_manager();
  tls_.reset();
  state_file_.forget();
  key_file_.forget();
  auto removed = files_.remove();
  is_in_swarm_ = !removed.ok();
  co_return removed;
}

// What an agent would do, where there is none.
asio::awaitable<void> Node::remove_task_containers() {
  agent::TaskRunner runner(parts_.loop, parts_.engine, parts_.networks, parts_.health, parts_.clock, parts_.random, {},
                           parts_.tasks);
  co_await runner.leave();
  co_await runner.close();
}

}  // namespace skein::node
