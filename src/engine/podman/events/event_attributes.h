// What Docker tells of images and volumes in their events, out of what Podman tells. Pure.
#pragma once

#include <nlohmann/json.hpp>

namespace skein::engine {

// `event` is one of an image or a volume, with Docker's action; ids of images get their "sha256:".
void complete_image_event(nlohmann::json& event);
void complete_volume_event(nlohmann::json& event);

}  // namespace skein::engine
