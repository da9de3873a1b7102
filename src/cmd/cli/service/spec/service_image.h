// Which image a service is pinned to.
#pragma once

#include <string>

#include "cmd/cli/daemon/daemon.h"

namespace skein::cli {

// "alpine" is "alpine:latest"; a tag or a digest stays.
std::string with_tag(const std::string& image);

// Asks the registry, through the daemon, for the digest of the spec's image and the platforms that it is for, and puts
// them into the spec. A text for stderr when it cannot be asked: the service works without.
std::string resolve_image(Daemon& daemon, Json& spec, const std::string& registry_auth);

}  // namespace skein::cli
