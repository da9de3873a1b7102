// Whether a text can name an image: "nginx", "registry:5000/team/web:v1@sha256:…". Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace skein {

// Docker's grammar of references: [host[:port]/]path[:tag][@digest], the path in lower case, and no bare 64-digit id.
// Errors have Docker's words.
Result<void> check_image_reference(std::string_view text);
// The same, or an image's id, with or without its algorithm.
Result<void> check_image_reference_or_id(std::string_view text);

}  // namespace skein
