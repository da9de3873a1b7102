// Routes of /images, /volumes, /build and /commit: the engine's, with image names in Docker's short form.
#pragma once

#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// `engine` must outlive the router.
void add_image_routes(io::http::Router& router, engine::Engine& engine);
void add_volume_routes(io::http::Router& router, engine::Engine& engine);

}  // namespace skein::api
