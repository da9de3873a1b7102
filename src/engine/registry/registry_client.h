// Questions that the daemon asks registries by itself. Pulling and pushing is the engine's work.
//
// Registries on this host's loopback may speak plain HTTP, or TLS that nobody vouches for, as with Docker; all others
// speak TLS, verified by the host's roots and by what is in /etc/docker/certs.d/<registry>/*.crt.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json_fwd.hpp>

#include "engine/registry/registry_words.h"

namespace skein::engine {

// Digest and platforms of an image, as GET /distribution/…/json answers. Errors in Docker's words.
boost::asio::awaitable<Result<nlohmann::json>> ask_distribution(std::string image, RegistryCredentials credentials);

// Does the registry of `credentials.server` know them? Docker's daemon has no code for those that it does not.
boost::asio::awaitable<Result<void>> check_login(RegistryCredentials credentials);

}  // namespace skein::engine
