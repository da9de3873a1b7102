// The member Status of an inspected network: how many addresses are in use, and how many are left. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "control/allocator/allocator.h"

namespace skein::api {

// Docker's form: {"IPAM":{"Subnets":{"10.0.1.0/24":{"IPsInUse":3,"DynamicIPsAvailable":253}}}}.
nlohmann::json network_status(const std::vector<control::SubnetUsage>& usage);

}  // namespace skein::api
