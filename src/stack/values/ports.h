// Published ports in their short form: "8080:80/udp", "127.0.0.1:8080:80", "9000-9001:90-91". Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::stack {

struct PortMapping {
  std::string address;  // of the host; services cannot have one
  uint16_t target = 0;
  // Several for one target port: "7000-7002:70". Zero: any.
  uint16_t published_first = 0;
  uint16_t published_last = 0;
  std::string protocol;

  // "127.0.0.1:8080:80/tcp"
  std::string text() const;
};

// Sorted as Docker's client does it: by the target's text.
Result<std::vector<PortMapping>> parse_port_mappings(std::string_view text);

}  // namespace skein::stack
