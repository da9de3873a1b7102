// What would stop a deployment half-way, or leave its tasks waiting for ever: all of it at once, before anything is
// changed.
#pragma once

#include "cmd/cli/daemon/daemon.h"
#include "stack/convert/convert.h"
#include "stack/load/load.h"

namespace skein::cli {

// Of a project by the Compose Specification. The error lists the problems, each with its file and line.
Result<void> check_deployment(Daemon& daemon, const stack::Namespace& stack, const stack::Project& project);

// "build" without "image" is a mistake of its own.
Result<void> check_service_image(const std::string& name, const stack::Value& service, bool is_compose);

}  // namespace skein::cli
