#include "api/system/usage_json.h"

#include <algorithm>

#include "engine/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

int64_t images_with_sizes(json& images, const json& containers, const DiskSizes& sizes) {
  int64_t layers_bytes = 0, shared_bytes = 0;
  for (json& image : images) {
    const std::string id = text_of(image, "Id");
    image["Containers"] =
        std::ranges::count_if(containers, [&](const json& container) { return text_of(container, "ImageID") == id; });
    const auto found = sizes.images.find(id);
    image["SharedSize"] = found == sizes.images.end() ? 0 : found->second.shared;
    layers_bytes += found == sizes.images.end() ? bytes_at(image, "Size") : found->second.unique;
    shared_bytes = std::max(shared_bytes, found == sizes.images.end() ? 0 : found->second.shared);
  }
  // What images share is counted once: as much as the one that shares most.
  return layers_bytes + shared_bytes;
}

void put_usage(json& volumes, const json& containers, const DiskSizes& sizes) {
  std::map<std::string, int64_t> references;
  for (const json& container : containers)
    for (const json& mount : at(container, "Mounts")) ++references[text_of(mount, "Name")];
  for (json& volume : volumes) {
    const std::string name = text_of(volume, "Name");
    const auto size = sizes.volumes.find(name);
    volume["UsageData"] = {{"RefCount", references[name]}, {"Size", size == sizes.volumes.end() ? -1 : size->second}};
  }
}

}  // namespace

Result<std::set<std::string>> usage_types(const std::vector<std::string>& types) {
  static const std::set<std::string> kTypes{"build-cache", "container", "image", "volume"};
  if (types.empty()) return kTypes;
  for (const auto& type : types)
    if (!kTypes.contains(type))
      return make_error(Code::kInvalidArgument, "unknown object type: " + type.substr(0, 100));
  return std::set<std::string>(types.begin(), types.end());
}

json usage_json(UsageParts parts, const DiskSizes& sizes, const std::set<std::string>& types) {
  const int64_t layers_bytes = images_with_sizes(parts.images, parts.containers, sizes);
  put_usage(parts.volumes, parts.containers, sizes);
  auto asked = [&](const char* type, json value) { return types.contains(type) ? std::move(value) : json(); };
  return {{"LayersSize", types.contains("image") ? layers_bytes : 0},
          {"Images", asked("image", std::move(parts.images))},
          {"Containers", asked("container", std::move(parts.containers))},
          {"Volumes", asked("volume", std::move(parts.volumes))},
          {"BuildCache", asked("build-cache", json::array())}};
}

}  // namespace skein::api
