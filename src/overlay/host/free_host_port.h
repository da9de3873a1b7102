// The number of a published port of a container that asks for any (`-p 80`, `-P`). Those of services come from the
// manager (control/allocator/taken_ports.h).
#pragma once

#include <cstdint>
#include <string>

namespace skein::overlay {

// A TCP or UDP port ("80/tcp") of the host that nobody uses now; 0 if there is none.
uint16_t free_host_port(const std::string& port_spec);

}  // namespace skein::overlay
