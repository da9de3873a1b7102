#include "overlay/reconcile/network_manager.h"

#include <algorithm>

#include "base/log.h"
#include "io/file/file.h"
#include "overlay/endpoints/container_endpoints.h"
#include "overlay/host/published_ports.h"
#include "overlay/peers/gossip_view.h"
#include "overlay/reconcile/network_states.h"

namespace skein::overlay {

namespace asio = boost::asio;

namespace {

Error could_not_attach(const std::string& network, const Error& error) {
  Error out = error;
  if (out.what.starts_with("Could not attach to network")) return out;
  out.what = "Could not attach to network " + network + ": " + error.what;
  return out;
}

// A container on a network that is new to this host finds the names of the others when it starts: gossip tells them
// within two of its rounds of 200 ms. A host that says nothing must not keep it for longer.
constexpr Duration kHearingLimit = std::chrono::milliseconds(600);

// Something was heard from every other host on the network.
bool has_heard_all(const gossip::Gossip& gossip, const std::string& network) {
  auto peers = gossip.network_peers(network);
  return std::all_of(peers.begin(), peers.end(),
                     [&](const auto& peer) { return peer == gossip.name() || gossip.has_entry_of(network, peer); });
}

}  // namespace

NetworkManager::NetworkManager(asio::io_context& loop, const std::string& state_directory, Random& random,
                               LocalNetworks& local, HostNetwork& host, Clock& clock)
    : book_file_(state_directory + "/endpoints.json"),
      lives_path_(state_directory + "/gossip-names.json"),
      random_(random),
      local_(local),
      host_(host),
      clock_(clock),
      records_(random),
      work_(loop.get_executor()),
      kept_book_(work_, "endpoints.json", [this] { return save_book(""); }),
      kept_lives_(work_, "gossip-names.json",
                  [this] { return io::write_file_atomically(lives_path_, format_lives(lives_), 0600); }),
      refresh_(
          work_, state_directory, book_, host, clock, [this](const auto& failures) { note_applied(failures); },
          [this] {
            if (swarm_) swarm_->describe_anew();
          }),
      encryption_(
          work_, loop, clock, [&host](EncryptorLost on_lost) { return host.make_encryptor(std::move(on_lost)); },
          [this] { take_epoch(); }),
      names_(host.serve_names([this](const std::string& container_id) { return refresh_.zones_of(container_id); })),
      waits_(loop, clock) {}

// ---- the swarm

void NetworkManager::enter_swarm(SwarmDoor& door) {
  swarm_ = &door;
  refresh_.set_swarm(&door);
  refresh_.soon();
}

void NetworkManager::leave_swarm() {
  std::map<std::string, std::string> gone;  // endpoints and their containers
  for (const auto& [id, endpoint] : book_.endpoints)
    if (!endpoint.network.is_local) gone[id] = endpoint.container_id;
  for (const auto& [id, container] : gone) drop_endpoint(id);
  take_part_in_mesh(std::nullopt);
  SKEIN_ASSERT(overlay_networks(book_).empty());
  swarm_ = nullptr;
  refresh_.set_swarm(nullptr);
  for (const auto& [id, container] : gone) (void)save(container);
  refresh_.soon();
}

void NetworkManager::take_part_in_mesh(const std::optional<MeshPlace>& place) {
  const bool is_same = place.has_value() == book_.mesh.has_value() &&
                       (!place || (book_.mesh->network == place->network && book_.mesh->address == place->address));
  if (is_same) return;
  if (auto before = std::exchange(book_.mesh, std::nullopt)) withdraw(*before);
  if (place) {
    Endpoint& own = book_.mesh.emplace();
    own.id = random_.hex(64);
    own.network = place->network;
    own.address = place->address;
    own.mac = Mac::from_ipv4(own.address);
    own.serving = Serving::kJoining;  // it has no names, and never serves
    if (swarm_) records_.announce(own, *swarm_);
  }
  (void)save(kHostItself);
  refresh_.soon();
}

void NetworkManager::announce_all() {
  SKEIN_ASSERT(swarm_);
  for (const auto& [id, endpoint] : book_.endpoints) records_.announce(endpoint, *swarm_);
  if (book_.mesh) records_.announce(*book_.mesh, *swarm_);
}

void NetworkManager::gossip_started() {
  records_.restart();
  refresh_.hear_all();
  announce_all();
  records_.close_beginning(*swarm_);
  refresh_.soon();
}

// What another host says of itself changes how long we wait: for its receipts, and for what is not told any more.
void NetworkManager::hear(const gossip::Output& event) {
  auto* entry = std::get_if<gossip::EntryChanged>(&event);
  if (!entry) return refresh_.news();
  if (entry->table == kHostTable) {
    waits_.look();
    return refresh_.news_of_host();
  }
  refresh_.heard(entry->network, entry->key);
}

void NetworkManager::announce(const std::string& container_id) {
  if (!swarm_) return;
  for (const Endpoint* endpoint : endpoints_of(book_, container_id)) records_.announce(*endpoint, *swarm_);
}

// ---- connecting

// Chooses the network and the address: the manager of a task has done so, a local network's book does, or a manager is
// asked.
asio::awaitable<Result<void>> NetworkManager::place(Endpoint& endpoint, EndpointRequest request) {
  if (request.given) {
    if (!swarm_) co_return make_error(Code::kUnavailable, "This node is not part of a swarm");
    if (!request.given->network.subnet.contains(request.given->address))
      co_return could_not_attach(
          request.given->network.name,
          make_error(Code::kInvalidArgument, "address " + request.given->address.text() + " is not in its subnet"));
    endpoint.network = request.given->network;
    endpoint.address = request.given->address;
    endpoint.service = request.given->service;
    endpoint.serving = Serving::kJoining;
  } else if (auto local = local_.find(request.network); local.ok()) {
    endpoint.network = local_.info(**local);
    auto address = local_.take_address(endpoint.network.id, request.address);
    if (!address.ok()) co_return with_context(address.error(), "connect to network " + endpoint.network.name);
    endpoint.address = *address;
    SKEIN_ASSERT(endpoint.network.is_local && endpoint.network.subnet.contains(endpoint.address));
  } else if (swarm_) {
    auto attachment = co_await swarm_->attach(request, endpoint.container_id);
    if (!attachment.ok()) co_return could_not_attach(request.network, attachment.error());
    endpoint.network = attachment->network;
    endpoint.address = attachment->address;
    endpoint.attachment_id = attachment->id;
  } else {
    co_return make_error(Code::kNotFound, "network " + request.network + " not found");
  }
  co_return Result<void>();
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
  SKEIN_CO_TRY(co_await place(endpoint, request));
  endpoint.mac = request.mac.value_or(Mac::from_ipv4(endpoint.address));
  endpoint.interface_name = unused_interface(book_, container.container_id);
  SKEIN_ASSERT(!book_.endpoints.contains(endpoint.id));
  co_return endpoint;
}

asio::awaitable<Result<void>> NetworkManager::make_missing_endpoints(const ContainerNetworkRequest& request,
                                                                     const std::string& netns_path) {
  for (const auto& wanted : request.endpoints) {
    if (find_endpoint(book_, request.container_id, wanted.network)) continue;
    SKEIN_CO_TRY_ASSIGN(Endpoint endpoint, co_await make_endpoint(request, netns_path, wanted));
    if (find_endpoint(book_, request.container_id, wanted.network))
      give_back(endpoint);  // another start was faster
    else
      book_.endpoints[endpoint.id] = endpoint, untold_.insert(endpoint.id);
  }
  co_return Result<void>();
}

Result<void> NetworkManager::bring_up(const ContainerNetworkRequest& request, const std::string& netns_path) {
  const std::string& id = request.container_id;
  choose_default_route(book_, id);
  auto& container = book_.containers[id];
  container = {netns_path, request.ports, request.dns_servers, request.keeps_endpoints};
  for (auto& port : container.ports) port.container_address = published_address(book_, id);
  SKEIN_TRY(save(id));
  SKEIN_TRY(apply_for(id));
  return serve_names(id);
}

// What other containers lack is no reason for this one to fail.
Result<void> NetworkManager::apply_for(const std::string& container_id) {
  const auto ids = endpoint_ids_of(book_, container_id);
  const std::set<std::string> mine(ids.begin(), ids.end());
  return refresh_.now(mine).of(mine);
}

void NetworkManager::rename(const std::string& container_id, const std::string& name) {
  bool is_news = false;
  for (const auto& id : endpoint_ids_of(book_, container_id))
    is_news |= std::exchange(book_.endpoints.at(id).container_name, name) != name;
  if (!is_news) return;
  (void)save(container_id);
  announce(container_id);
  refresh_.soon();
}

// On error the book may hold some of the new endpoints.
asio::awaitable<Result<void>> NetworkManager::add(const ContainerNetworkRequest& request,
                                                  const std::string& netns_path) {
  SKEIN_CO_TRY(host_.make_namespace(netns_path.substr(netns_path.rfind('/') + 1)));
  SKEIN_CO_TRY(co_await make_missing_endpoints(request, netns_path));
  SKEIN_CO_TRY(co_await prepare_encryption(request));
  const auto programs = co_await programs_on(request.ports, host_);
  SKEIN_CO_TRY(check_published(request, book_, refresh_.mesh_ports(), programs));
  SKEIN_CO_TRY(bring_up(request, netns_path));
  tell_endpoints(request.container_id);
  announce(request.container_id);
  co_await hear_others(request.container_id);
  refresh_.catch_up();  // or its first question would come before the pass for what was heard
  co_return Result<void>();
}

asio::awaitable<void> NetworkManager::hear_others(std::string container_id) {
  return waits_.wait(kHearingLimit, [this, container_id = std::move(container_id)]() -> std::optional<Duration> {
    const gossip::Gossip* gossip = swarm_ ? swarm_->gossip() : nullptr;
    if (!gossip) return Duration::zero();
    for (const Endpoint* endpoint : endpoints_of(book_, container_id))
      if (!endpoint->network.is_local && !has_heard_all(*gossip, endpoint->network.id)) return std::nullopt;
    return Duration::zero();
  });
}

asio::awaitable<Result<void>> NetworkManager::attach(ContainerNetworkRequest request, std::string netns_path) {
  auto added = co_await add(request, netns_path);
  if (!added.ok()) detach(request.container_id);
  co_return added;
}

asio::awaitable<Result<void>> NetworkManager::connect(ContainerNetworkRequest container, std::string netns_path,
                                                      EndpointRequest endpoint) {
  const std::string id = container.container_id;
  if (const Endpoint* known = find_endpoint(book_, id, endpoint.network))
    co_return make_error(Code::kPermissionDenied, "endpoint with name " + container.container_name +
                                                      " already exists in network " + known->network.name);
  auto known = book_.containers.find(id);
  if (known == book_.containers.end()) {
    container.endpoints = {std::move(endpoint)};
    co_return co_await attach(std::move(container), std::move(netns_path));
  }
  const ConnectedContainer before = known->second;
  const auto endpoints_before = endpoint_ids_of(book_, id);
  container.ports = before.ports;
  container.endpoints = {std::move(endpoint)};
  auto added = co_await add(container, netns_path);
  if (!added.ok()) {
    for (const auto& made : endpoint_ids_of(book_, id))
      if (std::find(endpoints_before.begin(), endpoints_before.end(), made) == endpoints_before.end())
        drop_endpoint(made);
    book_.containers[id] = before;
    (void)save(id);
    refresh_.soon();
  }
  co_return added;
}

void NetworkManager::tell_endpoints(const std::string& container_id) {
  for (const Endpoint* endpoint : endpoints_of(book_, container_id))
    if (untold_.erase(endpoint->id) > 0) endpoint_observer_(*endpoint, true);
}

std::set<std::string> NetworkManager::attached_containers() const {
  std::set<std::string> out;
  for (const auto& [id, container] : book_.containers) out.insert(id);
  for (const auto& [id, endpoint] : book_.endpoints) out.insert(endpoint.container_id);
  return out;
}

std::vector<EndpointStatus> NetworkManager::status(const std::string& container_id) const {
  std::vector<EndpointStatus> out;
  for (const Endpoint* endpoint : endpoints_of(book_, container_id)) out.push_back(endpoint_status(*endpoint));
  return out;
}

// In a swarm the one that the others know it by.
Result<Ipv4> NetworkManager::host_gateway() const {
  if (swarm_)
    if (auto known = swarm_->data_path_address(); known.ok()) return known;
  return host_.own_address();
}

Result<void> NetworkManager::serve_names(const std::string& container_id) {
  auto container = book_.containers.find(container_id);
  if (!has_names(book_, container_id) || container == book_.containers.end()) return {};
  return names_->serve({container_id, container->second.netns_path, container->second.dns_servers});
}

}  // namespace skein::overlay
