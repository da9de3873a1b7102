// Volumes as Docker's API has them, in requests to Podman and its answers. Pure.
#pragma once

#include "io/http/http_client.h"

namespace skein::engine {

bool is_of_podman_volumes(const io::http::ClientRequest& request);

// Of one that makes a volume the body is put into Podman's words; all others stay. kInvalidArgument: Podman cannot make
// such a volume.
Result<void> translate_volume(io::http::ClientRequest& request);

// One volume, or a list of them, with the options that were asked for.
void present_volumes(io::http::Reply& reply);

}  // namespace skein::engine
