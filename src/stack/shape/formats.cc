#include "stack/shape/formats.h"

#include "base/time/duration.h"
#include "stack/values/ports.h"

namespace skein::stack {

bool has_format(std::string_view format, const Value& value) {
  if (format == "duration") return value.is<std::string>() && parse_duration(value.text()).ok();
  if (format == "ports") {
    // A fraction is left to the decoder, which has a better text for it.
    return value.is<double>() || parse_port_mappings(shown(value)).ok();
  }
  return true;
}

}  // namespace skein::stack
