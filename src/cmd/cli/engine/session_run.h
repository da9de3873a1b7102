// The coroutine behind Engine::run_session.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "cmd/cli/engine/session.h"
#include "io/http/client.h"

namespace skein::cli {

// Until the container has ended, or the user detached. Errors have the text that a user sees.
boost::asio::awaitable<Result<SessionEnd>> session(io::http::Client& client, const SessionPlan& plan);

// "Error response from daemon: <message>" with the code of the status.
Error daemon_error(int status, const std::string& message);

}  // namespace skein::cli
