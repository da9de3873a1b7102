// Docker's JSON of swarm objects, both ways. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "model/objects.h"
#include "store/tables.h"

namespace skein::api {

namespace swarm = docker::swarmkit::v1;

// As Docker writes times: with nanoseconds, but without zeros at their end.
std::string to_rfc3339(const google::protobuf::Timestamp& timestamp);

// Version, CreatedAt and UpdatedAt, as every object has them.
void add_meta(nlohmann::json& out, const swarm::Meta& meta);

nlohmann::json cluster_spec_to_json(const swarm::ClusterSpec& spec);
// What the user left out is taken from `before`.
Result<swarm::ClusterSpec> cluster_spec_from_json(const nlohmann::json& json, swarm::ClusterSpec before);
// GET /swarm without JoinTokens, and Swarm.Cluster of GET /info.
nlohmann::json cluster_to_json(const swarm::Cluster& cluster);
nlohmann::json tls_info_to_json(const swarm::NodeTLSInfo& info);

nlohmann::json node_to_json(const swarm::Node& node);
Result<swarm::NodeSpec> node_spec_from_json(const nlohmann::json& json);
Result<swarm::Availability> availability_from_text(const std::string& text);  // "" is active

// `scope` is "swarm" or "local".
nlohmann::json network_to_json(const swarm::Network& network, const std::string& scope);
// The body of POST /networks/create. Errors in Docker's words.
Result<swarm::NetworkSpec> network_spec_from_json(const nlohmann::json& json);

}  // namespace skein::api
