// PodmanEngine: the life of containers.
#include "base/random.h"
#include "engine/podman/podman_change.h"
#include "engine/podman/podman_errors.h"
#include "engine/podman/spec/create_spec.h"
#include "engine/podman/spec/log_driver.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using boost::asio::awaitable;
using io::http::percent_encode;

awaitable<Result<CreatedContainer>> PodmanEngine::create(std::string name, nlohmann::json spec) {
  if (!spec.is_object()) co_return make_error(Code::kInvalidArgument, "container spec is no JSON object");
  ErrorSubject subject{.container = name};
  if (spec.contains("Image") && spec["Image"].is_string()) subject.image = spec["Image"];
  PodmanCreateContext context{.cgroup_parent = options_.cgroup_parent};
  if (options_.open_files_max) context.ulimits["nofile"] = options_.open_files_max;
  if (options_.tasks_max) context.ulimits["nproc"] = options_.tasks_max;
  context.new_name = [] { return system_random().hex(64); };
  const LogLimit limit = log_limit(at(at(spec, "HostConfig"), "LogConfig"));
  nlohmann::json labels = nlohmann::json::object();
  if (!subject.image.empty()) {
    SKEIN_CO_TRY_ASSIGN(const nlohmann::json image, co_await look_at_image(subject.image));
    labels = object_of(at(image, "Config"), "Labels");
    context.image_environment = texts_of(at(image, "Config"), "Env");
    if (at(at(spec, "HostConfig"), "ReadonlyRootfs") == true)
      context.image_volumes = object_of(at(image, "Config"), "Volumes");
  }
  auto wanted = podman_create(std::move(spec), context);
  if (!wanted.ok()) co_return wanted.error();
  for (const auto& volume : wanted->volumes) {
    auto made = co_await make_volume(volume);
    if (!made.ok()) co_return made.error();
  }
  labels.update(object_of(wanted->body, "Labels"));
  std::string target = "/containers/create";
  if (!name.empty()) target += "?name=" + percent_encode(name);
  auto reply = co_await post(target, std::move(wanted->body));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, subject);
  auto answer = reply->json();
  if (!answer.ok()) co_return answer.error();
  CreatedContainer created;
  created.id = answer->value("Id", "");
  if (!created.id.empty()) logs_.on_container(created.id, limit);
  nlohmann::json config{{"Image", subject.image}, {"Labels", std::move(labels)}};
  co_await tell_created(created.id, name, std::move(config));
  if (answer->contains("Warnings") && (*answer)["Warnings"].is_array())
    for (const auto& warning : (*answer)["Warnings"])
      if (warning.is_string()) created.warnings.push_back(warning);
  co_return created;
}

// Who is given no name gets one of the engine's.
awaitable<void> PodmanEngine::tell_created(std::string id, std::string name, nlohmann::json config) {
  nlohmann::json container{{"Id", id}, {"Name", "/" + name}, {"Config", std::move(config)}};
  if (name.empty()) {
    auto shown = co_await inspect(id);
    if (!shown.ok()) co_return;
    container = std::move(*shown);
  }
  life_events_.on_created(container, system_clock().wall());
}

awaitable<Result<void>> PodmanEngine::start(std::string id) {
  auto reply = co_await post("/containers/" + percent_encode(id) + "/start", nullptr);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success() && reply->status != 304) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<void>> PodmanEngine::stop(std::string id, int timeout_s) {
  auto reply = co_await post("/containers/" + percent_encode(id) + "/stop?t=" + std::to_string(timeout_s), nullptr);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success() && reply->status != 304) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<void>> PodmanEngine::kill(std::string id, std::string signal) {
  auto reply = co_await post("/containers/" + percent_encode(id) + "/kill?signal=" + percent_encode(signal), nullptr);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<void>> PodmanEngine::remove(std::string id, bool is_forced) {
  // Compat's force waits 10 s for the container's reaction; libpod's can be told not to.
  std::string target =
      "/libpod/containers/" + percent_encode(id) + (is_forced ? "?force=true&timeout=0&volumes=true" : "?volumes=true");
  auto reply = co_await call(podman_request("DELETE", target));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success() && reply->status != 404) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<nlohmann::json>> PodmanEngine::inspect(std::string id) {
  auto reply = co_await call_as_is(podman_request("GET", "/containers/" + percent_encode(id) + "/json"));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.container = id});
  co_return reply->json();
}

awaitable<Result<void>> PodmanEngine::unpause(std::string id) {
  auto reply = co_await post("/containers/" + percent_encode(id) + "/unpause", nullptr);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

}  // namespace skein::engine
