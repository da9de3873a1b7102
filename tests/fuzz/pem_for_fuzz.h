// For the targets that take PEM: inputs may be the text, or the bare DER, which mutations get further into.
#pragma once

#include <string>

#include "base/bytes.h"

namespace skein::fuzz {

inline std::string as_pem(std::string_view input, const std::string& label) {
  if (input.starts_with("-----")) return std::string(input);
  std::string text = to_base64(input);
  for (size_t i = 64; i < text.size(); i += 65) text.insert(i, "\n");
  return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
}

}  // namespace skein::fuzz
