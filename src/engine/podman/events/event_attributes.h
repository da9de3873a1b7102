// What Docker tells of containers, images and volumes in their events, out of what Podman tells. Pure.
#pragma once

#include <nlohmann/json.hpp>

namespace skein::engine {

// Labels, name, and the image as the user called it. `container`: an inspection, or as much of it.
nlohmann::json container_attributes(const nlohmann::json& container);

// `event` is one of an image or a volume, with Docker's action; ids of images get their "sha256:".
void complete_image_event(nlohmann::json& event);
void complete_volume_event(nlohmann::json& event);

}  // namespace skein::engine
