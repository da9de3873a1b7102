// Podman's error answers in Docker's words and with Docker's status. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace skein::engine {

// What was asked for, to name it in the message as the user wrote it.
struct ErrorSubject {
  std::string container;  // name or id in the request; empty if it was not about a container
  std::string image;
  std::string path;     // in the container, of which the request is
  std::string command;  // the program that a container or an exec was to run, where that is known
};

struct DockerError {
  int status = 500;
  std::string message;
};

// `status` and `message` are those of Podman's answer.
DockerError docker_error(int status, const std::string& message, const ErrorSubject& subject);

// What crun says of a command that it cannot start, in runc's words, in which Docker's clients look for their exit
// code: `exec: "x": executable file not found in $PATH`. Nothing for any other text.
std::optional<std::string> command_error(const std::string& message, const std::string& command);

// The question fell into the moment in which a container's process was gone and the engine had not noticed. To be
// repeated.
bool is_of_ending_container(int status, const std::string& message);

// With what a client of Docker's exits after this error of a start.
int exit_code_of_start_error(const std::string& message);

// The code whose http_status is `status`.
Code code_of_status(int status);

}  // namespace skein::engine
