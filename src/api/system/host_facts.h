// What this host is, as `info` and `version` tell it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::api {

// None of these change while the daemon runs.
struct HostFacts {
  std::string kernel;            // "6.1.0-18-amd64"
  std::string machine;           // "x86_64"
  std::string operating_system;  // "Debian GNU/Linux 12 (bookworm)"
  std::string os_version;        // "12"
  unsigned cpus = 1;
  int64_t memory_bytes = 0;
  int cgroup_version = 2;

  // As Go calls the machine: "amd64".
  std::string architecture() const;
};

// Asks the kernel and reads /etc/os-release; fields of what cannot be read stay as above.
HostFacts read_host_facts();

// Of /etc/os-release: the value of `name` without its quotes, empty when it is not there. Pure.
std::string os_release_value(std::string_view text, std::string_view name);

// Of this host now: its name, whether it forwards packets, and this process's open descriptors.
std::string host_name();
bool forwards_ipv4();
int64_t open_descriptors();

}  // namespace skein::api
