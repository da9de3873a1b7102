// Image references as users write them and as Podman stores them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace skein::engine {

// Docker's short form: "docker.io/library/busybox:latest" and "localhost/busybox:latest" → "busybox:latest",
// "docker.io/a/b" → "a/b". Others are left alone.
std::string familiar_image(std::string_view reference);

// With ":latest" if there is neither tag nor digest, as Docker names it in messages.
std::string with_tag(std::string_view reference);

// "a/b:1" and "a/b@sha256:…" → "a/b".
std::string without_tag(const std::string& reference);

// Does the name, with or without tag or digest, mean this image, of the engine's list or inspected? The engine finds
// more: for "app" also "quay.io/org/app".
bool has_reference(const nlohmann::json& image, const std::string& wanted);
// With or without "sha256:", from its beginning.
bool has_id(const nlohmann::json& image, const std::string& wanted);
bool is_image_named(const nlohmann::json& image, const std::string& wanted);

}  // namespace skein::engine
