// How long ago something was, as Docker's users read it. Pure.
#pragma once

#include <string>

#include "base/clock.h"

namespace skein {

// "Less than a second", "5 seconds", "About a minute", "3 hours", "2 weeks", …
std::string show_duration(Duration duration);

}  // namespace skein
