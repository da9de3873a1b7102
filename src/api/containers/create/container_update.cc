// POST /containers/{id}/update.
#include "api/containers/containers.h"
#include "api/containers/create/container_check.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "base/text/json_text.h"
#include "containers/facts/container_json.h"
#include "engine/podman/spec/update_spec.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::ApiVersion;
using io::http::Response;
using nlohmann::json;

awaitable<Response> Containers::update(Request& request) {
  auto body = body_of(request, schema::kContainerUpdateBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  if (request.version < ApiVersion{1, 40}) body->erase("PidsLimit");
  if (auto known = check_restart_policy(engine::at(*body, "RestartPolicy")); !known.ok())
    co_return Response::of_error(known.error());
  const auto policy = containers::policy_in(*body);
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  const std::string id = engine::text_of(*container, "Id");
  if (policy && policy->name != containers::kNoPolicy && containers::is_auto_removed(*container))
    co_return Response::of_message(409, "Cannot update container " + id +
                                            ": Restart policy cannot be updated because AutoRemove is enabled for the "
                                            "container");
  json answer{{"Warnings", nullptr}};
  if (const json resources = engine::podman_update(*body); !resources.empty()) {
    auto response = co_await update_resources(id, resources);
    if (response.status >= 400) co_return response;
    answer["Warnings"] = {"The limits hold until the container stops: this engine does not keep them."};
  }
  if (policy)
    if (auto set = keeper_.set_policy(*container, *policy); !set.ok()) co_return Response::of_error(set.error());
  tell(*container, "update", json::object());
  co_return Response::of_json(200, answer);
}

awaitable<Response> Containers::update_resources(std::string id, json resources) {
  io::http::ClientRequest ask;
  ask.method = "POST";
  ask.target = "/libpod/containers/" + id + "/update";
  ask.headers.set("Content-Type", "application/json");
  ask.body = json_text(resources);
  Passing passing;
  passing.subject.container = id;
  auto response = co_await pass_whole(engine_, std::move(ask), std::move(passing));
  co_return response;
}

}  // namespace skein::api
