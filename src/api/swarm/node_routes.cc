// Routes /nodes.
#include <nlohmann/json.hpp>

#include "api/replies/json_list.h"
#include "api/requests/filters.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "api/swarm/manager_routes.h"
#include "api/swarm/swarm_json.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

// A filter's words without regard to case; another one is refused in Docker's words and with its status, 500.
Result<std::set<std::string>> words_of(const ListFilters& filters, const std::string& name,
                                       const std::set<std::string>& known) {
  std::set<std::string> out;
  for (const std::string& value : filters.values(name)) {
    if (value.empty()) continue;
    std::string lower = value;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (!known.contains(lower))
      return make_error(Code::kInternal, "Invalid " + name + " filter: '" + value.substr(0, 100) + "'");
    out.insert(lower);
  }
  return out;
}

Result<Selection<swarm::Node>> select_nodes(const store::Tables& view, const io::http::Query& query) {
  SKEIN_TRY_ASSIGN(ListFilters filters,
                   ListFilters::parse(query, {"id", "label", "node.label", "membership", "name", "role"}));
  SKEIN_TRY_ASSIGN(auto roles, words_of(filters, "role", {"manager", "worker"}));
  SKEIN_TRY_ASSIGN(auto memberships, words_of(filters, "membership", {"accepted", "pending"}));
  Selection<swarm::Node> out;
  for (const auto& [id, node] : view.all<swarm::Node>()) out.candidates.push_back(node);
  out.is_wanted = [filters, roles, memberships](const swarm::Node& node) {
    const std::string role = node.role() == swarm::MANAGER ? "manager" : "worker";
    // Every node here was accepted: it has a certificate.
    return filters.has_prefix("id", node.id()) && filters.has_prefix("name", node.description().hostname()) &&
           (roles.empty() || roles.contains(role)) && (memberships.empty() || memberships.contains("accepted")) &&
           filters.labels("node.label", node.spec().annotations().labels()) &&
           filters.labels("label", node.description().engine().labels());
  };
  out.to_json = [](const swarm::Node& node) { return node_to_json(node); };
  return out;
}

Awaitable<Response> list_nodes(cluster::Control& manager, Request& request) {
  auto nodes = select_nodes(manager.view(), request.query);
  co_return nodes.ok() ? list_response(std::move(*nodes)) : Response::of_error(nodes.error());
}

Awaitable<Response> show_node(cluster::Control& manager, Request& request) {
  auto node = find_node(manager.view(), request.param("id"));
  co_return node.ok() ? Response::of_json(200, node_to_json(**node)) : Response::of_error(node.error());
}

Awaitable<Response> update_node(cluster::Control& manager, Request& request) {
  auto version = version_of(request);
  if (!version.ok()) co_return Response::of_error(version.error());
  auto body = body_of(request, schema::kNodeBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  auto spec = node_spec_from_json(*body);
  if (!spec.ok()) co_return Response::of_error(spec.error());
  auto node = find_node(manager.view(), request.param("id"));
  if (!node.ok()) co_return Response::of_error(node.error());
  co_return done_or_rpc_error(co_await manager.update_node((*node)->id(), *version, *spec));
}

Awaitable<Response> remove_node(cluster::Control& manager, Request& request) {
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
