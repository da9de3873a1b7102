// What an administrator says of a node's engine: its labels, and the countable things that tasks may reserve. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/objects.h"

namespace skein::model {

struct EngineSettings {
  std::vector<std::string> labels;  // "name=value", one for each name, sorted
  google::protobuf::RepeatedPtrField<api::GenericResource> generic;
};

// "zone=north". kInvalidArgument in Docker's words for what is no label, for reserved names, and for two values of one
// name.
Result<std::vector<std::string>> parse_engine_labels(const std::vector<std::string>& texts);

// "gpu=UUID1" (named, several of one kind) or "licence=3" (discrete, one of a kind). Sorted by kind.
Result<google::protobuf::RepeatedPtrField<api::GenericResource>> parse_generic_resources(
    const std::vector<std::string>& texts);

}  // namespace skein::model
