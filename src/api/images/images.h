// Routes of /images, /build and /commit: the engine's, with image names in Docker's short form.
#pragma once

#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// All that have a name or are no part of another, as GET /images/json shows them.
boost::asio::awaitable<io::http::Response> list_images(engine::Engine& engine, io::http::ApiVersion version);

// `engine` must outlive the router.
void add_image_routes(io::http::Router& router, engine::Engine& engine);

}  // namespace skein::api
