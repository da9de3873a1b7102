// A name for a service that its user gave none. Pure.
#pragma once

#include <functional>
#include <string>

#include "base/random.h"

namespace skein::manager {

// "calm_heron", or "calm_heron7" and so on when that is taken.
std::string choose_service_name(Random& random, const std::function<bool(const std::string&)>& is_taken);

}  // namespace skein::manager
