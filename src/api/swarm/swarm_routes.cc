#include "api/swarm/swarm_routes.h"

#include <nlohmann/json.hpp>

#include "api/requests/request_body.h"
#include "api/requests/request_json.h"
#include "api/requests/schemas.h"
#include "api/swarm/manager_routes.h"
#include "api/swarm/swarm_json.h"
#include "api/swarm/swarm_request.h"
#include "cluster/unlock_keys.h"
#include "wire/unlock_key.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

Awaitable<Response> init(SwarmControl& control, Request& request) {
  auto body = body_of(request, schema::kInitBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto wanted = init_request_from_json(*body);
  if (!wanted.ok()) co_return Response::of_error(wanted.error());
  auto node_id = co_await control.init(std::move(*wanted));
  co_return node_id.ok() ? Response::of_json(200, *node_id) : Response::of_error(node_id.error());
}

Awaitable<Response> join(SwarmControl& control, Request& request) {
  auto body = body_of(request, schema::kJoinBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto wanted = join_request_from_json(*body);
  if (!wanted.ok()) co_return Response::of_error(wanted.error());
  auto joined = co_await control.join(std::move(*wanted));
  if (joined.ok()) co_return Response::of_status(200);
  // Docker's daemon has no code for these two.
  const std::string& what = joined.error().what;
  bool is_token_wrong = what == "invalid join token" || what.starts_with("remote CA does not match fingerprint");
  co_return is_token_wrong ? Response::of_message(500, joined.error().text()) : Response::of_error(joined.error());
}

Awaitable<Response> show_swarm(cluster::Control& manager, Request&) {
  auto cluster = manager.view().cluster();
  json out = cluster_to_json(*cluster);
  out["JoinTokens"] = {{"Worker", cluster->root_ca().join_tokens().worker()},
                       {"Manager", cluster->root_ca().join_tokens().manager()}};
  co_return Response::of_json(200, out);
}

Awaitable<Response> update_swarm(cluster::Control& manager, Request& request) {
  auto version = version_of(request);
  if (!version.ok()) co_return Response::of_error(version.error());
  auto body = body_of(request, schema::kSwarmBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto spec = cluster_spec_from_json(*body, manager.view().cluster()->spec());
  if (!spec.ok()) co_return Response::of_error(spec.error());
  cluster::Rotation rotation{request.query.flag("rotateWorkerToken"), request.query.flag("rotateManagerToken"),
                             request.query.flag("rotateManagerUnlockKey"), request.query.flag("rotateNetworkKeys")};
  co_return done_or_rpc_error(co_await manager.update_cluster(*version, *spec, rotation));
}

// Docker checks the state before the key.
Awaitable<Response> unlock(SwarmControl& control, Request& request) {
  auto body = body_of(request, schema::kUnlockBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  if (!control.is_locked()) {
    auto manager = require_manager(control);
    co_return Response::of_error(manager.ok() ? make_error(Code::kAlreadyExists, "swarm is not locked")
                                              : manager.error());
  }
  auto key = text_member(*body, "UnlockKey");
  if (!key.ok()) co_return Response::of_error(key.error());
  auto unlocked = co_await control.unlock(std::move(*key));
  co_return unlocked.ok() ? Response::of_status(200) : Response::of_error(unlocked.error());
}

// A key that nobody knows must lock nothing: so the manager is locked by it when this answer is on its way.
Response show_unlock_key(SwarmControl& control, cluster::Control& manager) {
  const std::string key = cluster::unlock_key_of(*manager.view().cluster());
  Response out = Response::of_json(200, {{"UnlockKey", wire::format_unlock_key(key)}});
  if (!key.empty()) out.on_sent = [&control, key] { control.unlock_key_shown(key); };
  return out;
}

}  // namespace

Error swarm_is_locked() {
  return make_error(Code::kUnavailable,
                    "Swarm is encrypted and needs to be unlocked before it can be used. Please use \"docker swarm "
                    "unlock\" to unlock it.");
}

Result<cluster::Control*> require_manager(SwarmControl& control) {
  if (control.manager()) return control.manager();
  if (control.is_locked()) return swarm_is_locked();
  if (auto trouble = control.trouble())
    return make_error(Code::kUnavailable,
                      "This node is not a swarm manager. Manager is being prepared or has trouble connecting to the "
                      "cluster.",
                      trouble->text());
  if (control.agent())
    return make_error(Code::kUnavailable,
                      "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
                      "Please run this command on a "
                      "manager node or promote the current node to a manager.");
  return make_error(Code::kUnavailable,
                    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect "
                    "this node to swarm and try again.");
}

namespace {

// What keeps this node from doing its part, or an empty text.
std::string trouble_of(const agent::Agent& agent, cluster::Control* manager) {
  if (agent.gossip_error()) return agent.gossip_error()->text();
  if (!agent.is_registered()) return agent.last_error().text();
  std::vector<IpAddress> others;
  if (manager) {
    for (const auto& [id, node] : manager->view().all<swarm::Node>())
      if (auto host = IpAddress::parse(node->status().addr());
          host.ok() && node->status().state() == swarm::NodeStatus::READY)
        others.push_back(*host);
  } else {
    for (const auto& address : agent.managers())
      if (auto host = IpAddress::parse(address.host); host.ok()) others.push_back(*host);
  }
  std::string names;
  for (const IpAddress& host : agent.unheard(std::move(others))) names += (names.empty() ? "" : ", ") + host.text();
  if (names.empty()) return "";
  return "no gossip with " + names + "; open TCP and UDP port 7946 between the hosts";
}

}  // namespace

json swarm_info(SwarmControl& control) {
  json out{{"NodeID", ""}, {"NodeAddr", ""},           {"LocalNodeState", "inactive"}, {"ControlAvailable", false},
           {"Error", ""},  {"RemoteManagers", nullptr}};
  agent::Agent* agent = control.agent();
  const std::optional<Error> trouble = control.trouble();
  if (trouble) {
    out["LocalNodeState"] = agent ? "pending" : "error";
    out["Error"] = trouble->text();
  }
  if (control.is_locked()) {
    out["LocalNodeState"] = "locked";
    out["Error"] = swarm_is_locked().text();
  }
  if (!agent) return out;
  out["NodeID"] = agent->identity().node.node_id;
  if (auto address = agent->advertise_address()) out["NodeAddr"] = address->text();
  if (!trouble) {
    out["LocalNodeState"] = "active";
    out["Error"] = trouble_of(*agent, control.manager());
  }
  json managers = json::array();
  for (const auto& [id, address] : agent->manager_peers()) managers.push_back({{"NodeID", id}, {"Addr", address}});
  out["RemoteManagers"] = managers;
  cluster::Control* manager = control.manager();
  if (!manager) return out;
  out["ControlAvailable"] = true;
  const auto& nodes = manager->view().all<swarm::Node>();
  out["Nodes"] = nodes.size();
  out["Managers"] =
      std::count_if(nodes.begin(), nodes.end(), [](const auto& entry) { return entry.second->has_manager_status(); });
  if (auto cluster = manager->view().cluster()) out["Cluster"] = cluster_to_json(*cluster);
  return out;
}

void add_swarm_routes(io::http::Router& router, SwarmControl& control) {
  router.add("POST", "/swarm/init", [&control](Request& request) { return init(control, request); });
  router.add("POST", "/swarm/join", [&control](Request& request) { return join(control, request); });
  router.add("POST", "/swarm/leave", [&control](Request& request) -> Awaitable<Response> {
    auto left = co_await control.leave(request.query.flag("force"));
    co_return left.ok() ? Response::of_status(200) : Response::of_error(left.error());
  });
  router.add("POST", "/swarm/unlock", [&control](Request& request) { return unlock(control, request); });
  ManagerRoutes routes(router, control);
  routes.add("GET", "/swarm", show_swarm);
  routes.add("POST", "/swarm/update", update_swarm);
  routes.add("GET", "/swarm/unlockkey", [&control](cluster::Control& manager, Request&) -> Awaitable<Response> {
    co_return show_unlock_key(control, manager);
  });
  add_node_routes(routes);
  add_task_routes(routes);
  add_service_routes(routes, control);
  add_log_routes(routes);
  add_secret_routes(routes);
}

}  // namespace skein::api
