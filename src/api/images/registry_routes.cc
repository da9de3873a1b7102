#include "api/images/registry_routes.h"

#include <nlohmann/json.hpp>

#include "base/text/image_reference.h"
#include "engine/registry/registry_client.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::Request;
using io::http::Response;
using nlohmann::json;

namespace {

awaitable<Response> show_distribution(Request& request) {
  const std::string name = request.param("name");
  if (auto checked = check_image_reference(name); !checked.ok()) co_return Response::of_error(checked.error());
  // Docker takes a header that cannot be read for none.
  engine::RegistryCredentials credentials;
  if (auto read = engine::credentials_of_header(request.headers.get("X-Registry-Auth")); read.ok())
    credentials = std::move(*read);
  auto shown = co_await engine::ask_distribution(name, std::move(credentials));
  co_return shown.ok() ? Response::of_json(200, *shown) : Response::of_error(shown.error());
}

awaitable<Response> check_login(Request& request) {
  auto credentials = engine::credentials_of(json::parse(request.body, nullptr, false));
  if (!credentials.ok()) co_return Response::of_message(400, "invalid JSON");
  auto known = co_await engine::check_login(std::move(*credentials));
  if (!known.ok()) co_return Response::of_error(known.error());
  json out{{"IdentityToken", ""}, {"Status", "Login Succeeded"}};
  co_return Response::of_json(200, out);
}

}  // namespace

void add_registry_routes(io::http::Router& router) {
  router.add("GET", "/distribution/{name*}/json", show_distribution);
  router.add("POST", "/auth", check_login);
}

}  // namespace skein::api
