#include "api/swarm_routes.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/filters.h"
#include "api/swarm_json.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

Result<uint64_t> version_of(const Request& request) {
  std::string text = request.query.get("version");
  uint64_t out = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size())
    return make_error(Code::kInvalidArgument, "invalid version '" + text + "'", "it is not a number",
                      "send the Version.Index that was read");
  return out;
}

std::string string_at(const json& body, const char* key) {
  return body.contains(key) && body[key].is_string() ? body[key].get<std::string>() : "";
}

std::vector<std::string> strings_at(const json& body, const char* key) {
  std::vector<std::string> out;
  if (body.contains(key) && body[key].is_array())
    for (const auto& value : body[key])
      if (value.is_string()) out.push_back(value.get<std::string>());
  return out;
}

Awaitable<Response> init(SwarmControl& control, Request& request) {
  auto body = request.json();
  if (!body.ok()) co_return Response::of_error(body.error());
  InitRequest out;
  out.listen_address = string_at(*body, "ListenAddr");
  out.advertise_address = string_at(*body, "AdvertiseAddr");
  out.data_path_address = string_at(*body, "DataPathAddr");
  out.default_address_pools = strings_at(*body, "DefaultAddrPool");
  out.data_path_port = body->value("DataPathPort", 0u);
  out.subnet_size = body->value("SubnetSize", 0u);
  out.force_new_cluster = body->value("ForceNewCluster", false);
  auto availability = availability_from_text(string_at(*body, "Availability"));
  if (!availability.ok()) co_return Response::of_error(availability.error());
  out.availability = *availability;
  if (body->value("AutoLockManagers", false))
    co_return Response::of_error(
        make_error(Code::kUnimplemented, "autolock is not supported", "", "leave --autolock out"));
  if (body->contains("Spec") && (*body)["Spec"].is_object()) {
    auto spec = cluster_spec_from_json((*body)["Spec"], manager::default_cluster_spec());
    if (!spec.ok()) co_return Response::of_error(spec.error());
    out.spec = *spec;
    // The CLI sends zeros for what the user did not set.
    auto defaults = manager::default_cluster_spec();
    if (model::from_wire(out.spec->dispatcher().heartbeat_period()) == Duration(0))
      *out.spec->mutable_dispatcher() = defaults.dispatcher();
    if (model::from_wire(out.spec->ca_config().node_cert_expiry()) == Duration(0))
      *out.spec->mutable_ca_config() = defaults.ca_config();
  }
  auto node_id = co_await control.init(std::move(out));
  if (!node_id.ok()) co_return Response::of_error(node_id.error());
  co_return Response::of_json(200, *node_id);
}

Awaitable<Response> join(SwarmControl& control, Request& request) {
  auto body = request.json();
  if (!body.ok()) co_return Response::of_error(body.error());
  JoinRequest out;
  out.listen_address = string_at(*body, "ListenAddr");
  out.advertise_address = string_at(*body, "AdvertiseAddr");
  out.data_path_address = string_at(*body, "DataPathAddr");
  out.remote_addresses = strings_at(*body, "RemoteAddrs");
  out.token = string_at(*body, "JoinToken");
  auto availability = availability_from_text(string_at(*body, "Availability"));
  if (!availability.ok()) co_return Response::of_error(availability.error());
  out.availability = *availability;
  auto joined = co_await control.join(std::move(out));
  co_return joined.ok() ? Response::of_status(200) : Response::of_error(joined.error());
}

Awaitable<Response> update_swarm(SwarmControl& control, Request& request) {
  auto manager = require_manager(control);
  if (!manager.ok()) co_return Response::of_error(manager.error());
  auto version = version_of(request);
  if (!version.ok()) co_return Response::of_error(version.error());
  auto body = request.json();
  if (!body.ok()) co_return Response::of_error(body.error());
  if (request.query.flag("rotateManagerUnlockKey"))
    co_return Response::of_error(make_error(Code::kUnimplemented, "autolock is not supported"));
  auto spec = cluster_spec_from_json(*body, (*manager)->view().cluster()->spec());
  if (!spec.ok()) co_return Response::of_error(spec.error());
  manager::Manager::Rotation rotation{request.query.flag("rotateWorkerToken"),
                                      request.query.flag("rotateManagerToken")};
  auto done = co_await (*manager)->update_cluster(*version, *spec, rotation);
  co_return done.ok() ? Response::of_status(200) : Response::of_error(as_rpc_error(done.error()));
}

Response list_nodes(manager::Manager& manager, const Request& request) {
  auto filters = ListFilters::parse(request.query, {"id", "label", "node.label", "membership", "name", "role"});
  if (!filters.ok()) return Response::of_error(filters.error());
  json out = json::array();
  for (const auto& [id, node] : manager.view().all<swarm::Node>()) {
    const auto& labels = node->spec().annotations().labels();
    bool is_wanted =
        filters->any("id", [&, &id = id](const std::string& v) { return id.starts_with(v); }) &&
        filters->any("name", [&, &node = node](
                                 const std::string& v) { return node->description().hostname().starts_with(v); }) &&
        filters->any("role",
                     [&, &node = node](const std::string& v) {
                       return v == (node->role() == swarm::MANAGER ? "manager" : "worker");
                     }) &&
        filters->any("membership", [](const std::string& v) { return v == "accepted"; }) &&
        filters->labels("node.label", labels) && filters->labels("label", node->description().engine().labels());
    if (is_wanted) out.push_back(node_to_json(*node));
  }
  return Response::of_json(200, out);
}

// By id, prefix, name, or host name, as users name nodes.
Result<store::Ref<swarm::Node>> find_node(const manager::Manager& manager, const std::string& text) {
  auto found = manager.view().find<swarm::Node>(text);
  if (found.ok() || found.error().code != Code::kNotFound) return found;
  std::vector<store::Ref<swarm::Node>> matches;
  for (const auto& [id, node] : manager.view().all<swarm::Node>())
    if (node->description().hostname() == text) matches.push_back(node);
  if (matches.size() == 1) return matches[0];
  if (matches.size() > 1)
    return make_error(Code::kInvalidArgument,
                      "node " + text + " is ambiguous (" + std::to_string(matches.size()) + " matches found)");
  return found;
}

Awaitable<Response> update_node(SwarmControl& control, Request& request) {
  auto manager = require_manager(control);
  if (!manager.ok()) co_return Response::of_error(manager.error());
  auto version = version_of(request);
  if (!version.ok()) co_return Response::of_error(version.error());
  auto body = request.json();
  if (!body.ok()) co_return Response::of_error(body.error());
  auto spec = node_spec_from_json(*body);
  if (!spec.ok()) co_return Response::of_error(spec.error());
  auto node = find_node(**manager, request.param("id"));
  if (!node.ok()) co_return Response::of_error(node.error());
  auto done = co_await (*manager)->update_node((*node)->id(), *version, *spec);
  co_return done.ok() ? Response::of_status(200) : Response::of_error(as_rpc_error(done.error()));
}

Response list_tasks(manager::Manager& manager, const Request& request) {
  auto filters = ListFilters::parse(
      request.query, {"desired-state", "id", "label", "name", "node", "service", "runtime", "_up-to-date"});
  if (!filters.ok()) return Response::of_error(filters.error());
  json out = json::array();
  for (const auto& [id, task] : manager.view().all<swarm::Task>()) {
    json shown = task_to_json(*task);
    // Docker lists containers' tasks only, unless asked for another runtime.
    std::string runtime = model::is_attachment(*task) ? "attachment" : "container";
    bool is_wanted =
        (filters->has("runtime") || runtime == "container") &&
        filters->any("runtime", [&](const std::string& v) { return v == runtime; }) &&
        filters->any("id", [&, &id = id](const std::string& v) { return id.starts_with(v); }) &&
        filters->any(
            "node", [&, &task = task](const std::string& v) { return !v.empty() && task->node_id().starts_with(v); }) &&
        filters->any(
            "service",
            [&, &task = task](const std::string& v) { return !v.empty() && task->service_id().starts_with(v); }) &&
        filters->any("desired-state", [&](const std::string& v) { return v == shown["DesiredState"]; }) &&
        filters->any("name",
                     [&, &task = task](const std::string& v) { return model::name_of(*task).starts_with(v); }) &&
        filters->labels("label", task->annotations().labels());
    if (is_wanted) out.push_back(std::move(shown));
  }
  return Response::of_json(200, out);
}

}  // namespace

Error as_rpc_error(Error error) {
  if (!error.what.starts_with("rpc error:"))
    error.what = std::string("rpc error: code = ") + code_name(error.code) + " desc = " + error.what;
  return error;
}

Result<manager::Manager*> require_manager(SwarmControl& control) {
  if (control.manager()) return control.manager();
  if (control.agent())
    return make_error(Code::kUnavailable,
                      "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
                      "Please run this command on a "
                      "manager node or promote the current node to a manager.");
  return make_error(Code::kUnavailable,
                    "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect "
                    "this node to swarm and try again.");
}

json swarm_info(SwarmControl& control) {
  json out{{"NodeID", ""}, {"NodeAddr", ""},           {"LocalNodeState", "inactive"}, {"ControlAvailable", false},
           {"Error", ""},  {"RemoteManagers", nullptr}};
  agent::Agent* agent = control.agent();
  if (!agent) return out;
  out["NodeID"] = agent->identity().node.node_id;
  if (auto address = agent->advertise_address()) out["NodeAddr"] = address->text();
  out["LocalNodeState"] = "active";
  if (!agent->is_registered()) out["Error"] = agent->last_error().text();
  json managers = json::array();
  for (const auto& [id, address] : agent->manager_peers()) managers.push_back({{"NodeID", id}, {"Addr", address}});
  out["RemoteManagers"] = managers;
  manager::Manager* manager = control.manager();
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
  router.add("POST", "/swarm/update", [&control](Request& request) { return update_swarm(control, request); });
  router.add("GET", "/swarm", [&control](Request&) -> Awaitable<Response> {
    auto manager = require_manager(control);
    if (!manager.ok()) co_return Response::of_error(manager.error());
    auto cluster = (*manager)->view().cluster();
    json out = cluster_to_json(*cluster);
    out["JoinTokens"] = {{"Worker", cluster->root_ca().join_tokens().worker()},
                         {"Manager", cluster->root_ca().join_tokens().manager()}};
    co_return Response::of_json(200, out);
  });
  router.add("GET", "/swarm/unlockkey", [&control](Request&) -> Awaitable<Response> {
    auto manager = require_manager(control);
    if (!manager.ok()) co_return Response::of_error(manager.error());
    json key{{"UnlockKey", ""}};
    co_return Response::of_json(200, key);
  });
  router.add("GET", "/nodes", [&control](Request& request) -> Awaitable<Response> {
    auto manager = require_manager(control);
    co_return manager.ok() ? list_nodes(**manager, request) : Response::of_error(manager.error());
  });
  router.add("GET", "/nodes/{id}", [&control](Request& request) -> Awaitable<Response> {
    auto manager = require_manager(control);
    if (!manager.ok()) co_return Response::of_error(manager.error());
    auto node = find_node(**manager, request.param("id"));
    co_return node.ok() ? Response::of_json(200, node_to_json(**node)) : Response::of_error(node.error());
  });
  router.add("POST", "/nodes/{id}/update", [&control](Request& request) { return update_node(control, request); });
  router.add("DELETE", "/nodes/{id}", [&control](Request& request) -> Awaitable<Response> {
    auto manager = require_manager(control);
    if (!manager.ok()) co_return Response::of_error(manager.error());
    auto node = find_node(**manager, request.param("id"));
    if (!node.ok()) co_return Response::of_error(node.error());
    auto done = co_await (*manager)->remove_node((*node)->id(), request.query.flag("force"));
    co_return done.ok() ? Response::of_status(200) : Response::of_error(as_rpc_error(done.error()));
  });
  router.add("GET", "/tasks", [&control](Request& request) -> Awaitable<Response> {
    auto manager = require_manager(control);
    co_return manager.ok() ? list_tasks(**manager, request) : Response::of_error(manager.error());
  });
  router.add("GET", "/tasks/{id}", [&control](Request& request) -> Awaitable<Response> {
    auto manager = require_manager(control);
    if (!manager.ok()) co_return Response::of_error(manager.error());
    auto task = (*manager)->view().find<swarm::Task>(request.param("id"));
    co_return task.ok() ? Response::of_json(200, task_to_json(**task)) : Response::of_error(task.error());
  });
  // Services come later; what users ask outside a swarm or of an empty one is answered.
  for (const char* path : {"/services", "/secrets", "/configs"})
    router.add("GET", path, [&control](Request&) -> Awaitable<Response> {
      auto manager = require_manager(control);
      co_return manager.ok() ? Response::of_json(200, json::array()) : Response::of_error(manager.error());
    });
  router.add("POST", "/services/create", [&control](Request&) -> Awaitable<Response> {
    auto manager = require_manager(control);
    if (!manager.ok()) co_return Response::of_error(manager.error());
    co_return Response::of_error(make_error(Code::kUnimplemented, "services are not supported by this version", "",
                                            "start containers with run --network"));
  });
}

}  // namespace skein::api
