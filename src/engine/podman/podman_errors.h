// Podman's answers that are errors. Pure.
#pragma once

#include "engine/errors.h"
#include "io/http/http_client.h"

namespace skein::engine {

// In Docker's words and with the code of Docker's status.
inline Error podman_error(const io::http::Reply& reply, const ErrorSubject& subject) {
  const DockerError error = docker_error(reply.status, reply.message(), subject);
  return make_error(code_of_status(error.status), error.message);
}

}  // namespace skein::engine
