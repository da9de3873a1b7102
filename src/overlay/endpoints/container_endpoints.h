// The endpoints of one container: what the book knows of them, and what is decided about them together. Pure.
#pragma once

#include <string>
#include <vector>

#include "overlay/endpoints/endpoint.h"

namespace skein::overlay {

// In the order of their interfaces.
std::vector<const Endpoint*> endpoints_of(const EndpointBook& book, const std::string& container_id);
std::vector<std::string> endpoint_ids_of(const EndpointBook& book, const std::string& container_id);

// By the network's name or id; null if the container is not on it.
const Endpoint* find_endpoint(const EndpointBook& book, const std::string& container_id, const std::string& network);

// "eth0", or the next one that the container does not have.
std::string unused_interface(const EndpointBook& book, const std::string& container_id);

// The first network with a way out has the default route, unless one has it already. Ingress has it always: answers to
// requests from outside go back by the way they came.
void choose_default_route(EndpointBook& book, const std::string& container_id);

// Where published ports lead to: the endpoint with the default route, else any. Unspecified if there is none.
Ipv4 published_address(const EndpointBook& book, const std::string& container_id);

// Whether the container is on a network with a resolver, which on ingress knows no names but those of the outside.
bool has_names(const EndpointBook& book, const std::string& container_id);

// As it is shown to users.
EndpointStatus endpoint_status(const Endpoint& endpoint);

}  // namespace skein::overlay
