#include "api/volumes/volumes.h"

#include <nlohmann/json.hpp>
#include <set>

#include "api/replies/disk_sizes.h"
#include "api/replies/passing.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "api/volumes/volume_filters.h"
#include "api/volumes/volume_json.h"
#include "base/text/json_text.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::Engine;
using engine::text_of;
using io::http::ClientRequest;
using io::http::Request;
using io::http::Response;
using nlohmann::json;

namespace {

engine::ErrorSubject about_volume(const std::string& name) {
  engine::ErrorSubject subject;
  subject.container = name;
  return subject;
}

std::string path_of_volume(const std::string& name) { return "/libpod/volumes/" + io::http::percent_encode(name); }

// The names of those volumes that no container has, running or not.
awaitable<Result<std::set<std::string>>> unused_volumes(Engine& engine) {
  const Asked asked =
      co_await ask_engine(engine, "GET", "/libpod/volumes/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D");
  if (asked.refusal) co_return make_error(Code::kUnavailable, "the engine does not tell which volumes are in use");
  std::set<std::string> names;
  for (const json& volume : asked.value) names.insert(text_of(volume, "Name"));
  co_return names;
}

awaitable<Response> list_volumes(Engine& engine, const Request& request) {
  const auto filters = VolumeFilters::of_list(request.query);
  if (!filters.ok()) co_return Response::of_error(filters.error());
  std::set<std::string> unused;
  if (filters->asks_for_use()) {
    auto names = co_await unused_volumes(engine);
    if (!names.ok()) co_return Response::of_error(names.error());
    unused = std::move(*names);
  }
  Asked all = co_await all_volumes(engine);
  if (all.refusal) co_return *all.refusal;
  json shown = json::array();
  for (json& volume : all.value)
    if (filters->lists(volume, !unused.contains(text_of(volume, "Name")))) shown.push_back(std::move(volume));
  json out{{"Volumes", shown}, {"Warnings", nullptr}};
  co_return Response::of_json(200, out);
}

// By its whole name; the engine finds volumes by the beginnings of names, too.
awaitable<Asked> find_volume(Engine& engine, std::string name) {
  Asked asked = co_await ask_engine(engine, "GET", path_of_volume(name) + "/json", about_volume(name));
  if (!asked.refusal && text_of(asked.value, "Name") != name)
    asked.refusal = Response::of_message(404, "get " + name + ": no such volume");
  co_return asked;
}

awaitable<Response> inspect_volume(Engine& engine, const Request& request) {
  Asked found = co_await find_volume(engine, request.param("volume"));
  if (found.refusal) co_return *found.refusal;
  co_return Response::of_json(200, present_volume(found.value));
}

awaitable<Response> create_volume(Engine& engine, Random& random, const Request& request) {
  const auto body = body_of(request, schema::kVolumeBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  const auto wanted = volume_request(*body, random.hex(64));
  if (!wanted.ok()) co_return Response::of_error(wanted.error());
  const std::string name = text_of(*wanted, "Name");
  // A volume of that name stays what it is, as with Docker.
  Asked found = co_await find_volume(engine, name);
  if (!found.refusal) co_return Response::of_json(201, present_volume(found.value));
  if (found.refusal->status != 404) co_return *found.refusal;
  ClientRequest out;
  out.method = "POST";
  out.target = "/volumes/create";
  out.headers.set("Content-Type", "application/json");
  out.body = json_text(*wanted);
  Passing passing;
  passing.subject.container = name;
  Response made = co_await pass_whole(engine, std::move(out), std::move(passing));
  if (made.status >= 400) co_return made;
  found = co_await find_volume(engine, name);
  if (found.refusal) co_return *found.refusal;
  co_return Response::of_json(201, present_volume(found.value));
}

awaitable<Response> remove_volume(Engine& engine, const Request& request) {
  const std::string name = request.param("volume");
  Asked found = co_await find_volume(engine, name);
  // Docker's force means that a missing one is no error; what is in use stays.
  if (found.refusal && found.refusal->status == 404 && request.query.flag("force")) co_return Response::of_status(204);
  if (found.refusal) co_return *found.refusal;
  Asked removed = co_await ask_engine(engine, "DELETE", path_of_volume(name), about_volume(name));
  co_return removed.refusal ? *removed.refusal : Response::of_status(204);
}

awaitable<Response> prune_volumes(Engine& engine, const Request& request) {
  const auto filters = VolumeFilters::of_prune(request.query, request.version);
  if (!filters.ok()) co_return Response::of_error(filters.error());
  Asked all = co_await all_volumes(engine);
  if (all.refusal) co_return *all.refusal;
  const auto unused = co_await unused_volumes(engine);
  if (!unused.ok()) co_return Response::of_error(unused.error());
  auto sizes = co_await disk_usage(engine);
  json deleted = json::array();
  int64_t reclaimed_bytes = 0;
  for (const json& volume : all.value) {
    const std::string name = text_of(volume, "Name");
    if (!filters->prunes(volume, !unused->contains(name))) continue;
    // What has come into use meanwhile is refused, and stays.
    Asked removed = co_await ask_engine(engine, "DELETE", path_of_volume(name), about_volume(name));
    if (removed.refusal) continue;
    deleted.push_back(name);
    reclaimed_bytes += sizes.volumes[name];
  }
  json out{{"VolumesDeleted", deleted}, {"SpaceReclaimed", reclaimed_bytes}};
  co_return Response::of_json(200, out);
}

}  // namespace

awaitable<Asked> all_volumes(Engine& engine) {
  Asked asked = co_await ask_engine(engine, "GET", "/libpod/volumes/json");
  json shown = json::array();
  if (asked.value.is_array())
    for (const json& volume : asked.value) shown.push_back(present_volume(volume));
  asked.value = std::move(shown);
  co_return asked;
}

void add_volume_routes(io::http::Router& router, Engine& engine, Random& random) {
  router.add("GET", "/volumes", [&engine](Request& request) { return list_volumes(engine, request); });
  router.add("POST", "/volumes/create",
             [&engine, &random](Request& request) { return create_volume(engine, random, request); });
  router.add("POST", "/volumes/prune", [&engine](Request& request) { return prune_volumes(engine, request); });
  router.add("GET", "/volumes/{volume}", [&engine](Request& request) { return inspect_volume(engine, request); });
  router.add("DELETE", "/volumes/{volume}", [&engine](Request& request) { return remove_volume(engine, request); });
}

}  // namespace skein::api
