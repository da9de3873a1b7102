// Certificate requests, as hostile as they come: any host that knows a join token may send one. Private to this folder.
#pragma once

#include <string_view>

#include "ca/openssl.h"

namespace skein::ca {

// One PKCS#10 block of at most kCsrSizeMax bytes, of an accepted key (private_key.h), whose signature proves that the
// sender has the private key. Its subject and extensions are left for the CA to ignore.
Result<CertificateRequest> parse_csr(std::string_view pem);

}  // namespace skein::ca
