// Node: how it enters a swarm, all or nothing, and leaves it.
#include <filesystem>

#include "base/log.h"
#include "io/loop/scoped_call.h"
#include "node/node.h"

namespace skein::node {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr Duration kFirstSessionPatience = 10s;
constexpr uint16_t kGossipPort = 7946;

const char* kAlreadyInSwarm =
    "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.";

}  // namespace

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
