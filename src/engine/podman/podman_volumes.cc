#include "engine/podman/podman_volumes.h"

#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "engine/podman/podman_engine.h"
#include "engine/podman/podman_errors.h"
#include "engine/podman/spec/mount_spec.h"

namespace skein::engine {

bool is_of_podman_volumes(const io::http::ClientRequest& request) { return request.target.starts_with("/volumes"); }

Result<void> translate_volume(io::http::ClientRequest& request) {
  if (request.method != "POST" || request.target != "/volumes/create") return {};
  auto parsed = nlohmann::json::parse(request.body, nullptr, false);
  if (!parsed.is_object()) return {};  // the engine says what is wrong with it
  SKEIN_TRY_ASSIGN(nlohmann::json volume, podman_volume(std::move(parsed)));
  request.body = json_text(volume);
  return {};
}

void present_volumes(io::http::Reply& reply) {
  auto shown = nlohmann::json::parse(reply.body, nullptr, false);
  if (!shown.is_object()) return;
  present_volume_options(shown);
  if (auto all = shown.find("Volumes"); all != shown.end() && all->is_array())
    for (auto& volume : *all) present_volume_options(volume);
  reply.body = json_text(shown);
}

// PodmanEngine: a volume that a container is to have.
boost::asio::awaitable<Result<void>> PodmanEngine::make_volume(nlohmann::json volume) {
  auto reply = co_await post("/volumes/create", std::move(volume));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {});
  co_return Result<void>();
}

}  // namespace skein::engine
