// A manager's key file while the swarm is locked by an unlock key: the node's private key as encrypted PKCS#8 (PBES2,
// AES-256-CBC), as Docker writes it, and the keys of the swarm's store sealed with AES-256-GCM. One file, so that one
// rename puts all under another key. Pure, but for the salt of PKCS#8, which OpenSSL draws.
#pragma once

#include "base/random.h"
#include "ca/key_file.h"

namespace skein::ca {

// Base64, in clear or sealed as the file is. On managers only.
inline constexpr const char* kStoreKeyHeader = "store-key";
// The one of before, while objects may be sealed with it.
inline constexpr const char* kEarlierStoreKeyHeader = "store-key-earlier";
// In clear: the kek-version under which the store's key was made.
inline constexpr const char* kStoreKeyVersionHeader = "store-key-version";

// `plain` is not encrypted. An empty unlock key leaves it so.
Result<KeyFile> seal_key_file(KeyFile plain, const std::string& unlock_key, uint64_t version, Random& random);

// A file that is not encrypted is opened by any key. kUnauthenticated, in Docker's words, by the wrong one.
Result<KeyFile> open_key_file(KeyFile sealed, const std::string& unlock_key);

}  // namespace skein::ca
