// HEAD, GET and PUT /containers/{id}/archive: what `docker cp` asks for.
#pragma once

#include <functional>
#include <string>

#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// `engine` outlives the router. `told`: what was done to which container, by Docker's names of events.
using ArchiveTold = std::function<boost::asio::awaitable<void>(std::string container, std::string action)>;
void add_archive_routes(io::http::Router& router, engine::Engine& engine, ArchiveTold told);

}  // namespace skein::api
