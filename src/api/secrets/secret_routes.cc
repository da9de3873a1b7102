// Routes /secrets and /configs.
#include <nlohmann/json.hpp>

#include "api/replies/json_list.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "api/secrets/dependency_json.h"
#include "api/swarm/manager_routes.h"
#include "api/swarm/swarm_routes.h"
#include "cluster/dependency_check.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

cluster::Dependencies<swarm::Secret>& desk_of(cluster::Control& manager, const swarm::Secret*) {
  return manager.secrets();
}
cluster::Dependencies<swarm::Config>& desk_of(cluster::Control& manager, const swarm::Config*) {
  return manager.configs();
}

constexpr io::http::ApiVersion kTemplatingSince{1, 37};

template <class T>
class DependencyRoutes {
 public:
  static void add(ManagerRoutes& routes) {
    const std::string all = std::string("/") + model::KindOf<T>::name + "s";
    routes.add("GET", all, list);
    routes.add("POST", all + "/create", create);
    routes.add("GET", all + "/{id}", show);
    routes.add("POST", all + "/{id}/update", update);
    routes.add("DELETE", all + "/{id}", remove);
  }

 private:
  static auto& desk(cluster::Control& manager) { return desk_of(manager, static_cast<const T*>(nullptr)); }

  static Awaitable<Response> list(cluster::Control& manager, Request& request) {
    auto filters = DependencyFilters::parse(request.query);
    if (!filters.ok()) co_return Response::of_error(filters.error());
    Selection<T> out;
    for (const auto& [id, dependency] : manager.view().template all<T>()) out.candidates.push_back(dependency);
    out.is_wanted = [filters = *filters](const T& dependency) { return filters.lists(dependency); };
    out.to_json = [](const T& dependency) { return dependency_to_json(dependency); };
    co_return list_response(std::move(out));
  }

  static Awaitable<Response> create(cluster::Control& manager, Request& request) {
    auto spec = spec_of(request);
    if (!spec.ok()) co_return Response::of_error(spec.error());
    if (spec->has_templating() && request.version < kTemplatingSince)
      co_return Response::of_error(invalid_argument(std::string(model::KindOf<T>::name) +
                                                    " templating is not supported on the specified API " +
                                                    "version: " + request.version.text()));
    auto id = co_await desk(manager).create(std::move(*spec));
    if (!id.ok()) co_return Response::of_error(as_rpc_error(id.error()));
    json created{{"ID", *id}};
    co_return Response::of_json(201, created);
  }

  static Awaitable<Response> show(cluster::Control& manager, Request& request) {
    auto found = cluster::find_dependency<T>(manager.view(), request.param("id"));
    if (!found.ok()) co_return Response::of_error(found.error());
    co_return Response::of_json(200, dependency_to_json(**found));
  }

  static Awaitable<Response> update(cluster::Control& manager, Request& request) {
    auto version = version_of(request);
    if (!version.ok()) co_return Response::of_error(version.error());
    auto spec = spec_of(request);
    if (!spec.ok()) co_return Response::of_error(spec.error());
    auto found = cluster::find_dependency<T>(manager.view(), request.param("id"));
    if (!found.ok()) co_return Response::of_error(found.error());
    co_return done_or_rpc_error(co_await desk(manager).update((*found)->id(), *version, std::move(*spec)));
  }

  static Awaitable<Response> remove(cluster::Control& manager, Request& request) {
    auto found = cluster::find_dependency<T>(manager.view(), request.param("id"));
    if (!found.ok()) co_return Response::of_error(found.error());
    auto removed = co_await desk(manager).remove((*found)->id());
    co_return removed.ok() ? Response::of_status(204) : Response::of_error(as_rpc_error(removed.error()));
  }

  static Result<typename T::Spec> spec_of(const Request& request) {
    const bool is_secret = std::is_same_v<T, swarm::Secret>;
    SKEIN_TRY_ASSIGN(json body, body_of(request, is_secret ? schema::kSecretBody : schema::kConfigBody));
    return dependency_spec_from_json<T>(body);
  }
};

}  // namespace

void add_secret_routes(ManagerRoutes& routes) {
  DependencyRoutes<swarm::Secret>::add(routes);
  DependencyRoutes<swarm::Config>::add(routes);
}

}  // namespace skein::api
