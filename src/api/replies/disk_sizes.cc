#include "api/replies/disk_sizes.h"

#include "api/replies/passing.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;

int64_t bytes_at(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

DiskSizes disk_sizes(const json& engine_usage) {
  DiskSizes out;
  for (const json& image : at(engine_usage, "Images"))
    out.images["sha256:" + text_of(image, "ImageID")] = {bytes_at(image, "SharedSize"), bytes_at(image, "UniqueSize")};
  for (const json& container : at(engine_usage, "Containers"))
    out.containers[text_of(container, "ContainerID")] = bytes_at(container, "RWSize");
  for (const json& volume : at(engine_usage, "Volumes"))
    out.volumes[text_of(volume, "VolumeName")] = bytes_at(volume, "Size");
  return out;
}

awaitable<DiskSizes> disk_usage(engine::Engine& engine) {
  const Asked asked = co_await ask_engine(engine, "GET", "/libpod/system/df");
  co_return disk_sizes(asked.value);
}

}  // namespace skein::api
