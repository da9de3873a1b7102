// Kernel settings below /proc/sys, of the caller's network namespace.
#pragma once

#include <string>

#include "base/result.h"

namespace skein::kernel::net {

// `name` with slashes: "net/ipv4/ip_forward". kNotFound when the kernel has no such setting. Trailing blanks are cut.
Result<std::string> read_sysctl(const std::string& name);
Result<void> write_sysctl(const std::string& name, const std::string& value);

// A kernel without IPv6, and a device too small for it, have no such settings and refuse those of netlink.
bool has_ipv6(const std::string& interface);

}  // namespace skein::kernel::net
