// The coroutine behind Daemon::run_streams.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "cmd/cli/daemon/container_streams.h"
#include "io/http/http_client.h"

namespace skein::cli {

// Until the container has ended, or the user detached. Errors have the text that a user sees.
boost::asio::awaitable<Result<StreamsEnd>> join_streams(io::http::Client& client, const StreamsPlan& plan);

// "Error response from daemon: <message>" with the code of the status.
Error daemon_error(int status, const std::string& message);

}  // namespace skein::cli
