#include "api/images.h"

#include <nlohmann/json.hpp>

#include "api/passing.h"
#include "api/present.h"
#include "api/schemas.h"
#include "engine/image_names.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::Engine;
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

// [{"Untagged": "docker.io/library/foo:1"}, {"Deleted": "…"}]
void shorten_values(json& list) {
  if (!list.is_array()) return;
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

Handler with_body(Engine& engine) {
  return [&engine](Request& request) -> awaitable<Response> {
    auto response = co_await pass_whole(engine, to_engine_with_body(request), about_image(request));
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
    passing.change_line = change_line;
    auto response = co_await pass_stream(engine, std::move(out), passing);
    co_return response;
  };
}

}  // namespace

void add_image_routes(Router& router, Engine& engine) {
  router.add("GET", "/images/json", whole(engine, [](json& images) {
               if (!images.is_array()) images = json::array();
               for (auto& image : images) present_image(image);
             }));
  // Pull, or with fromSrc import of the body.
  router.add("POST", "/images/create", upload(engine), BodyMode::kStreamed);
  router.add("POST", "/images/load", upload(engine, shorten_loaded), BodyMode::kStreamed);
  router.add("POST", "/images/prune", whole(engine, [](json& pruned) {
               if (pruned.is_object() && pruned.contains("ImagesDeleted")) shorten_values(pruned["ImagesDeleted"]);
             }));
  router.add("GET", "/images/get", stream(engine));
  router.add("GET", "/images/{name*}/get", stream(engine));
  router.add("GET", "/images/{name*}/json", whole(engine, present_image));
  router.add("GET", "/images/{name*}/history", whole(engine));
  router.add("POST", "/images/{name*}/tag", whole(engine));
  router.add("POST", "/images/{name*}/push", stream(engine));
  router.add("DELETE", "/images/{name*}", whole(engine, shorten_values));
  router.add("POST", "/build", upload(engine), BodyMode::kStreamed);
  router.add("POST", "/commit", with_body(engine));
  router.add("POST", "/auth", with_body(engine));
}

void add_volume_routes(Router& router, Engine& engine) {
  auto named = [&engine](Request& request) -> awaitable<Response> {
    Passing passing;
    passing.subject.container = request.param("volume");
    auto response = co_await pass_whole(engine, to_engine(request), passing);
    co_return response;
  };
  router.add("GET", "/volumes", whole(engine));
  router.add("POST", "/volumes/create", [&engine](Request& request) -> awaitable<Response> {
    auto response = co_await pass_object(engine, request, schema::kVolumeBody, Passing());
    co_return response;
  });
  router.add("POST", "/volumes/prune", whole(engine));
  router.add("GET", "/volumes/{volume}", named);
  router.add("DELETE", "/volumes/{volume}", named);
}

}  // namespace skein::api
