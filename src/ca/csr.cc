#include "ca/csr.h"

#include <openssl/pem.h>

#include "ca/node_certificate.h"
#include "ca/private_key.h"
#include "ca/root_ca.h"

namespace skein::ca {
namespace {

Error refused(std::string because) {
  return make_error(Code::kInvalidArgument, "certificate request refused", std::move(because));
}

}  // namespace

Result<CertificateRequest> parse_csr(std::string_view pem) {
  auto blocks = parse_pem(pem, kCsrSizeMax);
  if (!blocks.ok()) return refused(blocks.error().text());
  if (blocks->size() != 1 || blocks->front().label != "CERTIFICATE REQUEST")
    return refused("it must be one CERTIFICATE REQUEST block");
  CertificateRequest request = parse_request_der(blocks->front().der);
  if (!request) return refused("it is malformed");

  // The key is judged before it is used, because verifying with an oversized one is expensive.
  if (auto key = check_public_key(X509_REQ_get_X509_PUBKEY(request.get())); !key.ok())
    return refused(key.error().text());
  if (auto algorithm = check_signature_algorithm(X509_REQ_get_signature_nid(request.get())); !algorithm.ok())
    return refused(algorithm.error().text());
  if (X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1)
    return refused("its signature does not match its key");
  return request;
}

Result<std::string> make_csr(std::string_view key_pem) {
  ErrorQueueGuard guard;
  SKEIN_TRY_ASSIGN(Key key, parse_private_key(key_pem));
  CertificateRequest request(X509_REQ_new());
  SKEIN_ASSERT(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), digest_for(key.get())) <= 0)
    return make_error(Code::kInvalidArgument, "cannot make a certificate request", "this kind of key cannot sign one");
  Bio bio(BIO_new(BIO_s_mem()));
  SKEIN_ASSERT(bio && PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1);
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace skein::ca
