#include "io/rpc/tls/certificate_peer.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "io/rpc/tls/tls_contexts.h"

namespace skein::rpc {
namespace {

std::string utf8(const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  int length = ASN1_STRING_to_UTF8(&bytes, text);
  if (length < 0) {
    ERR_clear_error();
    return "";
  }
  std::string out(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return out;
}

std::string first_entry(const X509_NAME* name, int nid) {
  int index = X509_NAME_get_index_by_NID(name, nid, -1);
  return index < 0 ? "" : utf8(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
}

std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  int length = i2d_X509(certificate, &bytes);
  if (length < 0) return "";
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

Peer peer_of(X509& certificate) {
  Peer peer;
  const X509_NAME* name = X509_get_subject_name(&certificate);
  peer.has_certificate = true;
  peer.common_name = first_entry(name, NID_commonName);
  peer.organizational_unit = first_entry(name, NID_organizationalUnitName);
  peer.organization = first_entry(name, NID_organizationName);
  peer.certificate_der = der_of(&certificate);
  return peer;
}

Result<Peer> peer_of_chain(const std::string& chain_pem) {
  std::unique_ptr<BIO, OpensslFree<BIO_free_all>> bytes(
      BIO_new_mem_buf(chain_pem.data(), static_cast<int>(chain_pem.size())));
  X509Pointer certificate(bytes ? PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return make_error(Code::kInvalidArgument, "read certificate", take_openssl_reason());
  return peer_of(*certificate);
}

}  // namespace skein::rpc
