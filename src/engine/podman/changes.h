// Whether a request or an event may change the list of containers, or what is shown of one. Pure; what is not known to
// leave them alone changes them.
#pragma once

#include <string_view>

namespace skein::engine {

// `target` without version prefix, with query or not.
bool request_changes_list(std::string_view method, std::string_view target);

// A line of the event stream.
bool event_changes_list(std::string_view line);

// Whether a request may change what is shown of a container, or the images.
bool request_changes_views(std::string_view method, std::string_view target);
bool request_changes_images(std::string_view method, std::string_view target);
bool event_changes_images(std::string_view line);

// Which replies are kept until something changes: an inspected container whose state lasts; the list of images, and an
// inspected one.
enum class KeptKind { kNone, kContainer, kImage };
KeptKind kept_kind(std::string_view method, std::string_view target);
bool has_lasting_state(std::string_view container);

}  // namespace skein::engine
