// The verbs that make and change services: create, update, scale, rollback, rm.
#pragma once

#include "cmd/cli/words/command.h"

namespace skein::cli {

Result<int> create_service(Invocation& call);
Result<int> update_service(Invocation& call);
Result<int> scale_services(Invocation& call);
Result<int> rollback_service(Invocation& call);
Result<int> remove_services(Invocation& call);

}  // namespace skein::cli
