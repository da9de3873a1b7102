// Routes /services.
#include <nlohmann/json.hpp>

#include "api/replies/json_list.h"
#include "api/requests/filters.h"
#include "api/requests/old_versions.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "api/services/service_out.h"
#include "api/services/service_spec_in.h"
#include "api/swarm/manager_routes.h"
#include "api/swarm/swarm_routes.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

std::string mode_of(const swarm::ServiceSpec& spec) {
  if (spec.has_global()) return "global";
  if (spec.has_replicated_job()) return "replicated-job";
  return spec.has_global_job() ? "global-job" : "replicated";
}

Awaitable<Response> list_services(cluster::Control& manager, Request& request) {
  auto filters = ListFilters::parse(request.query, {"id", "label", "mode", "name", "runtime"});
  if (!filters.ok()) co_return Response::of_error(filters.error());
  Selection<swarm::Service> out;
  std::map<std::string, json> statuses;
  for (const auto& [id, service] : manager.view().all<swarm::Service>()) {
    const std::string mode = mode_of(service->spec());
    const bool is_wanted = filters->has_prefix("id", id) && filters->has_prefix("name", model::name_of(*service)) &&
                           filters->has_exactly("mode", mode) && filters->has_exactly("runtime", "container") &&
                           filters->labels("label", service->spec().annotations().labels());
    if (!is_wanted) continue;
    out.candidates.push_back(service);
    if (request.query.flag("status")) statuses[id] = service_status(*service, manager.view());
  }
  out.is_wanted = [](const swarm::Service&) { return true; };
  out.to_json = [statuses](const swarm::Service& service) {
    json object = service_to_json(service);
    if (auto status = statuses.find(service.id()); status != statuses.end()) object["ServiceStatus"] = status->second;
    return object;
  };
  co_return list_response(std::move(out));
}

// What Docker's daemon finds out itself has no gRPC code in front.
Response refusal(SwarmControl& control, const Error& error) {
  const std::string& what = error.what;
  if (what.starts_with("The network ")) return Response::of_error(error);
  if (error.code != Code::kNotFound || !what.starts_with("network ")) return Response::of_error(as_rpc_error(error));
  const std::string name = what.substr(8, what.size() - 8 - std::string_view(" not found").size());
  if (control.local_networks().find(name).ok())
    return Response::of_error(make_error(
        Code::kPermissionDenied, "The network " + name +
                                     " cannot be used with services. Only networks scoped "
                                     "to the swarm can be used, such as those created with the overlay driver."));
  return Response::of_error(error);
}

// What stands in the X-Registry-Auth header goes to the nodes as it is.
void set_registry_auth(swarm::ServiceSpec& spec, std::string_view auth) {
  if (!auth.empty())
    spec.mutable_task()->mutable_container()->mutable_pull_options()->set_registry_auth(std::string(auth));
}

Awaitable<Response> create(SwarmControl& control, cluster::Control& manager, Request& request) {
  auto body = body_of(request, schema::kServiceBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  adjust_service(*body, request.version);
  auto spec = service_spec_from_json(*body);
  if (!spec.ok()) co_return Response::of_error(spec.error());
  set_registry_auth(*spec, request.headers.get("X-Registry-Auth"));
  auto created = co_await manager.services().create(std::move(*spec));
  if (!created.ok()) co_return refusal(control, created.error());
  json out{{"ID", created->id}};
  if (!created->warnings.empty()) out["Warnings"] = created->warnings;
  co_return Response::of_json(201, out);
}

Awaitable<Response> show(cluster::Control& manager, Request& request) {
  auto found = manager.view().find<swarm::Service>(request.param("id"));
  if (!found.ok()) co_return Response::of_error(found.error());
  swarm::Service service = **found;
  if (request.query.flag("insertDefaults")) *service.mutable_spec() = with_defaults(service.spec());
  co_return Response::of_json(200, service_to_json(service));
}

// An update without credentials keeps those of the spec that it names.
Result<void> keep_registry_auth(swarm::ServiceSpec& spec, const swarm::Service& before, const std::string& from) {
  if (!from.empty() && from != "spec" && from != "previous-spec")
    return make_error(Code::kInvalidArgument, "unsupported registryAuthFrom value", "'" + from + "'",
                      "use spec or previous-spec");
  if (from == "previous-spec" && !before.has_previous_spec())
    return make_error(Code::kInvalidArgument, "service does not have a previous spec");
  const swarm::ServiceSpec& source = from == "previous-spec" ? before.previous_spec() : before.spec();
  set_registry_auth(spec, source.task().container().pull_options().registry_auth());
  return {};
}

struct Update {
  std::string id;
  uint64_t version = 0;
  swarm::ServiceSpec spec;
  bool wants_rollback = false;
};

Result<Update> parse_update(const cluster::Control& manager, const Request& request) {
  Update out;
  SKEIN_TRY_ASSIGN(out.version, version_of(request));
  SKEIN_TRY_ASSIGN(json body, body_of(request, schema::kServiceBody));
  adjust_service(body, request.version);
  SKEIN_TRY_ASSIGN(out.spec, service_spec_from_json(body));
  const std::string rollback = request.query.get("rollback");
  if (!rollback.empty() && rollback != "none" && rollback != "previous")
    return make_error(Code::kInvalidArgument, "unrecognized rollback option " + rollback);
  out.wants_rollback = rollback == "previous";
  SKEIN_TRY_ASSIGN(auto service, manager.view().find<swarm::Service>(request.param("id")));
  out.id = service->id();
  std::string_view auth = request.headers.get("X-Registry-Auth");
  set_registry_auth(out.spec, auth);
  if (auth.empty()) SKEIN_TRY(keep_registry_auth(out.spec, *service, request.query.get("registryAuthFrom")));
  return out;
}

Awaitable<Response> update(SwarmControl& control, cluster::Control& manager, Request& request) {
  auto wanted = parse_update(manager, request);
  if (!wanted.ok()) co_return Response::of_error(wanted.error());
  auto done =
      co_await manager.services().update(wanted->id, wanted->version, std::move(wanted->spec), wanted->wants_rollback);
  if (!done.ok()) co_return refusal(control, done.error());
  json out{{"Warnings", nullptr}};
  if (!done->empty()) out["Warnings"] = *done;
  co_return Response::of_json(200, out);
}

Awaitable<Response> remove(cluster::Control& manager, Request& request) {
  auto service = manager.view().find<swarm::Service>(request.param("id"));
  if (!service.ok()) co_return Response::of_error(service.error());
  co_return done_or_rpc_error(co_await manager.services().remove((*service)->id()));
}

}  // namespace

void add_service_routes(ManagerRoutes& routes, SwarmControl& control) {
  routes.add("GET", "/services", list_services);
  routes.add("POST", "/services/create",
             [&control](cluster::Control& manager, Request& request) { return create(control, manager, request); });
  routes.add("GET", "/services/{id}", show);
  routes.add("POST", "/services/{id}/update",
             [&control](cluster::Control& manager, Request& request) { return update(control, manager, request); });
  routes.add("DELETE", "/services/{id}", remove);
}

}  // namespace skein::api
