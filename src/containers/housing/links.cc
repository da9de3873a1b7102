#include "containers/housing/links.h"

#include <algorithm>

#include "engine/values/json_fields.h"

namespace skein::containers {

using engine::text_of;
using nlohmann::json;

namespace {

// "db:database", "db", and as Docker shows them, "/db:/web/database".
Link parse_link(std::string text) {
  if (text.starts_with('/')) text.erase(0, 1);
  const size_t colon = text.find(':');
  Link out{text.substr(0, colon), colon == std::string::npos ? text : text.substr(colon + 1)};
  if (out.alias.starts_with('/')) out.alias.erase(0, out.alias.rfind('/') + 1);
  return out;
}

}  // namespace

std::string alias_of_link(const std::string& text) { return parse_link(text).alias; }

std::vector<Link> links_of(const engine::NetworkingRecord& record, const std::vector<engine::WantedNetwork>& networks,
                           const std::set<std::string>& unlinked) {
  std::vector<std::string> texts = record.links;
  std::erase_if(texts, [&](const std::string& text) { return unlinked.contains(alias_of_link(text)); });
  for (const auto& network : networks)
    for (auto& text : engine::texts_of(network.settings, "Links")) texts.push_back(std::move(text));
  std::vector<Link> out;
  for (const auto& text : texts) {
    Link link = parse_link(text);
    if (!link.container.empty() && !link.alias.empty() && std::ranges::find(out, link) == out.end())
      out.push_back(std::move(link));
  }
  return out;
}

std::optional<engine::HostEntry> link_entry(const Link& link, const json& target,
                                            const std::vector<overlay::EndpointStatus>& endpoints,
                                            const std::vector<engine::WantedNetwork>& networks) {
  const auto shared = std::ranges::find_if(endpoints, [&](const overlay::EndpointStatus& endpoint) {
    return engine::find_network(networks, endpoint.network_name) || engine::find_network(networks, endpoint.network_id);
  });
  if (shared == endpoints.end()) return std::nullopt;
  std::string name = text_of(target, "Name");
  if (name.starts_with('/')) name.erase(0, 1);
  std::string names = link.alias;
  const std::string hostname = text_of(engine::at(target, "Config"), "Hostname");
  for (const std::string& other : {hostname, name})
    if (!other.empty() && other != link.alias) names += " " + other;
  return engine::HostEntry{shared->address.text(), names};
}

}  // namespace skein::containers
