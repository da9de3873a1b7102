// Routes /nodes.
#include <nlohmann/json.hpp>

#include "api/filters.h"
#include "api/manager_routes.h"
#include "api/swarm_json.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

Awaitable<Response> list_nodes(manager::Manager& manager, Request& request) {
  auto filters = ListFilters::parse(request.query, {"id", "label", "node.label", "membership", "name", "role"});
  if (!filters.ok()) co_return Response::of_error(filters.error());
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
  co_return Response::of_json(200, out);
}

Awaitable<Response> show_node(manager::Manager& manager, Request& request) {
  auto node = find_node(manager.view(), request.param("id"));
  co_return node.ok() ? Response::of_json(200, node_to_json(**node)) : Response::of_error(node.error());
}

Awaitable<Response> update_node(manager::Manager& manager, Request& request) {
  auto version = version_of(request);
  if (!version.ok()) co_return Response::of_error(version.error());
  auto body = request.json();
  if (!body.ok()) co_return Response::of_error(body.error());
  auto spec = node_spec_from_json(*body);
  if (!spec.ok()) co_return Response::of_error(spec.error());
  auto node = find_node(manager.view(), request.param("id"));
  if (!node.ok()) co_return Response::of_error(node.error());
  co_return done_or_rpc_error(co_await manager.update_node((*node)->id(), *version, *spec));
}

Awaitable<Response> remove_node(manager::Manager& manager, Request& request) {
  auto node = find_node(manager.view(), request.param("id"));
  if (!node.ok()) co_return Response::of_error(node.error());
  co_return done_or_rpc_error(co_await manager.remove_node((*node)->id(), request.query.flag("force")));
}

}  // namespace

Result<store::Ref<swarm::Node>> find_node(const store::Tables& view, const std::string& text) {
  auto found = view.find<swarm::Node>(text);
  if (found.ok() || found.error().code != Code::kNotFound) return found;
  std::vector<store::Ref<swarm::Node>> matches;
  for (const auto& [id, node] : view.all<swarm::Node>())
    if (node->description().hostname() == text) matches.push_back(node);
  if (matches.size() == 1) return matches[0];
  if (matches.size() > 1)
    return make_error(Code::kInvalidArgument,
                      "node " + text + " is ambiguous (" + std::to_string(matches.size()) + " matches found)");
  return found;
}

void add_node_routes(ManagerRoutes& routes) {
  routes.add("GET", "/nodes", list_nodes);
  routes.add("GET", "/nodes/{id}", show_node);
  routes.add("POST", "/nodes/{id}/update", update_node);
  routes.add("DELETE", "/nodes/{id}", remove_node);
}

}  // namespace skein::api
