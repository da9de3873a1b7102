// The syntax of JSON as Go's encoding/json sees it, since what Docker's daemon says of a broken body is what that
// package says. Pure.
#pragma once

#include <string>
#include <string_view>

namespace skein {

struct JsonScan {
  size_t end = 0;     // behind the first value; what follows was not looked at
  std::string error;  // in Go's words: "EOF" for a text of blanks, "unexpected EOF" for one that stops too early
};

// The first value of a text. A value nested deeper than `depth_max` is an error.
JsonScan scan_json(std::string_view text, size_t depth_max = 10'000);

}  // namespace skein
