// PodmanEngine: images.
#include "engine/podman/events/events.h"
#include "engine/podman/podman_change.h"
#include "engine/podman/podman_errors.h"
#include "engine/registry/registry_words.h"
#include "engine/values/image_names.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using boost::asio::awaitable;
using io::http::ClientRequest;
using io::http::percent_encode;

awaitable<Result<void>> PodmanEngine::pull(std::string image, std::string registry_auth) {
  ClientRequest request = podman_request("POST", "/images/create?fromImage=" + percent_encode(image));
  if (!registry_auth.empty()) request.headers.set("X-Registry-Auth", registry_auth);
  auto reply = co_await call(std::move(request));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.image = image});
  // Failures after the first byte come as a line of the progress.
  LineSplitter lines;
  lines.add(reply->body);
  lines.add("\n");
  while (auto line = lines.next()) {
    auto progress = nlohmann::json::parse(*line, nullptr, false);
    if (progress.is_object() && progress.contains("error") && progress["error"].is_string())
      co_return make_error(Code::kNotFound, registry_failure(progress["error"].get<std::string>(), image));
  }
  co_return Result<void>();
}

// The engine finds more than the name means.
awaitable<Result<nlohmann::json>> PodmanEngine::look_at_image(std::string name) {
  auto reply = co_await call(podman_request("GET", "/images/" + percent_encode(name) + "/json"));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.image = name});
  auto image = reply->json();
  if (image.ok() && !is_image_named(*image, name))
    co_return make_error(Code::kNotFound, "No such image: " + with_tag(name));
  co_return image;
}

awaitable<Result<bool>> PodmanEngine::has_image(std::string image) {
  auto found = co_await look_at_image(std::move(image));
  if (!found.ok() && found.error().code != Code::kNotFound) co_return found.error();
  co_return found.ok();
}

// Of libpod's inspection: Docker's kind of it leaves the check out.
awaitable<Result<nlohmann::json>> PodmanEngine::health_check_of_image(std::string image) {
  SKEIN_CO_TRY_ASSIGN(auto reply,
                      co_await call(podman_request("GET", "/libpod/images/" + percent_encode(image) + "/json")));
  const auto shown = reply.json();
  if (!reply.is_success() || !shown.ok()) co_return nlohmann::json();
  co_return at(*shown, "Healthcheck");
}

}  // namespace skein::engine
