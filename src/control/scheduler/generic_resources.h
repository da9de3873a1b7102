// The countable things of a node that are neither CPU nor memory: "gpu=UUID1,gpu=UUID2" (named) or "licence=3"
// (discrete). A kind is one or the other on a node; tasks ask for a number of either.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <map>
#include <set>
#include <string>

#include "wire/proto/objects.pb.h"

namespace skein::control {

namespace api = docker::swarmkit::v1;
using GenericList = google::protobuf::RepeatedPtrField<api::GenericResource>;

class GenericResources {
 public:
  explicit GenericResources(const GenericList& all);

  // Whether a reservation could be met. A reservation for a thing by name never is: Docker's tasks ask for numbers.
  bool has_room(const GenericList& reservations) const;
  // What a task with these reservations would hold, names in their order. Takes nothing yet; needs has_room.
  GenericList choose(const GenericList& reservations) const;

  // Whether what a task holds is (still) here and free.
  bool has(const GenericList& held) const;
  // What a task holds is no longer free; things that are not here are passed over.
  void take(const GenericList& held);

 private:
  struct Stock {
    bool is_named = false;
    int64_t count = 0;            // of discrete kinds
    std::set<std::string> names;  // free ones of named kinds
    int64_t free() const { return is_named ? static_cast<int64_t>(names.size()) : count; }
  };
  std::map<std::string, Stock> stocks_;  // by kind
};

}  // namespace skein::control
