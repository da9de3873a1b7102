// A small certificate authority for tests: roots, node certificates as the swarm issues them, and broken ones.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "io/rpc/tls/tls_contexts.h"

namespace skein::rpc {

using TestKey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

struct TestSubject {
  std::string common_name = "node1";
  std::string organizational_unit = "swarm-manager";
  std::string organization = "cluster1";
  std::vector<std::string> names = {"swarm-manager", "swarm-ca"};  // DNS SANs
  long valid_from_seconds = -3600;
  long valid_to_seconds = 3600;
};

template <class Write>
std::string pem_text(Write write) {
  std::unique_ptr<BIO, OpensslFree<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* text = nullptr;
  long length = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(length));
}
inline std::string pem_of(X509* certificate) {
  return pem_text([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

class TestCa {
 public:
  TestCa() : key_(EVP_EC_gen("P-256")), root_(make_root(key_.get(), nullptr, key_.get())) {}

  std::string root_pem() const { return pem_of(root_.get()); }

  // Everything that a node with this certificate presents and trusts.
  TlsIdentity issue(const TestSubject& subject) const {
    TestKey key(EVP_EC_gen("P-256"));
    X509Pointer leaf(X509_new());
    X509_NAME* name = X509_get_subject_name(leaf.get());
    add_entry(name, "O", subject.organization);
    add_entry(name, "OU", subject.organizational_unit);
    add_entry(name, "CN", subject.common_name);
    fill(leaf.get(), key.get(), root_.get(), subject.valid_from_seconds, subject.valid_to_seconds);
    extend(leaf.get(), root_.get(), NID_basic_constraints, "critical,CA:FALSE");
    extend(leaf.get(), root_.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment");
    extend(leaf.get(), root_.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    std::string sans;
    for (const std::string& each : subject.names) sans += (sans.empty() ? "DNS:" : ",DNS:") + each;
    if (!sans.empty()) extend(leaf.get(), root_.get(), NID_subject_alt_name, sans);
    X509_sign(leaf.get(), key_.get(), EVP_sha256());
    std::string key_pem = pem_text(
        [&](BIO* bio) { PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    return {root_pem(), pem_of(leaf.get()), key_pem};
  }

  // This root, signed by the key of an older one: what follows the leaf while the swarm's root is being replaced.
  std::string cross_signed_by(const TestCa& older) const {
    return pem_of(make_root(key_.get(), older.root_.get(), older.key_.get()).get());
  }

 private:
  static void add_entry(X509_NAME* name, const char* field, const std::string& value) {
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                               static_cast<int>(value.size()), -1, 0);
  }
  static void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    SKEIN_ASSERT(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static void fill(X509* certificate, EVP_PKEY* key, X509* issuer, long from_seconds, long to_seconds) {
    static long serial = 1;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_seconds);
    X509_set_pubkey(certificate, key);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    extend(certificate, issuer, NID_subject_key_identifier, "hash");
    if (issuer != certificate) extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  }
  static X509Pointer make_root(EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    X509Pointer root(X509_new());
    add_entry(X509_get_subject_name(root.get()), "CN", "swarm-ca");
    fill(root.get(), key, issuer != nullptr ? issuer : root.get(), -3600, 7200);
    extend(root.get(), root.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(root.get(), root.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(root.get(), issuer_key, EVP_sha256());
    return root;
  }

  TestKey key_;
  X509Pointer root_;
};

}  // namespace skein::rpc
