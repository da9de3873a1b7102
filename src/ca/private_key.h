// Private keys in memory and as PEM, and which public keys a swarm accepts. Private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "ca/openssl.h"

namespace skein::ca {

// ECDSA P-256 with the private number drawn from `random`.
Key make_p256_key(Random& random);

// PKCS#8, or the older EC and RSA forms that users bring from openssl; encrypted keys are refused.
Result<Key> parse_private_key(std::string_view pem);
std::string format_private_key(EVP_PKEY* key);  // PKCS#8 PEM

// RSA of 2048 to 8192 bits, or ECDSA on a named curve P-256/384/521. The upper bound keeps a hostile key from costing
// seconds of verification.
Result<void> check_public_key(const X509_PUBKEY* key);

// ECDSA or RSA PKCS#1 v1.5 with SHA-256/384/512.
Result<void> check_signature_algorithm(int signature_nid);

// The digest with which a key of this kind signs: as strong as the key.
const EVP_MD* digest_for(EVP_PKEY* key);

}  // namespace skein::ca
