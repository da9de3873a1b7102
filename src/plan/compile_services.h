// The part of compile() that is about services. Pure.
#pragma once

#include "plan/intent.h"

namespace skein::plan {

// After the endpoints, which it marks as backends: fills the services of the intent by the rules of plan/compile.h.
void compile_services(const NetworkView& view, Intent& intent);

}  // namespace skein::plan
