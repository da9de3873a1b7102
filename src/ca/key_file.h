// The node's key file (swarm-node.key): a PKCS#8 PEM block with headers, as Docker keeps it.
//
//   kek-version: <n>       version of the key that encrypts this file; 0 = not encrypted
//   raft-dek: <base64>     managers only
//
// Pure text; the key material is not decoded here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::ca {

struct KeyFile {
  std::string key_pem;  // without headers, as make_key gives it; an ENCRYPTED PRIVATE KEY block if is_encrypted
  bool is_encrypted = false;
  uint64_t kek_version = 0;
  std::map<std::string, std::string> headers;  // the others, kept as they are

  static Result<KeyFile> parse(std::string_view text);
  std::string text() const;
};

}  // namespace skein::ca
