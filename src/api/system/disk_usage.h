// Route /system/df: how much room on the disk what the engine keeps takes.
#pragma once

#include "api/containers/containers.h"
#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// All references must outlive the router.
void add_disk_usage_route(io::http::Router& router, engine::Engine& engine, Containers& containers);

}  // namespace skein::api
