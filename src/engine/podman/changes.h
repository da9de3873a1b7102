// Whether a request or an event may change the list of containers, or what is shown of one. Pure; what is not known to
// leave them alone changes them.
#pragma once

#include <string_view>

namespace skein::engine {

// `target` without version prefix, with query or not.
bool request_changes_list(std::string_view method, std::string_view target);

// A line of the event stream.
bool event_changes_list(std::string_view line);

// Whether a request may change what is shown of a container or of the images.
bool request_changes_views(std::string_view method, std::string_view target);

// Whether the reply is kept until something changes: the list of images, and containers whose state lasts.
bool is_kept_target(std::string_view method, std::string_view target);
bool is_lasting_view(std::string_view body);

}  // namespace skein::engine
