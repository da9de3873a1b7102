// The daemons of a lab's hosts, over their API sockets.
#pragma once

#include <string>

#include "base/result.h"
#include "cmd/lab/network/layout.h"

namespace skein::lab {

// Is there a program to run as daemon at all?
Result<void> check_daemon_program();

// Starts the host's daemon, without waiting for it to answer.
Result<void> start_daemon(const std::string& lab, const std::string& host);

// Until GET /_ping is answered, at most 10 s. The error shows the tail of the daemon's log.
Result<void> await_daemon(const std::string& lab, const std::string& host);

// kill -9.
Result<void> kill_daemon(const std::string& lab, const std::string& host);

// POST /images/load. `image` is a tar as `docker save` writes it.
Result<void> load_image(const std::string& lab, const std::string& host, const std::string& image);

}  // namespace skein::lab
