#include "api/networks/network_routes.h"

#include <nlohmann/json.hpp>

#include "api/networks/network_encryption.h"
#include "api/networks/network_events.h"
#include "api/networks/network_failures.h"
#include "api/networks/network_filters.h"
#include "api/networks/network_status.h"
#include "api/networks/own_endpoints.h"
#include "api/networks/pseudo_networks.h"
#include "api/replies/reply_versions.h"
#include "api/requests/old_versions.h"
#include "api/requests/request_body.h"
#include "api/requests/request_json.h"
#include "api/requests/schemas.h"
#include "api/swarm/swarm_json.h"
#include "api/swarm/swarm_routes.h"
#include "base/log.h"
#include "base/time/clock.h"
#include "control/allocator/taken_addresses.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

// A network as this node sees it.
struct Found {
  store::Ref<swarm::Network> network;  // null for `none`, `host` and the way out, which are no networks of ours
  std::string scope;
  json shown;
};

bool is_predefined(const swarm::Network& network) {
  return network.spec().annotations().labels().contains(std::string(model::kPredefinedLabel));
}

// A worker knows the swarm's networks from the endpoints that it has on them, and ingress from its node object.
std::map<std::string, store::Ref<swarm::Network>> networks_of_worker(agent::Agent& agent) {
  std::map<std::string, store::Ref<swarm::Network>> out;
  for (const auto& attachment : agent.node().attachments())
    out[attachment.network().id()] = std::make_shared<const swarm::Network>(attachment.network());
  return out;
}

// In a swarm. Somebody may have made a network of that name, as is usual with Docker to choose its subnet.
bool has_way_out(SwarmControl& control) { return control.agent() && !control.local_networks().find(kWayOutName).ok(); }

std::vector<Found> all_networks(SwarmControl& control) {
  std::vector<Found> out;
  if (auto* manager = control.manager()) {
    for (const auto& [id, network] : manager->view().all<swarm::Network>())
      if (!is_predefined(*network)) out.push_back({network, "swarm", network_to_json(*network, "swarm")});
  } else if (auto* agent = control.agent()) {
    for (const auto& [id, network] : networks_of_worker(*agent))
      out.push_back({network, "swarm", network_to_json(*network, "swarm")});
  }
  for (const auto& [id, network] : control.local_networks().view().all<swarm::Network>())
    out.push_back({network, "local", network_to_json(*network, "local")});
  auto bridge = control.local_networks().find(overlay::LocalNetworks::kDefaultName);
  const std::string default_id = bridge.ok() ? (*bridge)->id() : "";
  for (auto& shown : pseudo_networks(default_id)) out.push_back({nullptr, "local", std::move(shown)});
  if (has_way_out(control))
    out.push_back({nullptr, "local", way_out_network(control.networks().report()->book, default_id)});
  return out;
}

// The swarm's own object for a network that every node has: no list shows it, but services refer to it by its id, which
// clients ask for with the scope.
std::optional<Found> find_predefined(SwarmControl& control, const std::string& text, const std::string& scope) {
  auto* manager = control.manager();
  if (!manager || (!scope.empty() && scope != "swarm")) return std::nullopt;
  for (const auto& [id, network] : manager->view().all<swarm::Network>()) {
    if (!is_predefined(*network) || (id != text && model::name_of(*network) != text)) continue;
    Found out{network, "swarm", network_to_json(*network, "swarm")};
    out.shown["Scope"] = "swarm";
    return out;
  }
  return std::nullopt;
}

Result<Found> find_network(SwarmControl& control, const std::string& text, const std::string& scope = {}) {
  std::vector<Found> by_name, by_prefix;
  for (auto& found : all_networks(control)) {
    if (!scope.empty() && found.shown["Scope"] != scope) continue;
    if (found.shown["Id"] == text) return found;
    if (found.shown["Name"] == text)
      by_name.push_back(found);
    else if (!text.empty() && found.shown["Id"].get<std::string>().starts_with(text))
      by_prefix.push_back(found);
  }
  auto& matches = by_name.empty() ? by_prefix : by_name;
  if (matches.empty())
    if (auto predefined = find_predefined(control, text, scope)) return *predefined;
  if (matches.size() > 1)
    return make_error(Code::kInvalidArgument, "network " + text + " is ambiguous (" + std::to_string(matches.size()) +
                                                  " matches found on name)");
  if (matches.empty()) return make_error(Code::kNotFound, "network " + text + " not found");
  return matches[0];
}

// Containers of this host on the network, and the hosts that are on it.
void add_details(SwarmControl& control, const Found& found, json& out) {
  if (!found.network) return;
  const auto report = control.networks().report();
  for (const auto& [id, endpoint] : report->book.endpoints) {
    if (endpoint.network.id != found.network->id()) continue;
    out["Containers"][endpoint.container_id] = {
        {"Name", endpoint.container_name},
        {"EndpointID", endpoint.id},
        {"MacAddress", endpoint.mac.text()},
        {"IPv4Address", InterfaceAddress{endpoint.address, endpoint.network.subnet.prefix_bits}.text()},
        {"IPv6Address", ""}};
  }
  out["Containers"].update(ingress_endpoint(report->book, found.network->id()));
  show_failures(*report, found.network->id(), out);
  if (found.scope != "swarm" || !control.agent()) return;
  json peers = json::array();
  for (const auto& [name, address] : control.agent()->network_peers(found.network->id()))
    peers.push_back({{"Name", name}, {"IP", address}});
  if (!peers.empty()) out["Peers"] = peers;
}

// Of the swarm's networks managers alone know it.
void add_status(SwarmControl& control, Found& found, io::http::ApiVersion version) {
  if (version < io::http::ApiVersion{1, 52} || !found.network) return;
  const std::string& id = found.network->id();
  if (found.scope == "local")
    found.shown["Status"] = network_status(control.local_networks().subnet_usage(id));
  else if (auto* manager = control.manager(); manager && !is_predefined(*found.network))
    found.shown["Status"] = network_status(manager->view().index<control::TakenAddresses>().subnet_usage(id));
}

// Names and ids of networks that containers of this host are on, or will be when they start again.
std::set<std::string> networks_of_containers(SwarmControl& control, const containers::Keeper& keeper) {
  std::set<std::string> out = keeper.wanted_networks();
  const auto report = control.networks().report();
  for (const auto& [id, endpoint] : report->book.endpoints) out.insert(endpoint.network.id);
  if (const auto& mesh = report->book.mesh) out.insert(mesh->network.id);
  return out;
}

// Those of services, which have no task yet or have tasks on other hosts; known on managers.
std::set<std::string> networks_of_services(SwarmControl& control) {
  std::set<std::string> out;
  if (!control.manager()) return out;
  for (const auto& [id, service] : control.manager()->view().all<swarm::Service>()) {
    for (const auto& attachment : service->spec().networks()) out.insert(attachment.target());
    for (const auto& attachment : service->spec().task().networks()) out.insert(attachment.target());
  }
  return out;
}

class NetworkUses {
 public:
  NetworkUses(SwarmControl& control, const containers::Keeper& keeper) : names_(networks_of_services(control)) {
    names_.merge(networks_of_containers(control, keeper));
  }
  bool include(const json& network) const {
    return !network["Containers"].empty() || names_.contains(network["Name"].get<std::string>()) ||
           names_.contains(network["Id"].get<std::string>());
  }

 private:
  std::set<std::string> names_;
};

Response list_networks(SwarmControl& control, const containers::Keeper& keeper, const Request& request) {
  auto filters = NetworkFilters::of_list(request.query);
  if (!filters.ok()) return Response::of_error(filters.error());
  const NetworkUses uses(control, keeper);
  json out = json::array();
  for (auto& found : all_networks(control)) {
    if (!filters->lists(found.shown, uses.include(found.shown))) continue;
    found.shown["Containers"] = json::object();  // only who inspects a network is told
    shape_network(found.shown, request.version);
    out.push_back(std::move(found.shown));
  }
  return Response::of_json(200, out);
}

// With the status that Docker's daemon has for it.
Response refusal(const Error& error) {
  if (error.what.find(" : invalid CIDR address: ") != std::string::npos) return Response::of_message(500, error.text());
  if (error.what.starts_with("Pool overlaps with other one")) return Response::of_message(403, error.text());
  if (error.what.starts_with("ingress network ")) return Response::of_error(as_rpc_error(error));
  return Response::of_error(error);
}

// Of local networks; the swarm's own are told by its store.
class NetworkNews {
 public:
  NetworkNews(EventBus& events, Clock& clock) : events_(events), clock_(clock) {}
  void tell(const swarm::Network& network, const char* action) const {
    events_.publish(network_event(network, action, clock_.wall()));
  }
  void tell_prune() const {
    events_.publish(make_event("network", "prune", "", {{"reclaimed", "0"}}, "local", clock_.wall()));
  }

 private:
  EventBus& events_;
  Clock& clock_;
};

Awaitable<Response> create(SwarmControl& control, NetworkNews news, Request& request) {
  if (request.body.empty()) co_return Response::of_message(400, "invalid JSON: got EOF while reading request body");
  auto body = body_of(request, schema::kNetworkBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  adjust_network(*body, request.version);
  auto spec = network_spec_from_json(*body);
  if (!spec.ok()) co_return Response::of_error(spec.error());
  const std::string driver = spec->driver_config().name();
  const std::string name = spec->annotations().name();
  Result<std::string> id = make_error(Code::kInternal, "");
  if (driver == "overlay") {
    if (control.agent() && !control.manager())
      co_return Response::of_message(
          403, "Cannot create a multi-host network from a worker node. Please create the network from a manager node.");
    auto manager = require_manager(control);
    if (!manager.ok()) co_return Response::of_message(500, manager.error().text());
    if (control.local_networks().find(name).ok())
      co_return Response::of_message(409, "network with name " + name + " already exists");
    id = co_await (*manager)->create_network(*spec);
  } else if (driver == "bridge") {
    if (spec->ingress()) co_return Response::of_message(403, "Ingress network can only be global scope network");
    for (const char* reserved : {"bridge", "host", "none", "default"})
      if (name == reserved)
        co_return Response::of_message(403, "operation is not permitted on predefined " + name + " network ");
    if (name == kWayOutName && has_way_out(control))
      co_return Response::of_message(409, "network with name " + name + " already exists");
    if (auto* manager = control.manager(); manager && !manager->view().table<swarm::Network>().named(name).empty())
      co_return Response::of_message(409, "network with name " + name + " already exists");
    id = co_await control.local_networks().create(*spec);
    if (id.ok())
      if (const auto made = control.local_networks().find(*id); made.ok()) news.tell(**made, "create");
  } else {
    co_return Response::of_message(404, "could not find a network driver \"" + driver + "\": use overlay or bridge");
  }
  if (!id.ok()) co_return refusal(id.error());
  json created{{"Id", *id}, {"Warning", ""}};
  co_return Response::of_json(201, created);
}

std::string names_on(const json& network) {
  std::string out;
  for (const auto& [id, endpoint] : network["Containers"].items())
    out += (out.empty() ? "" : ", ") + endpoint["Name"].get<std::string>();
  return out;
}

Error has_users(const std::string& name, const std::string& id, const std::string& users) {
  return make_error(Code::kPermissionDenied,
                    "error while removing network: network " + name + " id " + id + " has active endpoints: " + users);
}

Awaitable<Result<void>> remove_one(SwarmControl& control, NetworkNews news, const Found& found) {
  std::string name = found.shown["Name"], id = found.shown["Id"];
  if (!found.network && !found.shown["Containers"].empty()) co_return has_users(name, id, names_on(found.shown));
  if (!found.network)
    co_return make_error(Code::kPermissionDenied, name + " is a pre-defined network and cannot be removed");
  std::string users;
  const auto report = control.networks().report();
  for (const auto& [endpoint_id, endpoint] : report->book.endpoints)
    if (endpoint.network.id == id) users += (users.empty() ? "" : ", ") + endpoint.container_name;
  if (found.scope == "local") {
    if (!users.empty()) co_return has_users(name, id, users);
    auto removed = co_await control.local_networks().remove(id);
    if (removed.ok()) news.tell(*found.network, "destroy");
    co_return removed;
  }
  auto manager = require_manager(control);
  if (!manager.ok()) co_return manager.error();
  auto removed = co_await (*manager)->remove_network(id);
  if (!removed.ok()) co_return as_rpc_error(removed.error());
  co_return removed;
}

Awaitable<Response> prune(SwarmControl& control, const containers::Keeper& keeper, NetworkNews news,
                          const Request& request) {
  auto filters = NetworkFilters::of_prune(request.query, system_clock().wall());
  if (!filters.ok()) co_return Response::of_error(filters.error());
  const NetworkUses uses(control, keeper);
  json removed = json::array();
  for (const auto& found : all_networks(control)) {
    if (!found.network || (found.scope == "swarm" && !control.manager())) continue;
    if (!filters->prunes(found.shown, uses.include(found.shown))) continue;
    // What has come into use meanwhile, or is in use on another host, is refused and stays.
    const auto done = co_await remove_one(control, news, found);
    if (done.ok()) removed.push_back(found.shown["Name"]);
  }
  news.tell_prune();
  json out{{"NetworksDeleted", removed}};
  co_return Response::of_json(200, out);
}

// The container that the request names, and its settings on the network.
struct ConnectBody {
  std::string container;
  json settings = json::object();
};

Result<ConnectBody> parse_connect(const Request& request, const schema::Schema& schema) {
  SKEIN_TRY_ASSIGN(json body, body_of(request, schema));
  adjust_connect(body, request.version);
  ConnectBody out;
  SKEIN_TRY_ASSIGN(out.container, text_member(body, "Container"));
  if (out.container.empty())
    return make_error(Code::kInvalidArgument, "the request names no container", "", "send {\"Container\": \"name\"}");
  if (body.contains("EndpointConfig") && body["EndpointConfig"].is_object()) out.settings = body["EndpointConfig"];
  return out;
}

// A worker learns of a swarm's network when a container of its own is on it; and only the manager can say in its words
// why a container that runs cannot be on one.
Result<containers::NetworkName> name_network(SwarmControl& control, const std::string& text) {
  auto found = find_network(control, text);
  if (found.ok()) return containers::NetworkName{found->shown["Name"], found->shown["Id"]};
  if (found.error().code != Code::kNotFound) return found.error();
  containers::NetworkName unknown{text};
  if (!control.agent() || control.manager()) unknown.refusal = found.error();
  return unknown;
}

Awaitable<Response> connect(SwarmControl& control, containers::Keeper& keeper, Request& request) {
  auto body = parse_connect(request, schema::kConnectBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto network = name_network(control, request.param("id"));
  if (!network.ok()) co_return Response::of_error(network.error());
  auto done = co_await keeper.connect(body->container, *network, body->settings);
  if (done.ok()) co_return Response::of_status(200);
  // Docker's daemon wraps what the manager says, and so loses its code.
  bool is_wrapped = done.error().what.starts_with("Could not attach to network");
  co_return is_wrapped ? Response::of_message(500, done.error().text()) : Response::of_error(done.error());
}

Awaitable<Response> disconnect(SwarmControl& control, containers::Keeper& keeper, Request& request) {
  auto body = parse_connect(request, schema::kDisconnectBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto network = name_network(control, request.param("id"));
  if (!network.ok()) co_return Response::of_error(network.error());
  auto done = co_await keeper.disconnect(body->container, *network);
  co_return done.ok() ? Response::of_status(200) : Response::of_error(done.error());
}

}  // namespace

void add_network_routes(io::http::Router& router, SwarmControl& control, containers::Keeper& keeper, EventBus& events,
                        Clock& clock) {
  const NetworkNews news(events, clock);
  for (const char* path : {"/networks", "/networks/"})
    router.add("GET", path, [&control, &keeper](Request& request) -> Awaitable<Response> {
      co_return list_networks(control, keeper, request);
    });
  router.add("POST", "/networks/create", [&control, news](Request& request) { return create(control, news, request); });
  router.add("POST", "/networks/prune",
             [&control, &keeper, news](Request& request) { return prune(control, keeper, news, request); });
  router.add("GET", "/networks/{id}", [&control](Request& request) -> Awaitable<Response> {
    auto found = find_network(control, request.param("id"), request.query.get("scope"));
    if (!found.ok()) co_return Response::of_error(found.error());
    add_details(control, *found, found->shown);
    co_await add_encryption(control, found->shown);
    add_status(control, *found, request.version);
    shape_network(found->shown, request.version);
    co_return Response::of_json(200, found->shown);
  });
  router.add("DELETE", "/networks/{id}", [&control, news](Request& request) -> Awaitable<Response> {
    auto found = find_network(control, request.param("id"));
    if (!found.ok()) co_return Response::of_error(found.error());
    auto removed = co_await remove_one(control, news, *found);
    co_return removed.ok() ? Response::of_status(204) : Response::of_error(removed.error());
  });
  router.add("POST", "/networks/{id}/connect",
             [&control, &keeper](Request& request) { return connect(control, keeper, request); });
  router.add("POST", "/networks/{id}/disconnect",
             [&control, &keeper](Request& request) { return disconnect(control, keeper, request); });
}

}  // namespace skein::api
