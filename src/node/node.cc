#include "node/node.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "base/log.h"
#include "io/loop/scoped_call.h"
#include "io/loop/timer.h"
#include "store/sealed_journal.h"

namespace skein::node {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr Duration kFirstSessionPatience = 10s;
constexpr uint16_t kGossipPort = 7946;
constexpr Duration kResumePauseMin = 500ms;  // also between tries that changes of addresses cause
constexpr Duration kResumePauseMax = 10s;

const char* kAlreadyInSwarm =
    "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.";

}  // namespace

// Two entries at once would trip over each other's files.
class Node::Entering {
 public:
  explicit Entering(Node& node) : node_(node) { node_.is_entering_ = true; }
  ~Entering() { node_.is_entering_ = false; }

 private:
  Node& node_;
};

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

Result<void> Node::check_can_enter() const {
  if (is_in_swarm_) return make_error(Code::kUnavailable, kAlreadyInSwarm);
  if (is_entering_)
    return make_error(Code::kUnavailable, "This node is entering a swarm just now", "", "wait until that has ended");
  return {};
}

Result<Node::Addresses> Node::choose_addresses(const std::string& listen, const std::string& advertise,
                                               const std::string& data_path, bool is_manager) const {
  auto interfaces = parts_.addresses.interfaces();
  Addresses out;
  SKEIN_TRY_ASSIGN(out.listen, choose_listen_address(listen, interfaces));
  if (is_manager || !advertise.empty()) {
    SKEIN_TRY_ASSIGN(out.advertise, choose_advertise_address(advertise, out.listen, interfaces));
  }
  SKEIN_TRY_ASSIGN(out.data_path, choose_data_path_address(data_path, interfaces));
  return out;
}

Result<void> Node::check_ports(const Addresses& addresses, bool is_manager) const {
  const auto& [listen, port] = addresses.listen;
  if (is_manager) SKEIN_TRY(parts_.addresses.check_port_free(listen, port, false, "cluster management"));
  SKEIN_TRY(parts_.addresses.check_port_free(listen, kGossipPort, false, "gossip between the hosts"));
  return parts_.addresses.check_port_free(listen, kGossipPort, true, "gossip between the hosts");
}

void Node::stop_manager() {
  manager_.reset();
  watch_ = key_watch_ = {};
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
  auto journal = std::make_unique<store::SealedJournal>(std::move(beneath), key.key, parts_.random, form);
  store_ = std::make_unique<store::Store>(parts_.loop.get_executor(), std::move(journal), parts_.clock);
  SKEIN_CO_TRY(co_await store_->open());
  if (key.is_of_old_store) SKEIN_CO_TRY(files_.keep_store_key(key.key));
  if (!store_->view().cluster()) co_return Result<void>();
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

// Entering and leaving run in the node's scope, so that none of it goes on with what close() has ended.
asio::awaitable<Result<std::string>> Node::init(api::InitRequest request) {
  return io::call_in(tasks_, "init", init_or_undo(std::move(request)), daemon_ends());
}

asio::awaitable<Result<void>> Node::join(api::JoinRequest request) {
  return io::call_in(tasks_, "join", join_or_undo(std::move(request)), daemon_ends());
}

asio::awaitable<Result<void>> Node::leave(bool is_forced) {
  return io::call_in(tasks_, "leave", leave_swarm(is_forced), daemon_ends());
}

asio::awaitable<Result<std::string>> Node::init_or_undo(api::InitRequest request) {
  SKEIN_CO_TRY(check_can_enter());
  Entering entering(*this);
  auto id = co_await try_init(std::move(request));
  if (!id.ok())
    if (auto gone = co_await abandon(); !gone.ok()) log_error("init-not-undone", {{"why", gone.error().text()}});
  co_return id;
}

asio::awaitable<Result<std::string>> Node::try_init(api::InitRequest request) {
  if (request.force_new_cluster)
    co_return make_error(Code::kInvalidArgument, "there is no swarm on this node that could be made a new cluster of",
                         "", "leave --force-new-cluster out");
  uint32_t port = request.data_path_port ? request.data_path_port : 4789;
  if (port < 1024 || port > 49151)
    co_return make_error(Code::kInvalidArgument,
                         "invalid data path port: " + std::to_string(port) + ", must be between 1024 and 49151");
  SKEIN_CO_TRY_ASSIGN(Addresses addresses, choose_addresses(request.listen_address, request.advertise_address,
                                                            request.data_path_address, true));
  SKEIN_CO_TRY(check_ports(addresses, true));
  SKEIN_CO_TRY(parts_.addresses.check_port_free(IpAddress::from(Ipv4{}), static_cast<uint16_t>(port), true,
                                                "VXLAN traffic between the hosts"));

  manager::InitOptions options;
  options.advertise = addresses.advertise;
  options.default_address_pools = request.default_address_pools;
  if (request.subnet_size) options.subnet_size_bits = request.subnet_size;
  options.data_path_port = port;
  options.availability = request.availability;
  options.spec = request.spec;
  SKEIN_CO_TRY_ASSIGN(manager::FirstObjects objects,
                      manager::make_first_objects(options, parts_.clock.wall(), parts_.random));
  agent::Identity identity;
  identity.root_pem = objects.cluster.root_ca().ca_cert();
  identity.certificate_pem = objects.certificate_pem;
  identity.key_pem = objects.key_pem;
  SKEIN_CO_TRY_ASSIGN(identity.node,
                      ca::verify_node_certificate(identity.certificate_pem, identity.root_pem, parts_.clock.wall()));
  SKEIN_CO_TRY_ASSIGN(tls_, rpc::TlsConfig::create({identity.root_pem, identity.certificate_pem, identity.key_pem}));

  SKEIN_CO_TRY(files_.remove());  // what an entry that was killed left behind
  SKEIN_CO_TRY(files_.prepare());
  SKEIN_CO_TRY(files_.save_identity(identity));
  SKEIN_CO_TRY(co_await start_manager(addresses.listen));
  SKEIN_CO_TRY(co_await manager::Manager::initialise(*store_, std::move(objects)));
  store_.reset();
  SKEIN_CO_TRY(co_await start_manager(addresses.listen));

  NodeState state{HostPort{addresses.listen.address.text(), addresses.listen.port}.text(),
                  addresses.advertise.text(),
                  addresses.data_path ? addresses.data_path->text() : "",
                  {addresses.advertise.text()},
                  "",
                  0};
  std::string id = identity.node.node_id;
  start_agent(std::move(identity), state, addresses);
  auto registered = co_await agent_->wait_until_registered(kFirstSessionPatience);
  if (!registered.ok())
    co_return make_error(
        Code::kUnavailable, "this host cannot reach itself at the advertised address " + addresses.advertise.text(),
        registered.error().text(),
        "advertise an address of this host and open TCP port " + std::to_string(addresses.advertise.port));
  SKEIN_CO_TRY(files_.save_state(state_));
  is_in_swarm_ = true;
  log_info("swarm-initialised", {{"node", id}, {"advertise", addresses.advertise.text()}});
  co_return id;
}

asio::awaitable<Result<void>> Node::join_or_undo(api::JoinRequest request) {
  SKEIN_CO_TRY(check_can_enter());
  Entering entering(*this);
  auto joined = co_await try_join(std::move(request));
  if (!joined.ok())
    if (auto gone = co_await abandon(); !gone.ok()) log_error("join-not-undone", {{"why", gone.error().text()}});
  co_return joined;
}

asio::awaitable<Result<void>> Node::try_join(api::JoinRequest request) {
  agent::JoinRequest join;
  SKEIN_CO_TRY_ASSIGN(join.token, wire::JoinToken::parse(request.token));
  join.availability = request.availability;
  NodeState state;
  for (const auto& text : request.remote_addresses) {
    SKEIN_CO_TRY_ASSIGN(HostPort manager, HostPort::parse(text, 2377));
    join.managers.push_back(manager);
    state.managers.push_back(manager.text());
  }
  SKEIN_CO_TRY_ASSIGN(Addresses addresses, choose_addresses(request.listen_address, request.advertise_address,
                                                            request.data_path_address, false));
  // The swarm's data path port is not known yet. Packets flow even where another program has it.
  SKEIN_CO_TRY(check_ports(addresses, false));
  SKEIN_CO_TRY_ASSIGN(agent::Identity identity,
                      co_await agent::obtain_identity(parts_.transport, join, parts_.clock, parts_.random));
  SKEIN_CO_TRY_ASSIGN(tls_, rpc::TlsConfig::create({identity.root_pem, identity.certificate_pem, identity.key_pem}));
  SKEIN_CO_TRY(files_.remove());  // what an entry that was killed left behind
  SKEIN_CO_TRY(files_.prepare());
  SKEIN_CO_TRY(files_.save_identity(identity));
  state.listen_address = HostPort{addresses.listen.address.text(), addresses.listen.port}.text();
  if (!addresses.advertise.host.empty()) state.advertise_address = addresses.advertise.text();
  if (addresses.data_path) state.data_path_address = addresses.data_path->text();
  std::string id = identity.node.node_id;
  start_agent(std::move(identity), state, addresses);
  auto registered = co_await agent_->wait_until_registered(kFirstSessionPatience);
  if (!registered.ok())
    co_return with_context(registered.error(), "the manager gave this node a certificate but no session");
  SKEIN_CO_TRY(files_.save_state(state_));
  is_in_swarm_ = true;
  log_info("swarm-joined", {{"node", id}});
  co_return Result<void>();
}

asio::awaitable<Result<void>> Node::leave_swarm(bool is_forced) {
  if (is_entering_)
    co_return make_error(Code::kUnavailable, "This node is entering a swarm just now", "", "wait until that has ended");
  if (!is_in_swarm_) co_return make_error(Code::kUnavailable, "This node is not part of a swarm");
  if (is_locked_ && !is_forced)
    co_return make_error(
        Code::kUnavailable,
        "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.");
  // By what would be lost, also if the manager could not be resumed.
  const bool holds_store = manager_ || std::filesystem::exists(files_.store_path());
  if (holds_store && !is_forced)
    co_return make_error(Code::kUnavailable,
                         "You are attempting to leave the swarm on a node that is participating as a manager. Removing "
                         "the last manager erases all "
                         "current state of the swarm. Use `--force` to ignore this message.");
  Entering leaving(*this);
  auto left = co_await abandon();
  if (left.ok()) log_info("swarm-left");
  co_return left;
}

}  // namespace skein::node
