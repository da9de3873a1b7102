// Podman's error answers in Docker's words and with Docker's status. Pure.
#pragma once

#include <string>

#include "base/result.h"

namespace skein::engine {

// What was asked for, to name it in the message as the user wrote it.
struct ErrorSubject {
  std::string container;  // name or id in the request; empty if it was not about a container
  std::string image;
};

struct DockerError {
  int status = 500;
  std::string message;
};

// `status` and `message` are those of Podman's answer.
DockerError docker_error(int status, const std::string& message, const ErrorSubject& subject);

// The code whose http_status is `status`.
Code code_of_status(int status);

}  // namespace skein::engine
