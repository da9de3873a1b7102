// What `network inspect` shows of an encrypted network beyond Docker's members: of each peer whether packets pass, by
// whom they are sealed, and what is counted. Docker's own clients skip it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>

#include "api/swarm/swarm_control.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "esp/control/control.h"

namespace skein::api {

// Into the network and its "Peers", if it is encrypted. `status` is why there is none, on a host where nothing is;
// `keys_since`: when this host learned of the keys in force.
void show_encryption(const Result<esp::Status>& status, std::optional<WallTime> keys_since, nlohmann::json& network);

boost::asio::awaitable<void> add_encryption(SwarmControl& control, nlohmann::json& network);

}  // namespace skein::api
