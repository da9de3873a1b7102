// HEAD, GET and PUT /containers/{id}/archive: what `docker cp` asks for.
#pragma once

#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// `engine` outlives the router.
void add_archive_routes(io::http::Router& router, engine::Engine& engine);

}  // namespace skein::api
