// `network connect` and `disconnect`, and the files in the container that follow them.
#include <algorithm>

#include "containers/facts/container_json.h"
#include "containers/housing/links.h"
#include "containers/housing/network_request.h"
#include "containers/life/keeper.h"

namespace skein::containers {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using engine::WantedNetwork;
using io::Durability;
using nlohmann::json;

namespace {

// Containers without networks of their own, in Docker's words.
Error no_networks_of_its_own(const json& container) {
  const std::string mode = text_of(at(container, "HostConfig"), "NetworkMode");
  if (mode == "host")
    return make_error(Code::kInvalidArgument,
                      "container cannot be disconnected from host network or connected to host network");
  if (mode == "none")
    return make_error(
        Code::kInvalidArgument,
        "container cannot be connected to multiple networks with one of the networks in private (none) mode");
  return make_error(
      Code::kInvalidArgument,
      "container sharing network namespace with another container or host cannot be connected to any other network");
}

bool is_of(const WantedNetwork& wanted, const std::string& name, const std::string& id) {
  return wanted.name == name || (!id.empty() && (wanted.id == id || wanted.name == id));
}

std::vector<WantedNetwork>::iterator find_wanted(std::vector<WantedNetwork>& networks, const NetworkName& network) {
  return std::find_if(networks.begin(), networks.end(),
                      [&](const auto& wanted) { return is_of(wanted, network.name, network.id); });
}

}  // namespace

void take_over_names(std::vector<WantedNetwork>& networks, const std::vector<overlay::EndpointStatus>& endpoints) {
  for (const auto& endpoint : endpoints) {
    auto wanted = find_wanted(networks, {endpoint.network_name, endpoint.network_id});
    if (wanted == networks.end()) continue;
    wanted->name = endpoint.network_name;
    wanted->id = endpoint.network_id;
  }
}

awaitable<Result<void>> Keeper::connect(std::string name, NetworkName network, json settings) {
  SKEIN_CO_TRY_ASSIGN(json first, co_await engine_.inspect(name));
  auto turn = co_await turn_of(text_of(first, "Id"));
  SKEIN_CO_TRY_ASSIGN(json container, co_await engine_.inspect(text_of(first, "Id")));
  const ContainerIdentity identity = identity_of(container);
  Known* known = learn(identity.id, labels_of(container));
  if (known == nullptr) co_return no_networks_of_its_own(container);
  auto endpoint = endpoint_request(network.name, settings);
  if (!endpoint.ok()) co_return endpoint.error();
  if (is_running(container)) {
    auto request = network_request(known->house.record, known->house.state, identity);
    if (!request.ok()) co_return request.error();
    auto connected =
        co_await networks_.connect(std::move(*request), known->house.state.netns_path, std::move(*endpoint));
    if (!connected.ok()) co_return connected;
    known = learn(identity.id, labels_of(container));
    if (known == nullptr) co_return make_error(Code::kNotFound, "No such container: " + name);
  } else if (network.refusal) {
    co_return *network.refusal;
  }
  if (known->is_task) co_return housing_.write(known->house, Durability::kLeftToKernel);
  auto networks = networks_of(known->house.record, known->house.state);
  auto wanted = find_wanted(networks, network);
  // A container that does not run is on a network at most once; Docker lets the first word stand.
  if (wanted == networks.end()) networks.push_back({network.name, network.id, settings});
  take_over_names(networks, networks_.status(identity.id));
  known->house.state.networks = std::move(networks);
  co_return housing_.write(known->house, Durability::kSynced);
}

awaitable<Result<void>> Keeper::disconnect(std::string name, NetworkName network) {
  SKEIN_CO_TRY_ASSIGN(json first, co_await engine_.inspect(name));
  const std::string id = text_of(first, "Id");
  auto turn = co_await turn_of(id);
  Known* known = learn(id, labels_of(first));
  if (known == nullptr) co_return no_networks_of_its_own(first);
  bool was_connected = false;
  for (const auto& endpoint : networks_.status(id)) {
    if (endpoint.network_name != network.name && endpoint.network_id != network.id) continue;
    auto disconnected = co_await networks_.disconnect(id, endpoint.network_id);
    if (!disconnected.ok()) co_return disconnected;
    was_connected = true;
    break;
  }
  known = learn(id, labels_of(first));
  if (known == nullptr) co_return make_error(Code::kNotFound, "No such container: " + name);
  if (known->is_task && was_connected) co_return housing_.write(known->house, Durability::kLeftToKernel);
  auto networks = networks_of(known->house.record, known->house.state);
  auto wanted = find_wanted(networks, network);
  if (wanted == networks.end() && !was_connected) {
    const std::string what = is_running(first) ? "network " : "the network ";
    co_return make_error(Code::kUnknown, "container " + id + " is not connected to " + what + network.name);
  }
  if (wanted != networks.end()) networks.erase(wanted);
  known->house.state.networks = std::move(networks);
  co_return housing_.write(known->house, Durability::kSynced);
}

awaitable<Result<void>> Keeper::unlink(std::string name, std::string alias) {
  const Error unknown = make_error(Code::kNotFound, "No such container: " + name + "/" + alias);
  auto first = co_await engine_.inspect(name);
  if (!first.ok()) co_return first.error().code == Code::kNotFound ? unknown : first.error();
  const std::string id = text_of(*first, "Id");
  auto turn = co_await turn_of(id);
  Known* known = learn(id, labels_of(*first));
  if (known == nullptr) co_return unknown;
  House& house = known->house;
  const auto links = links_of(house.record, {}, house.state.unlinked);
  if (std::ranges::find(links, alias, &Link::alias) == links.end()) co_return unknown;
  house.state.unlinked.insert(alias);
  std::erase_if(house.state.links,
                [&](const engine::HostEntry& entry) { return entry.names.substr(0, entry.names.find(' ')) == alias; });
  co_return housing_.write(house, Durability::kSynced);
}

}  // namespace skein::containers
