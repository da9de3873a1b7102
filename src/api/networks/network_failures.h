// What of an inspected network this host's kernel does not hold, as far as anything is wrong. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "overlay/reconcile/host_report.h"

namespace skein::api {

// A container whose endpoint is not as it should be has a member "Failure", with the reason; the network has one where
// all containers of this host are concerned, and "Lost" for each endpoint that was given up lately. Docker has none.
void show_failures(const overlay::HostReport& report, const std::string& network_id, nlohmann::json& network);

}  // namespace skein::api
