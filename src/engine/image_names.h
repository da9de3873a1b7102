// Image references as users write them and as Podman stores them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace skein::engine {

// Docker's short form: "docker.io/library/busybox:latest" and "localhost/busybox:latest" → "busybox:latest",
// "docker.io/a/b" → "a/b". Others are left alone.
std::string familiar_image(std::string_view reference);

// With ":latest" if there is neither tag nor digest, as Docker names it in messages.
std::string with_tag(std::string_view reference);

}  // namespace skein::engine
