// Bytes and packets of a container's interfaces, as GET /containers/{id}/stats shows them.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace skein::api {

// From the text of /proc/PID/net/dev: interface name → counters, without the loopback; lines that are none are left
// out. Pure.
nlohmann::json network_counters(std::string_view proc_net_dev);

// Of the network that this process is in. Null when there is no such process, or when it is not in the namespace at
// `netns_path` (empty: any will do): its number may be another's by now.
nlohmann::json read_network_counters(pid_t process, const std::string& netns_path);

}  // namespace skein::api
