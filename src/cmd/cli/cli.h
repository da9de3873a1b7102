// The `skein` command line: Docker's verbs, flags and output, over HTTP on the daemon's unix socket.
//
// The socket is that of -H/--host, else $SKEIN_HOST, else $DOCKER_HOST, else unix:///run/skein/skein.sock.
#pragma once

#include <string>
#include <vector>

namespace skein::cli {

// Runs one command and returns the program's exit status: 0, 1 for a failure, 125 for a wrong flag or a container that
// could not be started, otherwise that of the container's command.
int cli_main(int argc, char** argv);

// The same for words without the program's name.
int run_words(const std::vector<std::string>& words);

}  // namespace skein::cli
