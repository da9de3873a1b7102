// Addresses in tests, as they are written.
#pragma once

#include <string>

#include "base/address.h"

namespace skein {

inline Ipv4 ip(const std::string& text) { return Ipv4::parse(text).value(); }

}  // namespace skein
