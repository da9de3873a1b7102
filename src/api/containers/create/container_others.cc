#include "api/containers/create/container_others.h"

#include <algorithm>

#include "api/replies/passing.h"
#include "engine/values/image_names.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

std::string architecture_name(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name == "x86_64" || name == "x86-64") return "amd64";
  if (name == "aarch64") return "arm64";
  if (name == "i386") return "386";
  return name;
}

std::string part_before(const std::string& text, char end) { return text.substr(0, text.find(end)); }

}  // namespace

bool fits_platform(const std::string& platform, const std::string& system, const std::string& architecture) {
  const std::string wanted_system = part_before(platform, '/');
  if (wanted_system.size() == platform.size())  // one word may be either
    return platform == system || architecture_name(platform) == architecture_name(architecture);
  const std::string rest = platform.substr(wanted_system.size() + 1);
  return wanted_system == system && architecture_name(part_before(rest, '/')) == architecture_name(architecture);
}

awaitable<std::optional<Response>> refuse_others(engine::Engine& engine, const json& host_config) {
  for (const auto& entry : engine::texts_of(host_config, "VolumesFrom")) {
    const std::string name = part_before(entry, ':');
    const auto found = co_await engine.inspect(name);
    if (!found.ok() && found.error().code == Code::kNotFound)
      co_return Response::of_message(400, "No such container: " + name);
  }
  for (const auto& entry : engine::texts_of(host_config, "Links")) {
    const std::string name = part_before(entry, ':');
    const auto found = co_await engine.inspect(name);
    if (!found.ok() && found.error().code == Code::kNotFound)
      co_return Response::of_message(400, "could not get container for " + name + (": No such container: " + name));
  }
  co_return std::nullopt;
}

awaitable<std::optional<Response>> refuse_platform(engine::Engine& engine, std::string image, std::string platform) {
  if (platform.empty()) co_return std::nullopt;
  Asked found = co_await ask_engine(engine, "GET", encode_path("/images/" + image + "/json"));
  if (found.refusal || !engine::is_image_named(found.value, image)) co_return std::nullopt;
  const std::string system = text_of(found.value, "Os"), architecture = text_of(found.value, "Architecture");
  if (fits_platform(platform, system, architecture)) co_return std::nullopt;
  co_return Response::of_message(404, "image with reference " + engine::with_tag(image) +
                                          " was found but its platform (" + system + "/" + architecture +
                                          ") does not match the specified platform (" + platform + ")");
}

}  // namespace skein::api
