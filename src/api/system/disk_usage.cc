#include "api/system/disk_usage.h"

#include <nlohmann/json.hpp>

#include "api/images/images.h"
#include "api/replies/disk_sizes.h"
#include "api/replies/passing.h"
#include "api/system/usage_json.h"
#include "api/volumes/volumes.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::Request;
using io::http::Response;
using nlohmann::json;

namespace {

awaitable<Response> answer_usage(engine::Engine& engine, Containers& containers, const Request& request) {
  const bool chooses = request.version >= io::http::ApiVersion{1, 42};
  const auto types = usage_types(chooses ? request.query.all("type") : std::vector<std::string>());
  if (!types.ok()) co_return Response::of_error(types.error());
  UsageParts parts;
  Response images = co_await list_images(engine, request.version);
  if (images.status >= 400) co_return images;
  parts.images = json::parse(images.body, nullptr, false);
  auto listed = co_await containers.all_with_sizes(request.version);
  if (listed.status >= 400) co_return listed;
  parts.containers = json::parse(listed.body, nullptr, false);
  Asked volumes = co_await all_volumes(engine);
  if (volumes.refusal) co_return *volumes.refusal;
  parts.volumes = std::move(volumes.value);
  const DiskSizes sizes = co_await disk_usage(engine);
  const json shown = usage_json(std::move(parts), sizes, *types, usage_form(request));
  co_return Response::of_json(200, shown);
}

}  // namespace

void add_disk_usage_route(io::http::Router& router, engine::Engine& engine, Containers& containers) {
  router.add("GET", "/system/df",
             [&engine, &containers](Request& request) { return answer_usage(engine, containers, request); });
}

}  // namespace skein::api
