// The notation in which the vectors under tests/data/{gossip,records} show networkdb messages. For tests only.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace skein::wire {

// A GossipMessage with everything inside it. Adds a test failure when the bytes are not one, or when writing the
// message again does not give the same bytes.
nlohmann::json networkdb_json(std::string_view gossip_message);

}  // namespace skein::wire
