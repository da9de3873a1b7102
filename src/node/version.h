// What this engine calls itself in `version`, `info` and `node ls`.
#pragma once

namespace skein::node {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace skein::node
