// Labels by which users choose what Docker has no option for (docs/design/services.md). Pure.
#pragma once

#include "base/result.h"
#include "model/objects.h"

namespace skein::manager {

// kInvalidArgument for a value that means nothing, and for labels that start like ours and are none: both would do
// nothing, silently.
Result<void> check_skein_labels(const model::api::ServiceSpec& spec);

}  // namespace skein::manager
