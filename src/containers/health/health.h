// How a container is, as its health check says (Docker's four words).
#pragma once

#include <cstdint>

namespace skein::containers {

enum class Health : uint8_t {
  kUnchecked,  // no healthcheck
  kStarting,   // no check has succeeded yet
  kHealthy,
  kUnhealthy,
};

}  // namespace skein::containers
