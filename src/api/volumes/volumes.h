// Routes of /volumes. The engine keeps the volumes; what users ask for is decided here, because the engine's own prune
// takes volumes that have a name, and its removal takes a prefix of a name for the whole.
#pragma once

#include "api/replies/passing.h"
#include "base/random.h"
#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// Every volume, as GET /volumes shows it.
boost::asio::awaitable<Asked> all_volumes(engine::Engine& engine);

// All references must outlive the router.
void add_volume_routes(io::http::Router& router, engine::Engine& engine, Random& random);

}  // namespace skein::api
