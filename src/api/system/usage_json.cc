#include "api/system/usage_json.h"

#include <algorithm>
#include <iterator>

#include "api/replies/put.h"
#include "engine/values/json_fields.h"

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

bool is_active_container(const json& container) {
  const std::string state = text_of(container, "State");
  return state == "running" || state == "paused" || state == "restarting";
}

// Members that are 0 are left out, as Docker does.
json sum_json(int64_t active, int64_t total, int64_t size_bytes, int64_t reclaimable_bytes, const json& items) {
  json out = json::object();
  put_number(out, "ActiveCount", active);
  put_number(out, "TotalCount", total);
  put_number(out, "TotalSize", size_bytes);
  put_number(out, "Reclaimable", reclaimable_bytes);
  if (!items.empty()) out["Items"] = items;
  return out;
}

json images_sum(const json& images, int64_t layers_bytes) {
  int64_t active = 0, used_bytes = 0;
  for (const json& image : images) {
    if (bytes_at(image, "Containers") == 0) continue;
    ++active;
    used_bytes += bytes_at(image, "Size") - bytes_at(image, "SharedSize");
  }
  return sum_json(active, std::ssize(images), layers_bytes, std::max<int64_t>(0, layers_bytes - used_bytes), images);
}

json containers_sum(const json& containers) {
  int64_t active = 0, size_bytes = 0, reclaimable_bytes = 0;
  for (const json& container : containers) {
    const int64_t bytes = bytes_at(container, "SizeRw");
    size_bytes += bytes;
    if (is_active_container(container))
      ++active;
    else
      reclaimable_bytes += bytes;
  }
  return sum_json(active, std::ssize(containers), size_bytes, reclaimable_bytes, containers);
}

json volumes_sum(const json& volumes) {
  int64_t active = 0, size_bytes = 0, reclaimable_bytes = 0;
  for (const json& volume : volumes) {
    const json& usage = at(volume, "UsageData");
    const int64_t bytes = std::max<int64_t>(0, bytes_at(usage, "Size"));  // -1: not known
    size_bytes += bytes;
    if (bytes_at(usage, "RefCount") > 0)
      ++active;
    else
      reclaimable_bytes += bytes;
  }
  return sum_json(active, std::ssize(volumes), size_bytes, reclaimable_bytes, volumes);
}

void put_sums(json& out, const UsageParts& parts, int64_t layers_bytes, const std::set<std::string>& types) {
  if (types.contains("image")) out["ImageUsage"] = images_sum(parts.images, layers_bytes);
  if (types.contains("container")) out["ContainerUsage"] = containers_sum(parts.containers);
  if (types.contains("volume")) out["VolumeUsage"] = volumes_sum(parts.volumes);
  if (types.contains("build-cache")) out["BuildCacheUsage"] = json::object();
}

void put_lists(json& out, UsageParts parts, int64_t layers_bytes, const std::set<std::string>& types, bool tells_null) {
  auto put = [&](const char* type, const char* member, json value) {
    if (types.contains(type))
      out[member] = std::move(value);
    else if (tells_null)
      out[member] = nullptr;
  };
  put("image", "LayersSize", layers_bytes);
  if (tells_null && !types.contains("image")) out["LayersSize"] = 0;
  put("image", "Images", std::move(parts.images));
  put("container", "Containers", std::move(parts.containers));
  put("volume", "Volumes", std::move(parts.volumes));
  put("build-cache", "BuildCache", json::array());
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

UsageForm usage_form(const io::http::Request& request) {
  if (request.version < io::http::ApiVersion{1, 52}) return UsageForm::kLists;
  return request.query.flag("verbose") ? UsageForm::kSums : UsageForm::kBoth;
}

json usage_json(UsageParts parts, const DiskSizes& sizes, const std::set<std::string>& types, UsageForm form) {
  const int64_t layers_bytes = images_with_sizes(parts.images, parts.containers, sizes);
  put_usage(parts.volumes, parts.containers, sizes);
  json out = json::object();
  if (form != UsageForm::kLists) put_sums(out, parts, layers_bytes, types);
  if (form != UsageForm::kSums) put_lists(out, std::move(parts), layers_bytes, types, form == UsageForm::kLists);
  return out;
}

}  // namespace skein::api
