// How much room on the disk what the engine keeps takes; route /system/df.
#pragma once

#include "api/containers.h"
#include "api/usage_json.h"
#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// Empty where the engine does not tell.
boost::asio::awaitable<DiskSizes> disk_usage(engine::Engine& engine);

// All references must outlive the router.
void add_disk_usage_route(io::http::Router& router, engine::Engine& engine, Containers& containers);

}  // namespace skein::api
