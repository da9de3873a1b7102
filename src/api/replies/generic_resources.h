// Docker's JSON of countable things of nodes. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "model/objects.h"

namespace skein::api {

inline nlohmann::json generic_to_json(const model::api::GenericResource& resource) {
  if (resource.has_named_resource_spec())
    return {{"NamedResourceSpec",
             {{"Kind", resource.named_resource_spec().kind()}, {"Value", resource.named_resource_spec().value()}}}};
  return {{"DiscreteResourceSpec",
           {{"Kind", resource.discrete_resource_spec().kind()}, {"Value", resource.discrete_resource_spec().value()}}}};
}

template <class List>
nlohmann::json generics_to_json(const List& resources) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& resource : resources) out.push_back(generic_to_json(resource));
  return out;
}

}  // namespace skein::api
