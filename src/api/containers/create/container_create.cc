// Containers come and go: create, rename, remove, prune.
#include <thread>

#include "api/containers/containers.h"
#include "api/containers/create/container_check.h"
#include "api/containers/create/container_others.h"
#include "api/containers/show/container_filters.h"
#include "api/replies/disk_sizes.h"
#include "api/replies/passing.h"
#include "api/requests/old_versions.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "base/time/clock.h"
#include "containers/facts/container_json.h"
#include "engine/values/own_labels.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

// Names as Docker allows them.
bool is_valid_name(const std::string& name) {
  if (name.size() < 2 || !std::isalnum(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; });
}

// What the user leaves open is Docker's default, not the engine's.
void add_defaults(json& spec) {
  if (!at(spec, "StopTimeout").is_number_integer()) spec["StopTimeout"] = kStopTimeoutDefault_s;
}

std::string complaint_of_name(const std::string& name) {
  return "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed";
}

}  // namespace

awaitable<Response> Containers::create(Request& request) {
  if (request.body.empty()) co_return Response::of_message(400, "invalid JSON: got EOF while reading request body");
  auto body = body_of(request, schema::kContainerBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  if (auto adjusted = adjust_container(*body, request.version); !adjusted.ok())
    co_return Response::of_error(adjusted.error());
  std::string name = request.query.get("name");
  if (name.starts_with('/')) name.erase(0, 1);
  if (!name.empty() && !is_valid_name(name)) co_return Response::of_message(400, complaint_of_name(name));
  std::string image = text_of(*body, "Image");
  if (image.empty()) co_return Response::of_message(400, "no image specified");
  const HostLimits host{std::max(1U, std::thread::hardware_concurrency()), engine::path_exists()};
  auto possible = check_container(*body, host);
  if (!possible.ok()) co_return Response::of_error(possible.error());
  engine::hide_own_labels((*body)["Labels"]);

  if (auto refused = co_await refuse_others(engine_, at(*body, "HostConfig"))) co_return *refused;
  if (auto refused = co_await refuse_platform(engine_, image, request.query.get("platform"))) co_return *refused;

  add_defaults(*body);
  auto created = co_await keeper_.create(name, std::move(*body));
  if (!created.ok()) co_return Response::of_error(created.error());
  co_return Response::of_json(201, {{"Id", created->id}, {"Warnings", created->warnings}});
}

awaitable<Response> Containers::rename(Request& request) {
  std::string name = request.query.get("name");
  if (name.starts_with('/')) name.erase(0, 1);
  if (name.empty()) co_return Response::of_message(400, "Neither old nor new names may be empty");
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  const containers::ContainerIdentity identity = containers::identity_of(*container);
  if (identity.name == name)
    co_return Response::of_message(400, "Renaming a container with the same name as its current name");
  if (!is_valid_name(name))
    co_return Response::of_message(400, "Error when allocating new name: " + complaint_of_name("/" + name));
  if (auto other = co_await engine_.inspect(name); other.ok() && containers::identity_of(*other).name == name)
    co_return Response::of_message(409, "Error when allocating new name: Conflict. The container name \"/" + name +
                                            "\" is already in use by container \"" +
                                            containers::identity_of(*other).id +
                                            "\". You have to remove (or rename) that container to be able to reuse "
                                            "that name.");
  request.query.set("name", name);
  Response answer;
  auto renamed = co_await keeper_.rename(identity, name, asking(request, *container, answer));
  co_return answer_of(renamed, answer);
}

awaitable<Response> Containers::remove(Request& request) {
  std::string name = request.param("id");
  if (request.query.flag("link")) {
    auto unlinked = co_await unlink(std::move(name));
    co_return unlinked;
  }
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  const Removal removal{request.query.flag("v"), request.query.flag("force")};
  const std::string id = text_of(*container, "Id");
  auto refused = refusal(Verb::kRemove, phase_of(*container), {id, containers::identity_of(*container).name});
  if (refused && !removal.is_forced) co_return *refused;
  auto response = co_await remove_found(id, name, removal);
  co_return response;
}

// By what Docker calls a link: "web/db", where "web" finds a container as "db".
awaitable<Response> Containers::unlink(std::string name) {
  const size_t slash = name.rfind('/');
  if (slash == std::string::npos) {
    const auto container = co_await engine_.inspect(name);
    if (!container.ok()) co_return Response::of_error(container.error());
    co_return Response::of_message(500, "Conflict, cannot remove the default link name of the container");
  }
  const auto done = co_await keeper_.unlink(name.substr(0, slash), name.substr(slash + 1));
  co_return done.ok() ? Response::of_status(204) : Response::of_error(done.error());
}

awaitable<Response> Containers::remove_found(std::string id, std::string name, Removal removal) {
  io::http::ClientRequest out;
  out.method = "DELETE";
  // The engine's Docker-like endpoint waits 10 s before it kills; this one can be told not to.
  out.target = "/libpod/containers/" + id + "?timeout=0&volumes=" + (removal.takes_volumes ? "true" : "false") +
               "&force=" + (removal.is_forced ? "true" : "false");
  Passing passing;
  passing.subject.container = name;
  Response answer;
  auto removed = co_await keeper_.remove(id, [&]() -> awaitable<Result<void>> {
    answer = co_await pass_whole(engine_, out, passing);
    if (answer.status >= 400) co_return answer_error(answer);
    co_return Result<void>();
  });
  co_return removed.ok() ? Response::of_status(204) : answer;
}

awaitable<Response> Containers::prune(Request& request) {
  const auto filters = ContainerFilters::of_prune(request.query, system_clock().wall());
  if (!filters.ok()) co_return Response::of_error(filters.error());
  const auto containers = co_await engine_.list({});
  if (!containers.ok()) co_return Response::of_error(containers.error());
  auto sizes = co_await disk_usage(engine_);
  json deleted;  // null for none, as Docker's
  int64_t reclaimed_bytes = 0;
  for (const json& container : *containers) {
    std::string id = text_of(container, "Id");
    if (!filters->prunes(container) || keeper_.is_busy(id) || keeper_.may_come_back(id)) continue;
    // What has been started meanwhile is refused, and stays.
    Removal removal;
    auto removed = co_await remove_found(id, id, removal);
    if (removed.status >= 400) continue;
    deleted.push_back(id);
    reclaimed_bytes += sizes.containers[id];
  }
  json out{{"ContainersDeleted", deleted}, {"SpaceReclaimed", reclaimed_bytes}};
  co_return Response::of_json(200, out);
}

}  // namespace skein::api
