// `--link db:database`: the container finds another one by name, in its hosts, as that had its addresses when it was
// started. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/values/networking_record.h"
#include "overlay/endpoints/container_networks.h"

namespace skein::containers {

struct Link {
  std::string container;  // name or id
  std::string alias;
  bool operator==(const Link&) const = default;
};

// What the user asked for, of the container or of its endpoints; each once. Those of the container by the aliases in
// `unlinked` he has taken away again.
std::vector<Link> links_of(const engine::NetworkingRecord& record, const std::vector<engine::WantedNetwork>& networks,
                           const std::set<std::string>& unlinked);

// "database" of "db:database" and of "/db:/web/database".
std::string alias_of_link(const std::string& text);

// `target`: the other one's inspection, `endpoints` its addresses. None if it is on none of these networks.
std::optional<engine::HostEntry> link_entry(const Link& link, const nlohmann::json& target,
                                            const std::vector<overlay::EndpointStatus>& endpoints,
                                            const std::vector<engine::WantedNetwork>& networks);

}  // namespace skein::containers
