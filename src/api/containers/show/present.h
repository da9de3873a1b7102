// The engine's JSON made into what Docker answers: our label and mounts taken out, networks and ports put in, image
// names in Docker's short form. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "containers/housing/network_request.h"
#include "engine/values/networking_record.h"
#include "io/http/message.h"
#include "overlay/endpoints/container_networks.h"

namespace skein::api {

// Seconds between the stop signal and SIGKILL.
inline constexpr int kStopTimeoutDefault_s = 10;

// What is known of a container's networks now.
struct NetworkingState {
  std::vector<overlay::EndpointStatus> endpoints;
  overlay::ContainerState container;
  std::string files_folder;            // its own
  std::vector<std::string> own_roots;  // mounts from here are ours
};

// NetworkSettings.Networks: what was asked of each network, and the addresses of endpoints that are attached.
nlohmann::json present_networks(const engine::NetworkingRecord& record, const NetworkingState& state,
                                const std::string& container_id, io::http::ApiVersion version);

// GET /containers/{id}/json. Without a record the container's networks are the engine's.
void present_container(nlohmann::json& container, const std::optional<engine::NetworkingRecord>& record,
                       const NetworkingState& state, io::http::ApiVersion version);

// One entry of GET /containers/json.
void present_container_entry(nlohmann::json& entry, const std::optional<engine::NetworkingRecord>& record,
                             const NetworkingState& state, io::http::ApiVersion version);

// GET /images/{name}/json.
void present_image_inspection(nlohmann::json& image, io::http::ApiVersion version);
// GET /images/{name}/history.
void present_history(nlohmann::json& layers);
// One entry of GET /images/json.
void present_image_entry(nlohmann::json& image, io::http::ApiVersion version);

}  // namespace skein::api
