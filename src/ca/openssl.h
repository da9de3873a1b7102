// OpenSSL objects with owners, and the few conversions that all of ca/ needs. Private to this folder.
//
// Every public function of the folder holds an ErrorQueueGuard: OpenSSL's error queue belongs to the thread, and a
// leftover in it would look to the TLS layer like a failure of its own.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time/clock.h"

namespace skein::ca {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <class T, auto kFree>
using Owner = std::unique_ptr<T, Freer<kFree>>;

using Bio = Owner<BIO, BIO_free_all>;
using BigNumber = Owner<BIGNUM, BN_clear_free>;
using Key = Owner<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owner<X509, X509_free>;
using CertificateRequest = Owner<X509_REQ, X509_REQ_free>;

struct ErrorQueueGuard {
  ~ErrorQueueGuard() { ERR_clear_error(); }
};

// One PEM block without headers.
struct PemBlock {
  std::string label;  // "CERTIFICATE"
  std::string der;
};

// All blocks of a text, of at most `size_max` bytes and kCertificateCountMax blocks; headers are refused.
Result<std::vector<PemBlock>> parse_pem(std::string_view text, size_t size_max);

// One or more certificates and nothing else.
Result<std::vector<Certificate>> parse_certificates(std::string_view pem);
std::string format_certificate(X509* certificate);

// DER that must be consumed to its last byte.
Certificate parse_certificate_der(std::string_view der);
CertificateRequest parse_request_der(std::string_view der);

std::string der_of(X509_NAME* name);
std::string der_of_public_key(X509* certificate);

// Times beyond what nanoseconds in 64 bits can say (the year 2262) become the last such time.
Result<WallTime> to_wall(const ASN1_TIME* time);

}  // namespace skein::ca
