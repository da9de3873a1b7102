// JSON as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace skein {

// Bytes that are no UTF-8 become U+FFFD, as Go writes them; the library's dump() throws. On one line, unless it is
// indented by so many of `blank`.
template <class Value>
std::string json_text(const Value& value, int indent = -1, char blank = ' ') {
  return value.dump(indent, blank, false, Value::error_handler_t::replace);
}

}  // namespace skein
