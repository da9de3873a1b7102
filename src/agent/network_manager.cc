#include "agent/network_manager.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "agent/network_states.h"
#include "base/log.h"
#include "base/random.h"
#include "io/file.h"
#include "kernel/net/namespace.h"
#include "plan/compile.h"

namespace skein::agent {

namespace asio = boost::asio;

namespace {

constexpr auto kRetryPause = std::chrono::seconds(1);
constexpr auto kAuditPeriod =
    std::chrono::seconds(30);  // the kernel is compared with what is wanted, and neighbours asked

Error could_not_attach(const std::string& network, const Error& error) {
  Error out = error;
  if (out.what.starts_with("Could not attach to network")) return out;
  out.what = "Could not attach to network " + network + ": " + error.what;
  return out;
}

std::string unused_interface(const EndpointBook& book, const std::string& container_id) {
  std::set<std::string> used;
  for (const auto& [id, endpoint] : book.endpoints)
    if (endpoint.container_id == container_id) used.insert(endpoint.interface_name);
  for (int i = 0;; ++i)
    if (std::string name = "eth" + std::to_string(i); !used.contains(name)) return name;
}

}  // namespace

NetworkManager::NetworkManager(asio::io_context& loop, NetworkManagerOptions options, Random& random,
                               LocalNetworks& local, kernel::NetworkApplier applier, kernel::net::PathWatch paths,
                               Clock& clock)
    : loop_(loop),
      options_(std::move(options)),
      random_(random),
      local_(local),
      applier_(std::move(applier)),
      paths_(std::move(paths)),
      path_events_(loop, paths_.fd()),
      retry_timer_(loop),
      audit_timer_(loop),
      dns_(loop, random, [this](const std::string& container_id) { return zones_of(container_id); }),
      clock_(clock),
      records_(random),
      remote_(clock.now()) {
  watch_paths();
  audit_later();
}

NetworkManager::~NetworkManager() {
  *is_alive_ = false;
  path_events_.release();  // the descriptor is the watch's
}

// ---- state on disk

Result<void> NetworkManager::save() {
  return io::write_file_atomically(options_.state_directory + "/endpoints.json", format_book(book_), 0600);
}

Result<void> NetworkManager::restore() {
  std::string path = options_.state_directory + "/endpoints.json";
  auto text = io::read_file(path);
  if (text.ok()) {
    SKEIN_TRY_ASSIGN(book_, parse_book(*text));
  } else if (text.error().code != Code::kNotFound) {
    return text.error();
  }
  if (auto remote = io::read_file(options_.state_directory + "/peers.json"); remote.ok())
    if (auto loaded = remote_.load(*remote); !loaded.ok())
      log_warning("peers-forgotten", {{"why", loaded.error().text()}});
  for (const auto& [id, endpoint] : book_.endpoints)
    if (endpoint.network.is_local) local_.keep_address(endpoint.network.id, endpoint.address);
  auto applied = refresh();
  for (const auto& [id, container] : book_.containers)
    if (auto served = serve_names(id); !served.ok())
      log_warning("names-not-served", {{"container", id}, {"why", served.error().text()}});
  return applied;
}

// ---- the swarm

void NetworkManager::enter_swarm(SwarmDoor& door) {
  swarm_ = &door;
  refresh_soon();
}

void NetworkManager::leave_swarm() {
  std::vector<std::string> gone;
  for (const auto& [id, endpoint] : book_.endpoints)
    if (!endpoint.network.is_local) gone.push_back(id);
  for (const auto& id : gone) drop_endpoint(id);
  swarm_ = nullptr;
  if (auto saved = save(); !saved.ok()) log_error("endpoints-not-saved", {{"why", saved.error().text()}});
  refresh_soon();
}

void NetworkManager::gossip_started() {
  records_.restart();
  for (const auto& [id, endpoint] : book_.endpoints) records_.announce(endpoint, *swarm_);
  refresh_soon();
}

// ---- connecting

Result<std::string> NetworkManager::prepare_namespace(const std::string& key) {
  return kernel::net::make_namespace(options_.netns_directory, key);
}

asio::awaitable<Result<Endpoint>> NetworkManager::make_endpoint(const ContainerNetworkRequest& container,
                                                                const std::string& netns_path,
                                                                EndpointRequest request) {
  Endpoint endpoint;
  endpoint.id = random_.hex(64);
  endpoint.container_id = container.container_id;
  endpoint.container_name = container.container_name;
  endpoint.hostname = container.hostname;
  endpoint.netns_path = netns_path;
  endpoint.aliases = request.aliases;
  if (auto local = local_.find(request.network); local.ok()) {
    endpoint.network = local_.info(**local);
    auto address = local_.take_address(endpoint.network.id, request.address);
    if (!address.ok()) co_return with_context(address.error(), "connect to network " + endpoint.network.name);
    endpoint.address = *address;
  } else if (swarm_) {
    auto attachment = co_await swarm_->attach(request, container.container_id);
    if (!attachment.ok()) co_return could_not_attach(request.network, attachment.error());
    endpoint.network = attachment->network;
    endpoint.address = attachment->address;
    endpoint.attachment_id = attachment->id;
  } else {
    co_return make_error(Code::kNotFound, "network " + request.network + " not found");
  }
  endpoint.mac = request.mac.value_or(Mac::from_ipv4(endpoint.address));
  endpoint.interface_name = unused_interface(book_, container.container_id);
  co_return endpoint;
}

// The first network with a way out has it, local ones last, as they are only a fallback.
void NetworkManager::choose_default_route(const std::string& container_id) {
  Endpoint* chosen = nullptr;
  for (auto& [id, endpoint] : book_.endpoints) {
    if (endpoint.container_id != container_id || endpoint.network.is_internal) continue;
    if (endpoint.has_default_route) return;
    if (!chosen || endpoint.interface_name < chosen->interface_name) chosen = &endpoint;
  }
  if (chosen) chosen->has_default_route = true;
}

asio::awaitable<Result<void>> NetworkManager::attach(ContainerNetworkRequest request, std::string netns_path) {
  const std::string id = request.container_id;
  std::set<std::string> connected;
  for (const auto& [endpoint_id, endpoint] : book_.endpoints)
    if (endpoint.container_id == id) connected.insert({endpoint.network.id}), connected.insert(endpoint.network.name);
  SKEIN_CO_TRY(kernel::net::make_namespace(options_.netns_directory, netns_path.substr(netns_path.rfind('/') + 1)));
  Result<void> outcome;
  for (const auto& wanted : request.endpoints) {
    if (connected.contains(wanted.network)) continue;
    auto endpoint = co_await make_endpoint(request, netns_path, wanted);
    if (!endpoint.ok()) {
      outcome = endpoint.error();
      break;
    }
    book_.endpoints[endpoint->id] = *endpoint;
  }
  if (outcome.ok()) {
    choose_default_route(id);
    auto& container = book_.containers[id];
    container = {netns_path, request.ports, request.dns_servers, request.keeps_endpoints};
    Ipv4 published;
    for (const auto& [endpoint_id, endpoint] : book_.endpoints)
      if (endpoint.container_id == id && (published.is_unspecified() || endpoint.has_default_route))
        published = endpoint.address;
    for (auto& port : container.ports) port.container_address = published;
    outcome = save();
  }
  if (outcome.ok()) outcome = refresh();
  if (outcome.ok()) outcome = serve_names(id);
  if (!outcome.ok()) {
    detach(id);
    co_return outcome;
  }
  for (const auto& [endpoint_id, endpoint] : book_.endpoints)
    if (endpoint.container_id == id && swarm_) records_.announce(endpoint, *swarm_);
  co_return Result<void>();
}

asio::awaitable<Result<void>> NetworkManager::connect(ContainerNetworkRequest container, std::string netns_path,
                                                      EndpointRequest endpoint) {
  for (const auto& [id, known] : book_.endpoints)
    if (known.container_id == container.container_id &&
        (known.network.id == endpoint.network || known.network.name == endpoint.network))
      co_return make_error(Code::kPermissionDenied, "endpoint with name " + container.container_name +
                                                        " already exists in network " + known.network.name);
  if (auto known = book_.containers.find(container.container_id); known != book_.containers.end())
    container.ports = known->second.ports;
  container.endpoints = {std::move(endpoint)};
  co_return co_await attach(std::move(container), std::move(netns_path));
}

asio::awaitable<Result<void>> NetworkManager::disconnect(std::string container_id, std::string network) {
  auto found = std::find_if(book_.endpoints.begin(), book_.endpoints.end(), [&](const auto& entry) {
    const Endpoint& e = entry.second;
    return e.container_id == container_id && (e.network.id == network || e.network.name == network);
  });
  if (found == book_.endpoints.end())
    co_return make_error(Code::kPermissionDenied,
                         "container " + container_id + " is not connected to network " + network);
  drop_endpoint(std::string(found->first));
  choose_default_route(container_id);
  SKEIN_CO_TRY(save());
  co_return refresh();
}

void NetworkManager::drop_endpoint(const std::string& endpoint_id) {
  auto found = book_.endpoints.find(endpoint_id);
  Endpoint endpoint = std::move(found->second);
  book_.endpoints.erase(found);
  if (endpoint.network.is_local) return local_.give_back(endpoint.network.id, endpoint.address);
  if (!swarm_) return;
  bool is_last = !overlay_networks(book_).contains(endpoint.network.id);
  records_.withdraw(endpoint, is_last, *swarm_);
  swarm_->detach(endpoint.attachment_id);
}

void NetworkManager::detach(const std::string& container_id) {
  std::vector<std::string> gone;
  for (const auto& [id, endpoint] : book_.endpoints)
    if (endpoint.container_id == container_id) gone.push_back(id);
  bool was_known = book_.containers.erase(container_id) > 0;
  if (gone.empty() && !was_known) return;
  dns_.stop(container_id);
  for (const auto& id : gone) drop_endpoint(id);
  if (auto saved = save(); !saved.ok()) log_error("endpoints-not-saved", {{"why", saved.error().text()}});
  refresh_soon();
}

void NetworkManager::forget(const std::string& container_id, const std::string& netns_path) {
  detach(container_id);
  if (netns_path.starts_with(options_.netns_directory + "/"))
    if (auto gone = kernel::net::delete_namespace(options_.netns_directory,
                                                  netns_path.substr(options_.netns_directory.size() + 1));
        !gone.ok())
      log_warning("namespace-left", {{"path", netns_path}, {"why", gone.error().text()}});
}

std::vector<EndpointStatus> NetworkManager::status(const std::string& container_id) const {
  std::vector<const Endpoint*> mine;
  for (const auto& [id, endpoint] : book_.endpoints)
    if (endpoint.container_id == container_id) mine.push_back(&endpoint);
  std::sort(mine.begin(), mine.end(), [](auto* a, auto* b) { return a->interface_name < b->interface_name; });
  std::vector<EndpointStatus> out;
  for (const Endpoint* e : mine)
    out.push_back({e->network.id, e->network.name, e->id, e->address, e->network.subnet.prefix_bits,
                   e->network.is_local ? e->network.gateway : Ipv4{}, e->mac, e->aliases});
  return out;
}

// ---- names

Result<void> NetworkManager::serve_names(const std::string& container_id) {
  bool has_user_network = false;
  for (const auto& [id, endpoint] : book_.endpoints)
    has_user_network =
        has_user_network || (endpoint.container_id == container_id && !endpoint.network.is_default_bridge);
  auto container = book_.containers.find(container_id);
  if (!has_user_network || container == book_.containers.end()) return {};
  return dns_.serve({container_id, container->second.netns_path, container->second.dns_servers});
}

std::shared_ptr<const names::Zone> NetworkManager::zone_of(const NetworkInfo& network) const {
  auto& cached = zones_[network.id];
  if (!cached) cached = std::make_shared<names::Zone>(make_zone(network, book_, remote_.of_network(network.id)));
  return cached;
}

names::Zones NetworkManager::zones_of(const std::string& container_id) const {
  names::Zones overlay, local;
  for (const auto& [id, endpoint] : book_.endpoints) {
    if (endpoint.container_id != container_id || endpoint.network.is_default_bridge) continue;
    (endpoint.network.is_local ? local : overlay).push_back(zone_of(endpoint.network));
  }
  overlay.insert(overlay.end(), local.begin(), local.end());
  return overlay;
}

// ---- the kernel

// Takes what gossip knows of the networks that we are on; keeps it on disk for the next start.
void NetworkManager::listen_to_gossip() {
  remote_.update(observe_gossip(swarm_, overlay_networks(book_)), clock_.now());
  if (std::string text = remote_.text(); text != remote_on_disk_) {
    if (auto saved = io::write_file_atomically(options_.state_directory + "/peers.json", text, 0600); !saved.ok())
      log_error("peers-not-saved", {{"why", saved.error().text()}});
    remote_on_disk_ = std::move(text);
  }
  if (TimePoint due = remote_.next_deadline(); due != TimePoint::never()) retry_later(due - clock_.now());
}

plan::NetworkView NetworkManager::view() {
  plan::NetworkView out;
  if (swarm_) {
    out.data_path_port = swarm_->data_path_port();
    if (auto own = swarm_->data_path_address(); own.ok()) out.data_path_address = *own;
    // Where the other hosts' packets arrive, which need not be where ours leave.
    if (auto underlay = paths_.interface_of(out.data_path_address); underlay.ok()) out.underlays.insert(*underlay);
  }
  out.networks = network_states(book_, remote_);
  std::set<Ipv4> hosts;
  for (const auto& network : out.networks)
    for (const auto& remote : network.remote)
      if (remote.host != out.data_path_address) hosts.insert(remote.host);
  paths_.set_targets(hosts);
  paths_.refresh();
  out.hosts = paths_.paths();
  for (const auto& [id, container] : book_.containers)
    for (const auto& port : container.ports)
      if (!port.container_address.is_unspecified()) out.ports.push_back(port);
  return out;
}

Result<void> NetworkManager::refresh() {
  listen_to_gossip();
  zones_.clear();
  return applier_.apply(plan::compile(view()));
}

void NetworkManager::refresh_soon() {
  zones_.clear();
  if (std::exchange(refresh_is_due_, true)) return;
  asio::post(loop_, [this, is_alive = is_alive_] {
    if (!*is_alive) return;
    refresh_is_due_ = false;
    if (auto applied = refresh(); !applied.ok()) {
      log_warning("network-not-applied", {{"why", applied.error().text()}});
      retry_later(kRetryPause);
    }
  });
}

void NetworkManager::retry_later(Duration pause) {
  retry_timer_.expires_after(std::max<Duration>(pause, std::chrono::milliseconds(10)));
  retry_timer_.async_wait([this, is_alive = is_alive_](boost::system::error_code failed) {
    if (!failed && *is_alive) refresh_soon();
  });
}

void NetworkManager::audit_later() {
  audit_timer_.expires_after(kAuditPeriod);
  audit_timer_.async_wait([this, is_alive = is_alive_](boost::system::error_code failed) {
    if (failed || !*is_alive) return;
    refresh_soon();
    audit_later();
  });
}

void NetworkManager::watch_paths() {
  path_events_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this, is_alive = is_alive_](boost::system::error_code failed) {
                            if (failed || !*is_alive) return;
                            if (paths_.take_events()) refresh_soon();
                            watch_paths();
                          });
}

}  // namespace skein::agent
