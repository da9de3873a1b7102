#include "agent/agent.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/session/description.h"
#include "base/log.h"
#include "ca/network_keys.h"
#include "io/loop/scoped_call.h"
#include "io/loop/timer.h"

namespace skein::agent {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr Duration kAttachPatience = 20s;
constexpr auto kGossipRetryPause = 2s;

// Waits until the timer is cancelled or `deadline` has come.
asio::awaitable<void> wait_for_change(io::Timer& timer, TimePoint deadline) {
  timer.expires_at(deadline);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

Agent::Agent(asio::io_context& loop, rpc::Transport& transport, io::GossipWire& gossip, AgentOptions options,
             AgentHooks hooks, std::shared_ptr<rpc::TlsConfig> tls, engine::Engine& engine,
             overlay::NetworkManager& networks, containers::HealthBoard& health, Clock& clock, Random& random)
    : loop_(loop),
      calls_(transport),
      gossip_wire_(gossip),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      tls_(std::move(tls)),
      networks_(networks),
      clock_(clock),
      random_(random),
      work_(loop.get_executor()),
      keeper_(work_, transport, options_.identity,
              {[this](const Identity& next) { return hooks_.save_identity(next); }, [this] { return managers(); },
               [this] { session_->reopen(); }},
              tls_, clock, random),
      tasks_(loop, engine, networks, health, clock, random,
             {[this](const std::string& id, const api::TaskStatus& status) { session_->report(id, status); }},
             options_.tasks),
      logs_(work_, engine, options_.identity.node.node_id),
      changed_(loop),
      farewell_(loop),
      gossip_retry_(loop),
      last_error_(make_error(Code::kUnavailable, "no session with a manager yet")) {}

Agent::~Agent() = default;

asio::awaitable<void> Agent::close() {
  if (session_) session_->stop();
  logs_.use(nullptr);
  co_await tasks_.close();
  co_await work_.close();
}

void Agent::start() {
  SessionHooks hooks;
  hooks.on_message = [this](const api::SessionMessage& message) { take_message(message); };
  hooks.on_tasks = [this](const TaskSet::Difference&) { take_tasks(); };
  hooks.on_broken = [this](const Error& error) {
    last_error_ = error;
    logs_.use(nullptr);
    changed_.cancel();
  };
  hooks.on_open = [this](std::shared_ptr<rpc::Channel> channel) {
    logs_.use(std::move(channel));
    join_managers();
  };
  hooks.describe = [this] {
    return describe_node(options_.engine_version, *options_.engine_settings, keeper_.identity(),
                         networks_.port_holders());
  };
  session_ = std::make_unique<Session>(work_, calls_, tls_, options_.managers, std::move(hooks), random_);
  networks_.enter_swarm(*this);
  session_->start();
  keeper_.start();
}

asio::awaitable<Result<void>> Agent::wait_until_registered(Duration patience) {
  auto deadline = clock_.now() + patience;
  io::Timer poll(loop_);
  while (!session_->is_registered() && clock_.now() < deadline) co_await wait_for_change(changed_, deadline);
  if (session_->is_registered()) co_return Result<void>();
  co_return last_error_;
}

asio::awaitable<void> Agent::leave() {
  co_await tasks_.leave();
  networks_.leave_swarm();
  gossip_retry_.cancel();
  if (gossip_) {
    gossip_->leave(clock_.now());
    flush_gossip();
    co_await wait_for_change(farewell_, clock_.now() + 1s);
  }
  session_->stop();
}

// ---- what the manager tells

void Agent::take_message(const api::SessionMessage& message) {
  node_ = message.node();
  manager_peers_.clear();
  for (const auto& manager : message.managers())
    manager_peers_.emplace_back(manager.peer().node_id(), manager.peer().addr());
  networks_.take_part_in_mesh(overlay::mesh_place_of(node_));
  if (hooks_.on_session) hooks_.on_session();
  take_keys(message);
  keeper_.take_state(node_.certificate().status().state());
  keeper_.take_root(message.rootca());
  changed_.cancel();
}

void Agent::take_keys(const api::SessionMessage& message) {
  std::vector<ca::EncryptionKey> all(message.network_bootstrap_keys().begin(), message.network_bootstrap_keys().end());
  auto of_networks = overlay::encryption_keys(all);
  if (of_networks.ok())
    networks_.take_encryption_keys(std::move(*of_networks));
  else
    log_error("no-encryption-keys", {{"why", of_networks.error().text()}});
  auto mine = ca::keys_of_subsystem(all, ca::kSubsystemGossip);
  auto primary = ca::primary_key_index(mine, ca::kSubsystemGossip);
  if (!primary.ok()) return log_error("no-gossip-keys", {{"why", primary.error().text()}});
  std::vector<std::string> keys{mine[*primary].key()};
  for (size_t i = 0; i < mine.size(); ++i)
    if (i != *primary) keys.push_back(mine[i].key());
  if (!gossip_) return start_gossip(std::move(keys));
  if (auto set = gossip_->set_keys(keys); !set.ok()) log_error("gossip-keys-refused", {{"why", set.error().text()}});
}

// At every new session: a manager that was restarted knows nobody.
void Agent::join_managers() {
  if (!gossip_) return;
  gossip_->join(bootstrap_peers(), clock_.now());
  flush_gossip();
}

std::vector<gossip::PeerAddress> Agent::bootstrap_peers() const {
  std::vector<gossip::PeerAddress> out;
  auto own = advertise_address();
  for (const auto& manager : managers())
    if (auto host = IpAddress::parse(manager.host); host.ok() && (!own || *own != *host)) out.push_back({*host});
  return out;
}

// Where the port is taken or the address is not there yet, again and again until it works.
void Agent::start_gossip(std::vector<std::string> keys) {
  auto opened = open_gossip(keys);
  if (opened.ok()) {
    if (gossip_error_) log_info("gossip-started");
    gossip_error_.reset();
    return;
  }
  if (!gossip_error_) log_error("gossip-not-started", {{"why", opened.error().text()}, {"then", "tried again"}});
  gossip_error_ = opened.error();
  work_.spawn("gossip-start", start_gossip_later(std::move(keys)));
}

asio::awaitable<void> Agent::start_gossip_later(std::vector<std::string> keys) {
  gossip_retry_.expires_after(kGossipRetryPause);
  auto [cancelled] = co_await gossip_retry_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!cancelled && !gossip_) start_gossip(std::move(keys));
}

Result<void> Agent::open_gossip(std::vector<std::string> keys) {
  auto own = advertise_address();
  if (!own) return {};  // the next session tells it, and the keys again
  gossip::GossipConfig config;
  if (gossip_name_.empty()) {
    gossip_name_ = random_.hex(12);
    gossip_metadata_ = networks_.begin_gossip(gossip_name_);
  }
  config.name = gossip_name_;
  config.metadata = gossip_metadata_;
  config.advertise = {*own};
  config.keys = std::move(keys);
  gossip_ = std::make_unique<gossip::Gossip>(config, random_, clock_.now());
  auto opened = gossip_wire_.open(loop_, *gossip_, clock_, options_.listen, [this](const gossip::Output& event) {
    if (std::holds_alternative<gossip::LeaveDone>(event))
      farewell_.cancel();
    else
      networks_.hear(event);
  });
  if (!opened.ok()) {
    gossip_.reset();
    return opened.error();
  }
  gossip_driver_ = std::move(*opened);
  join_managers();
  networks_.gossip_started();
  flush_gossip();
  return {};
}

void Agent::flush_gossip() {
  if (gossip_driver_) gossip_driver_->flush();
}

void Agent::take_tasks() {
  changed_.cancel();
  detach_left();
  drop_forgotten();
  tasks_.take(session_->tasks().tasks(), node_, session_->tasks().dependencies());
}

// An attachment that no container of ours has, and nobody waits for or is about to enter into the book, was left by an
// earlier life of this daemon.
void Agent::detach_left() {
  std::set<std::string> ours;
  for (const auto& [id, endpoint] : networks_.book().endpoints) ours.insert(endpoint.attachment_id);
  const TimePoint now = clock_.now();
  std::erase_if(handed_out_, [&](const auto& out) { return ours.contains(out.first) || out.second <= now; });
  for (const auto& [id, task] : session_->tasks().tasks())
    if (model::is_attachment(*task) && !ours.contains(id) && !handed_out_.contains(id) &&
        !attaching_.contains(task->spec().attachment().container_id()))
      detach(id);
}

// What the manager knows no more (it was left while the disk was full, or given up after a day without us) may be
// another's by now.
void Agent::drop_forgotten() {
  std::vector<std::pair<std::string, std::string>> forgotten;
  for (const auto& [id, endpoint] : networks_.book().endpoints)
    if (!endpoint.attachment_id.empty() && !session_->tasks().find(endpoint.attachment_id))
      forgotten.emplace_back(endpoint.container_id, endpoint.network.id);
  for (auto& [container, network] : forgotten)
    work_.spawn("forgotten attachment", disconnect(std::move(container), std::move(network)));
}

asio::awaitable<void> Agent::disconnect(std::string container_id, std::string network) {
  log_warning("attachment-forgotten", {{"container", container_id}, {"network", network}});
  if (auto done = co_await networks_.disconnect(container_id, network); !done.ok())
    log_warning("container-not-disconnected", {{"container", container_id}, {"why", done.error().text()}});
}

// One that came while another for the same container was on its way may have been either.
asio::awaitable<void> Agent::detach_left_later() {
  io::Timer taken_over(loop_, 1s);
  co_await taken_over.async_wait(asio::use_awaitable);
  if (session_) detach_left();
}

// ---- attachments

asio::awaitable<Result<overlay::Attachment>> Agent::attach(overlay::EndpointRequest request, std::string container_id) {
  return io::call_in(work_, "attach", obtain_attachment(std::move(request), std::move(container_id)),
                     make_error(Code::kUnavailable, "This node is not part of a swarm"));
}

asio::awaitable<Result<overlay::Attachment>> Agent::obtain_attachment(overlay::EndpointRequest request,
                                                                      std::string container_id) {
  auto in_progress = attaching_.insert(container_id);
  auto out = co_await ask_for_attachment(std::move(request), std::move(container_id));
  if (out.ok()) handed_out_[out->id] = clock_.now() + kAttachPatience;
  attaching_.erase(in_progress);
  work_.spawn("left attachments", detach_left_later());
  co_return out;
}

asio::awaitable<Result<overlay::Attachment>> Agent::ask_for_attachment(overlay::EndpointRequest request,
                                                                       std::string container_id) {
  api::NetworkAttachmentConfig config;
  config.set_target(request.network);
  if (request.address) config.add_addresses(request.address->text());
  for (const auto& alias : request.aliases) config.add_aliases(alias);
  auto deadline = clock_.now() + kAttachPatience;
  auto id = co_await session_->attach_network(std::move(config), container_id, kAttachPatience);
  if (!id.ok()) co_return as_rpc_error(id.error());
  const api::Task* task = nullptr;
  while (!(task = session_->tasks().find(*id)) && clock_.now() < deadline) co_await wait_for_change(changed_, deadline);
  if (!task || task->networks().empty() || task->networks(0).addresses().empty()) {
    detach(*id);
    co_return make_error(Code::kDeadlineExceeded,
                         "attaching to network failed, make sure your network options are correct and check manager "
                         "logs: context deadline exceeded");
  }
  overlay::Attachment out;
  out.id = *id;
  out.network = overlay::network_info(task->networks(0).network());
  auto address = InterfaceAddress::parse(task->networks(0).addresses(0));
  if (!address.ok()) {
    detach(*id);
    co_return address.error();
  }
  out.address = address->address;
  api::TaskStatus status;
  status.set_state(api::RUNNING);
  status.set_message("started");
  *status.mutable_timestamp() = model::to_timestamp(clock_.wall());
  session_->report(*id, status);
  co_return out;
}

void Agent::detach(const std::string& attachment_id) {
  if (attachment_id.empty() || !detaching_.insert(attachment_id).second) return;
  work_.spawn("detach", detach_until_known(attachment_id));
}

asio::awaitable<void> Agent::detach_until_known(std::string attachment_id) {
  io::Timer pause(loop_);
  while (true) {
    auto done = co_await session_->detach_network(attachment_id);
    if (done.ok() || done.error().code == Code::kNotFound) break;
    pause.expires_after(1s);
    co_await pause.async_wait(asio::use_awaitable);
  }
  detaching_.erase(attachment_id);
}

// ---- addresses

std::vector<HostPort> Agent::managers() const { return session_ ? session_->managers() : options_.managers; }

std::optional<IpAddress> Agent::advertise_address() const {
  if (options_.advertise) return options_.advertise;
  if (session_ && session_->local_address()) return session_->local_address();
  return options_.last_local_address;
}

Result<Ipv4> Agent::data_path_address() const {
  if (options_.data_path_address) return *options_.data_path_address;
  auto own = advertise_address();
  if (!own) return make_error(Code::kUnavailable, "the address of this host towards the managers is not known yet");
  if (own->is_v6)
    return make_error(Code::kUnimplemented, "tunnels over IPv6 are not supported", "", "give an IPv4 --data-path-addr");
  return own->v4;
}

uint16_t Agent::data_path_port() const {
  if (node_.vxlanudpport()) return static_cast<uint16_t>(node_.vxlanudpport());
  return options_.last_data_path_port ? options_.last_data_path_port : 4789;
}

std::vector<std::pair<std::string, std::string>> Agent::network_peers(const std::string& network_id) const {
  std::vector<std::pair<std::string, std::string>> out;
  if (!gossip_) return out;
  auto names = gossip_->network_peers(network_id);
  for (const auto& member : gossip_->members())
    if (std::find(names.begin(), names.end(), member.name) != names.end())
      out.emplace_back(member.name, member.address.host.text());
  return out;
}

std::vector<IpAddress> Agent::unheard(std::vector<IpAddress> hosts) const {
  auto own = advertise_address();
  std::erase_if(hosts, [&](const IpAddress& host) { return own && host == *own; });
  if (!gossip_) return hosts;
  for (const auto& member : gossip_->members())
    if (member.state == gossip::PeerState::kAlive || member.state == gossip::PeerState::kSuspect)
      std::erase(hosts, member.address.host);
  return hosts;
}

}  // namespace skein::agent
