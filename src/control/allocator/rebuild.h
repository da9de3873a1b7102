// The allocator of a manager that has just become leader, from the objects of the store.
#pragma once

#include <string>
#include <vector>

#include "control/allocator/allocator.h"

namespace skein::control {

// What the store holds; pointers are not kept.
struct AllocatedObjects {
  std::vector<const api::Network*> networks;
  std::vector<const api::Service*> services;  // virtual IPs
  std::vector<const api::Task*> tasks;        // addresses of tasks that have not ended
  std::vector<const api::Node*> nodes;        // load-balancer addresses
};

struct Rebuilt {
  Allocator allocator;
  std::vector<Error> problems;  // objects that contradict each other, with their ids; each first one was kept
};

// All that exists is taken before anything new is given out, whatever the order of the objects. A network that is gone
// from the store but still held by tasks keeps its subnet and VNI until they have ended.
Rebuilt rebuild_allocator(AddressPools pools, const AllocatedObjects& objects);

}  // namespace skein::control
