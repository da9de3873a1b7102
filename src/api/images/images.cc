#include "api/images/images.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "api/containers/show/present.h"
#include "api/images/image_filters.h"
#include "api/replies/disk_sizes.h"
#include "api/replies/passing.h"
#include "base/time/clock.h"
#include "engine/registry/registry_words.h"
#include "engine/values/image_names.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::Engine;
using engine::text_of;
using io::http::BodyMode;
using io::http::Handler;
using io::http::Request;
using io::http::Response;
using io::http::Router;
using nlohmann::json;

namespace {

Passing about_image(Request& request) {
  Passing passing;
  if (request.params.contains("name")) passing.subject.image = request.params.at("name");
  return passing;
}

// [{"Untagged": "docker.io/library/foo:1"}, {"Deleted": "…"}], in Docker's order.
void shorten_values(json& list) {
  if (!list.is_array()) return;
  auto& entries = list.get_ref<json::array_t&>();
  std::stable_partition(entries.begin(), entries.end(),
                        [](const json& entry) { return entry.is_object() && entry.contains("Untagged"); });
  for (auto& entry : list) {
    if (!entry.is_object()) continue;
    for (auto& [key, value] : entry.items()) {
      if (!value.is_string()) continue;
      std::string text = engine::familiar_image(value.get<std::string>());
      bool is_bare_id = key == "Deleted" && text.size() == 64;
      value = is_bare_id ? "sha256:" + text : text;
    }
  }
}

Handler whole(Engine& engine, const std::function<void(json&)>& change = {}) {
  return [&engine, change](Request& request) -> awaitable<Response> {
    Passing passing = about_image(request);
    passing.change = change;
    auto response = co_await pass_whole(engine, to_engine(request), passing);
    co_return response;
  };
}

// {"Id": "…"} of an image.
void name_digest(json& made) {
  if (const std::string id = text_of(made, "Id"); id.size() == 64) made["Id"] = "sha256:" + id;
}

Handler with_body(Engine& engine, const std::function<void(json&)>& change = {}) {
  return [&engine, change](Request& request) -> awaitable<Response> {
    Passing passing = about_image(request);
    passing.subject.container = request.query.get("container");
    passing.change = change;
    auto response = co_await pass_whole(engine, to_engine_with_body(request), passing);
    co_return response;
  };
}

Handler stream(Engine& engine) {
  return [&engine](Request& request) -> awaitable<Response> {
    auto response = co_await pass_stream(engine, to_engine(request), about_image(request));
    co_return response;
  };
}

// {"stream":"Loaded image: localhost/busybox:latest"}; Docker ends the text with a line feed.
void shorten_loaded(json& progress) {
  static constexpr std::string_view kLoaded = "Loaded image: ";
  if (!progress.is_object() || !progress.contains("stream") || !progress["stream"].is_string()) return;
  std::string text = progress["stream"];
  if (!text.starts_with(kLoaded)) return;
  std::string name = text.substr(kLoaded.size());
  while (name.ends_with('\n')) name.pop_back();
  progress["stream"] = std::string(kLoaded) + engine::familiar_image(name) + "\n";
}

// Bodies of any size go through piece by piece.
Handler upload(Engine& engine, const std::function<void(json&)>& change_line = {}) {
  return [&engine, change_line](Request& request) -> awaitable<Response> {
    auto out = to_engine(request);
    out.source = request.source;
    Passing passing = about_image(request);
    if (change_line)
      passing.change_line = [change_line](json& line) -> awaitable<void> {
        change_line(line);
        co_return;
      };
    auto response = co_await pass_stream(engine, std::move(out), passing);
    co_return response;
  };
}

// The engine's refusal, or ours if it has found an image that the name does not mean.
awaitable<std::optional<Response>> refuse_image(Engine& engine, std::string name) {
  engine::ErrorSubject subject;
  subject.image = name;
  Asked found = co_await ask_engine(engine, "GET", encode_path("/images/" + name + "/json"), subject);
  if (!found.refusal && !engine::is_image_named(found.value, name))
    found.refusal = Response::of_message(404, "No such image: " + engine::with_tag(name));
  co_return found.refusal;
}

// {"status":"sha256:…","id":"sha256:…"}: clients show both.
void shorten_imported(json& progress) {
  if (progress.is_object() && progress.contains("id") && progress["id"] == progress.value("status", json()))
    progress.erase("id");
}

// {"error": …}, in Docker's words.
void explain_failure(json& progress, const std::string& image) {
  if (!progress.is_object() || !progress.contains("error")) return;
  const std::string text = engine::registry_failure(text_of(progress, "error"), image);
  progress["error"] = text;
  progress["errorDetail"] = {{"message", text}};
}

// A pull that nothing came of is an error, as with Docker; import of a body has no such first line.
Handler pull_or_import(Engine& engine) {
  return [&engine](Request& request) -> awaitable<Response> {
    auto out = to_engine(request);
    out.source = request.source;
    Passing passing;
    const std::string tag = request.query.get("tag");
    const char* const mark = tag.find(':') == std::string::npos ? ":" : "@";
    const std::string image = request.query.get("fromImage") + (tag.empty() ? "" : mark + tag);
    passing.subject.image = image;
    passing.change_line = [image](json& line) -> awaitable<void> {
      shorten_imported(line);
      explain_failure(line, image);
      co_return;
    };
    if (request.query.has("fromImage"))
      passing.refusal_in = [image](const json& line) -> std::optional<Response> {
        if (!line.is_object() || !line.contains("error")) return std::nullopt;
        const std::string text = engine::registry_failure(text_of(line, "error"), image);
        return Response::of_message(text.starts_with("manifest for ") ? 404 : 500, text);
      };
    auto response = co_await pass_stream(engine, std::move(out), passing);
    co_return response;
  };
}

Handler push(Engine& engine) {
  return [&engine](Request& request) -> awaitable<Response> {
    Passing passing = about_image(request);
    passing.change_line = [image = passing.subject.image](json& line) -> awaitable<void> {
      explain_failure(line, image);
      co_return;
    };
    auto response = co_await pass_stream(engine, to_engine(request), passing);
    co_return response;
  };
}

// A handler for requests about images that are named in the path or by parameters.
Handler named(Engine& engine, Handler handler) {
  return [&engine, handler = std::move(handler)](Request& request) -> awaitable<Response> {
    std::vector<std::string> names = request.query.all("names");
    if (request.params.contains("name")) names = {request.param("name")};
    for (const auto& name : names) {
      auto refusal = co_await refuse_image(engine, name);
      if (refusal) co_return *refusal;
    }
    auto response = co_await handler(request);
    co_return response;
  };
}

void count_containers_of(json& images, const json& containers) {
  std::map<std::string, int64_t> counts;
  for (const json& container : containers) ++counts[text_of(container, "ImageID")];
  for (json& image : images) image["Containers"] = counts[text_of(image, "Id")];
}

awaitable<Response> answer_list(Engine& engine, const Request& request) {
  const auto filters = ImageFilters::of_list(request.query, system_clock().wall());
  if (!filters.ok()) co_return Response::of_error(filters.error());
  Asked asked =
      co_await ask_engine(engine, "GET", request.query.flag("all") ? "/images/json?all=true" : "/images/json");
  if (asked.refusal) co_return *asked.refusal;
  if (!asked.value.is_array()) asked.value = json::array();
  auto images = filters->pick(asked.value);
  if (!images.ok()) co_return Response::of_error(images.error());
  for (auto& image : *images) present_image_entry(image, request.version);
  if (request.version >= io::http::ApiVersion{1, 51}) {
    const auto containers = co_await engine.list({});
    if (!containers.ok()) co_return Response::of_error(containers.error());
    count_containers_of(*images, *containers);
  }
  co_return Response::of_json(200, *images);
}

// Image by image: what the engine's own prune takes is not what Docker's filters name.
awaitable<Response> prune_images(Engine& engine, const Request& request) {
  const auto filters = ImageFilters::of_prune(request.query, system_clock().wall());
  if (!filters.ok()) co_return Response::of_error(filters.error());
  Asked images = co_await ask_engine(engine, "GET", "/images/json");
  if (images.refusal) co_return *images.refusal;
  const auto containers = co_await engine.list({});
  if (!containers.ok()) co_return Response::of_error(containers.error());
  std::set<std::string> used;
  for (const json& container : *containers) used.insert(text_of(container, "ImageID"));
  auto sizes = co_await disk_usage(engine);
  json deleted = json::array();
  int64_t reclaimed_bytes = 0;
  for (const json& image : images.value) {
    const std::string id = text_of(image, "Id");
    if (!filters->prunes(image, used.contains(id))) continue;
    std::vector<std::string> references = engine::texts_of(image, "Names");
    if (references.empty()) references.push_back(id);
    for (const auto& reference : references) {
      // What has come into use meanwhile is refused, and stays.
      Asked removed = co_await ask_engine(engine, "DELETE", encode_path("/images/" + reference));
      if (removed.refusal || !removed.value.is_array()) continue;
      shorten_values(removed.value);
      for (const json& entry : removed.value) {
        if (text_of(entry, "Deleted") == id) reclaimed_bytes += sizes.images[id].unique;
        deleted.push_back(entry);
      }
    }
  }
  json out{{"ImagesDeleted", deleted}, {"SpaceReclaimed", reclaimed_bytes}};
  co_return Response::of_json(200, out);
}

// Nothing is built here, so no cache is kept: there is nothing to remove.
awaitable<Response> prune_builds(const Request& request) {
  const auto filters = ListFilters::parse(
      request.query, {"description", "id", "inuse", "parent", "private", "shared", "type", "until", "unused-for"});
  if (!filters.ok()) co_return Response::of_error(filters.error());
  json out{{"CachesDeleted", json::array()}, {"SpaceReclaimed", 0}};
  co_return Response::of_json(200, out);
}

}  // namespace

awaitable<Response> list_images(Engine& engine, io::http::ApiVersion version) {
  Request request;
  request.version = version;
  Response response = co_await answer_list(engine, request);
  co_return response;
}

void add_image_routes(Router& router, Engine& engine) {
  router.add("GET", "/images/json", [&engine](Request& request) { return answer_list(engine, request); });
  // Pull, or with fromSrc import of the body.
  router.add("POST", "/images/create", pull_or_import(engine), BodyMode::kStreamed);
  router.add("POST", "/images/load", upload(engine, shorten_loaded), BodyMode::kStreamed);
  router.add("POST", "/images/prune", [&engine](Request& request) { return prune_images(engine, request); });
  router.add("GET", "/images/get", named(engine, stream(engine)));
  router.add("GET", "/images/{name*}/get", named(engine, stream(engine)));
  router.add("GET", "/images/{name*}/json", [&engine](Request& request) -> awaitable<Response> {
    Passing passing = about_image(request);
    bool is_meant = true;
    passing.change = [&, version = request.version](json& image) {
      is_meant = engine::is_image_named(image, passing.subject.image);
      present_image_inspection(image, version);
    };
    auto response = co_await pass_whole(engine, to_engine(request), passing);
    if (!is_meant) co_return Response::of_message(404, "No such image: " + engine::with_tag(passing.subject.image));
    co_return response;
  });
  router.add("GET", "/images/{name*}/history", named(engine, whole(engine, present_history)));
  router.add("POST", "/images/{name*}/tag", named(engine, whole(engine)));
  router.add("POST", "/images/{name*}/push", push(engine));
  router.add("DELETE", "/images/{name*}", named(engine, whole(engine, shorten_values)));
  router.add("POST", "/build", upload(engine), BodyMode::kStreamed);
  router.add("POST", "/build/prune", [](Request& request) { return prune_builds(request); });
  router.add("POST", "/commit", [commit = with_body(engine, name_digest)](Request& request) -> awaitable<Response> {
    if (request.query.get("pause").empty()) request.query.set("pause", "true");  // the engine's default is not to
    if (request.body.empty() || request.body.starts_with("null")) request.body = "{}";
    request.headers.set("Content-Type", "application/json");
    auto response = co_await commit(request);
    co_return response;
  });
}

}  // namespace skein::api
