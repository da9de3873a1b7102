#include "esp/crypto/key.h"

#include <openssl/crypto.h>

namespace skein::esp {

Key::~Key() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

}  // namespace skein::esp
