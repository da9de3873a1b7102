// What clients ask of registries through the daemon: GET /distribution/{name}/json and POST /auth.
#pragma once

#include "io/http/router.h"

namespace skein::api {

void add_registry_routes(io::http::Router& router);

}  // namespace skein::api
