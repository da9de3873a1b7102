// The fields of the certificates that a swarm's CA makes, in the order in which Docker writes them. Private to this
// folder. All values come from us, so none of these calls can fail but by our own bug.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "ca/openssl.h"

namespace skein::ca {

// 158 random bits: positive in 20 bytes, and odd, so never zero.
void set_serial(X509* certificate, Random& random);

void set_validity(X509* certificate, WallTime not_before, WallTime not_after);

// PrintableString where the text allows it, else UTF8String.
void add_name(X509_NAME* name, int nid, std::string_view value);

enum class KeyUse { kSignCertificates, kTls };
void add_key_usage(X509* certificate, KeyUse use);
void add_tls_purposes(X509* certificate);  // serverAuth, clientAuth
void add_basic_constraints(X509* certificate, bool is_ca);
void add_subject_key_id(X509* certificate);  // SHA-1 of the public key; the key must be set
// The subject key id of the issuer, or what it would be if the issuer states none.
void add_authority_key_id(X509* certificate, X509* issuer);
void add_dns_names(X509* certificate, std::span<const std::string> names);

}  // namespace skein::ca
