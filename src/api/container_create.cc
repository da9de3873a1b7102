// Containers come and go: create, remove, prune.
#include <filesystem>
#include <thread>

#include "api/container_check.h"
#include "api/container_json.h"
#include "api/containers.h"
#include "api/old_versions.h"
#include "api/passing.h"
#include "api/request_body.h"
#include "api/schemas.h"

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
  std::string id = text_of(*container, "Id");
  io::http::ClientRequest out;
  out.method = "DELETE";
  // The engine's Docker-like endpoint waits 10 s before it kills; this one can be told not to.
  out.target = "/libpod/containers/" + id + "?timeout=0&v=" + (request.query.flag("v") ? "true" : "false") +
               "&force=" + (request.query.flag("force") ? "true" : "false");
  Passing passing;
  passing.subject.container = name;
  auto response = co_await pass_whole(engine_, std::move(out), passing);
  if (response.status >= 400) co_return response;
  waits_.on_removed(id);
  forget(id);
  co_return Response::of_status(204);
}

awaitable<Response> Containers::prune(Request& request) {
  Passing passing;
  passing.change = [this](json& value) {
    if (!value.is_object() || !value["ContainersDeleted"].is_array()) return;
    for (const auto& id : value["ContainersDeleted"])
      if (id.is_string()) forget(id);
  };
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

}  // namespace skein::api
