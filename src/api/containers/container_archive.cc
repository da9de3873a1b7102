#include "api/containers/container_archive.h"

#include <nlohmann/json.hpp>

#include "api/replies/passing.h"
#include "base/bytes.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::Engine;
using io::http::BodyMode;
using io::http::Request;
using io::http::Response;

namespace {

constexpr const char* kStat = "X-Docker-Container-Path-Stat";
constexpr uint32_t kFolderBit = 1U << 31;  // of Go's FileMode

Passing about_path(Request& request) {
  Passing passing;
  passing.subject.container = request.param("id");
  passing.subject.path = request.query.get("path");
  return passing;
}

bool is_folder(const std::string& stat) {
  const auto text = from_base64(stat);
  const auto value = nlohmann::json::parse(text.ok() ? *text : "", nullptr, false);
  const auto& mode = engine::at(value, "mode");
  return mode.is_number_unsigned() && (mode.get<uint64_t>() & kFolderBit) != 0;
}

// The engine would make a folder that is not there.
awaitable<std::optional<Response>> refuse_target(Engine& engine, Request& request) {
  const Passing passing = about_path(request);
  auto ask = to_engine(request);
  ask.method = "HEAD";
  auto reply = co_await engine.call(std::move(ask));
  if (!reply.ok() || (!reply->is_success() && reply->status != 404)) co_return std::nullopt;
  if (reply->is_success()) {
    if (is_folder(std::string(reply->headers.get(kStat)))) co_return std::nullopt;
    co_return Response::of_message(400, "extraction point is not a directory");
  }
  Asked container = co_await ask_engine(
      engine, "GET", encode_path("/containers/" + passing.subject.container + "/json"), passing.subject);
  if (container.refusal) co_return container.refusal;
  co_return Response::of_message(
      404, "Could not find the file " + passing.subject.path + " in container " + passing.subject.container);
}

// Owners are those of the container's user only if it has one; the engine would make root the owner.
awaitable<void> choose_owners(Engine& engine, Request& request) {
  if (!request.query.flag("copyUIDGID")) co_return;
  Asked container = co_await ask_engine(engine, "GET", encode_path("/containers/" + request.param("id") + "/json"));
  if (engine::text_of(engine::at(container.value, "Config"), "User").empty()) request.query.remove("copyUIDGID");
}

}  // namespace

void add_archive_routes(io::http::Router& router, Engine& engine, ArchiveTold told) {
  constexpr const char* kPath = "/containers/{id}/archive";
  router.add("HEAD", kPath, [&engine](Request& request) -> awaitable<Response> {
    auto response = co_await pass_whole(engine, to_engine(request), about_path(request));
    co_return response;
  });
  router.add("GET", kPath, [&engine, told](Request& request) -> awaitable<Response> {
    auto response = co_await pass_stream(engine, to_engine(request), about_path(request));
    if (response.status < 400) co_await told(request.param("id"), "archive-path");
    co_return response;
  });
  router.add(
      "PUT", kPath,
      [&engine, told](Request& request) -> awaitable<Response> {
        if (auto refused = co_await refuse_target(engine, request)) co_return *refused;
        co_await choose_owners(engine, request);
        auto out = to_engine(request);
        out.source = request.source;
        auto response = co_await pass_whole(engine, std::move(out), about_path(request));
        if (response.status < 400) co_await told(request.param("id"), "extract-to-dir");
        co_return response;
      },
      BodyMode::kStreamed);
}

}  // namespace skein::api
