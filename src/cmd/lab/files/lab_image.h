// The small image that every host of a lab has: a static busybox, for servers and clients of tests.
#pragma once

#include <string>
#include <string_view>

namespace skein::lab {

// What users write is skein/lab; engines store it under its full name.
inline constexpr std::string_view kImageName = "docker.io/skein/lab:latest";

// `busybox`: the program's bytes, linked statically. `architecture` in Docker's words: "amd64", "arm64".
// Returns a tar as `docker save` writes it (manifest.json, config, one layer). Equal input gives equal bytes.
std::string make_image(std::string_view busybox, std::string_view architecture);

// Docker's word for `machine`, as uname(2) gives it; unknown words are returned as they are.
std::string docker_architecture(std::string_view machine);

}  // namespace skein::lab
