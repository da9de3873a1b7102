// Whether a text can name an image: "nginx", "registry:5000/team/web:v1@sha256:…". Pure.
#pragma once

#include <string_view>

namespace skein::manager {

// Docker's grammar of references: [host[:port]/]path[:tag][@digest], the path in lower case, and no bare 64-digit id.
bool is_image_reference(std::string_view text);

}  // namespace skein::manager
