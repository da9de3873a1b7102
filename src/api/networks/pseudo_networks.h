// `host` and `none`: networks that users see and name, but that are only ways of running a container without one of
// ours. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace skein::api {

// As `network ls` shows them. Their ids are this host's own and stay: derived from the id of its default network.
std::vector<nlohmann::json> pseudo_networks(const std::string& default_network_id);

// One that is no network of ours, with nothing on it.
nlohmann::json pseudo_network(const std::string& name, const std::string& driver,
                              const std::string& default_network_id);

}  // namespace skein::api
