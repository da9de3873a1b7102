// Secrets and configs as lists and `inspect --pretty` show them. Pure.
#pragma once

#include "base/time/clock.h"
#include "cmd/cli/show/listing.h"

namespace skein::cli {

enum class DependencyKind : uint8_t { kSecret, kConfig };

Listing dependency_listing(DependencyKind kind);
Json dependency_row(DependencyKind kind, const Json& dependency, WallTime now);
std::string pretty_dependency(DependencyKind kind, const Json& dependency);

}  // namespace skein::cli
