// Whether a request or an event may change the list of containers. Pure; what is not known to leave it alone changes
// it.
#pragma once

#include <string_view>

namespace skein::engine {

// `target` without version prefix, with query or not.
bool request_changes_list(std::string_view method, std::string_view target);

// A line of the event stream.
bool event_changes_list(std::string_view line);

}  // namespace skein::engine
