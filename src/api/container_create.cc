// Containers come and go: create, remove, prune.
#include <filesystem>
#include <thread>

#include "api/container_check.h"
#include "api/container_filters.h"
#include "api/container_json.h"
#include "api/containers.h"
#include "api/disk_usage.h"
#include "api/old_versions.h"
#include "api/passing.h"
#include "api/request_body.h"
#include "api/schemas.h"
#include "base/clock.h"

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

}  // namespace

awaitable<Response> Containers::create(Request& request) {
  if (request.body.empty()) co_return Response::of_message(400, "invalid JSON: got EOF while reading request body");
  auto body = body_of(request, schema::kContainerBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  if (auto adjusted = adjust_container(*body, request.version); !adjusted.ok())
    co_return Response::of_error(adjusted.error());
  std::string name = request.query.get("name");
  if (name.starts_with('/')) name.erase(0, 1);
  if (!name.empty() && !is_valid_name(name))
    co_return Response::of_message(400,
                                   "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  std::string image = text_of(*body, "Image");
  if (image.empty()) co_return Response::of_message(400, "no image specified");
  const HostLimits host{std::max(1U, std::thread::hardware_concurrency()), engine::path_exists()};
  auto possible = check_container(*body, host);
  if (!possible.ok()) co_return Response::of_error(possible.error());
  if ((*body)["Labels"].is_object()) (*body)["Labels"].erase(engine::kNetworkingLabel);

  std::string mode = text_of(at(*body, "HostConfig"), "NetworkMode");
  Known known;
  json spec = *body;
  if (engine::is_managed_mode(mode)) {
    known.record = engine::take_networking(*body, random_.hex(16));
    auto checked = network_request(known.record, {}, {});
    if (!checked.ok()) co_return Response::of_error(checked.error());
    auto netns = networks_.prepare_namespace(known.record.key);
    if (!netns.ok()) co_return Response::of_error(netns.error());
    known.netns_path = *netns;
    auto written = write_files(known, "", {});
    if (!written.ok()) co_return Response::of_error(written.error());
    spec = engine::engine_spec(std::move(spec), known.record, known.netns_path, folder_of(known.record.key));
  }
  auto created = co_await engine_.create(name, std::move(spec));
  if (!created.ok()) {
    if (!known.netns_path.empty()) {
      networks_.forget("", known.netns_path);
      std::error_code ignored;
      std::filesystem::remove_all(folder_of(known.record.key), ignored);
    }
    co_return Response::of_error(created.error());
  }
  if (!known.netns_path.empty()) {
    auto written = write_files(known, created->id, {});
    if (!written.ok()) co_return Response::of_error(written.error());
    known_[created->id] = std::move(known);
  }
  co_return Response::of_json(201, {{"Id", created->id}, {"Warnings", created->warnings}});
}

awaitable<Response> Containers::remove(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  if (request.query.flag("link")) co_return Response::of_message(400, "links between containers are not supported");
  Removal removal{request.query.flag("v"), request.query.flag("force")};
  auto response = co_await remove_found(text_of(*container, "Id"), name, removal);
  co_return response;
}

awaitable<Response> Containers::remove_found(std::string id, std::string name, Removal removal) {
  io::http::ClientRequest out;
  out.method = "DELETE";
  // The engine's Docker-like endpoint waits 10 s before it kills; this one can be told not to.
  out.target = "/libpod/containers/" + id + "?timeout=0&volumes=" + (removal.takes_volumes ? "true" : "false") +
               "&force=" + (removal.is_forced ? "true" : "false");
  Passing passing;
  passing.subject.container = name;
  auto response = co_await pass_whole(engine_, std::move(out), passing);
  if (response.status >= 400) co_return response;
  waits_.on_removed(id);
  forget(id);
  co_return Response::of_status(204);
}

awaitable<Response> Containers::prune(Request& request) {
  const auto filters = ContainerFilters::of_prune(request.query, system_clock().wall());
  if (!filters.ok()) co_return Response::of_error(filters.error());
  const auto containers = co_await engine_.list({});
  if (!containers.ok()) co_return Response::of_error(containers.error());
  auto sizes = co_await disk_usage(engine_);
  json deleted = json::array();
  int64_t reclaimed_bytes = 0;
  for (const json& container : *containers) {
    std::string id = text_of(container, "Id");
    if (!filters->prunes(container) || busy_.contains(id)) continue;
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
