#include "ca/node_certificate.h"

#include <algorithm>

#include "ca/openssl.h"
#include "ca/private_key.h"

namespace skein::ca {
namespace {

constexpr size_t kNameSizeMax = 64;  // RFC 5280, ub-common-name and its like

// The only value of one kind in the subject.
Result<std::string> only_name(X509* certificate, int nid, const char* kind) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  auto missing = make_error(Code::kUnauthenticated, "not a node's certificate",
                            std::string("it needs one ") + kind + " of at most 64 characters");
  int index = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (index < 0 || X509_NAME_get_index_by_NID(subject, nid, index) >= 0) return missing;
  unsigned char* text = nullptr;
  int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (size < 0) return missing;
  std::string out(reinterpret_cast<char*>(text), static_cast<size_t>(size));
  OPENSSL_free(text);
  bool has_control = std::any_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (out.empty() || out.size() > kNameSizeMax || has_control) return missing;
  return out;
}

Result<NodeIdentity> identity_of(X509* leaf) {
  NodeIdentity out;
  SKEIN_TRY_ASSIGN(out.cluster_id, only_name(leaf, NID_organizationName, "organization"));
  SKEIN_TRY_ASSIGN(std::string ou, only_name(leaf, NID_organizationalUnitName, "organizational unit"));
  SKEIN_TRY_ASSIGN(out.node_id, only_name(leaf, NID_commonName, "common name"));
  if (ou == kOuManager)
    out.role = NodeRole::MANAGER;
  else if (ou != kOuWorker)
    return make_error(Code::kUnauthenticated, "not a node's certificate", "unknown role " + ou);
  SKEIN_TRY_ASSIGN(out.not_before, to_wall(X509_get0_notBefore(leaf)));
  SKEIN_TRY_ASSIGN(out.not_after, to_wall(X509_get0_notAfter(leaf)));
  out.issuer_subject_der = der_of(X509_get_issuer_name(leaf));
  return out;
}

using Store = Owner<X509_STORE, X509_STORE_free>;
using StoreContext = Owner<X509_STORE_CTX, X509_STORE_CTX_free>;

// All roots of a swarm have the same name, and those of users may lack key ids. OpenSSL settles for the first candidate
// that could be the issuer by its names; here the signature decides, so that a rotation with such roots works.
int is_issuer(X509_STORE_CTX*, X509* certificate, X509* candidate) {
  return X509_check_issued(candidate, certificate) == X509_V_OK &&
         X509_verify(certificate, X509_get0_pubkey(candidate)) == 1;
}

Store make_store(const std::vector<Certificate>& roots) {
  Store store(X509_STORE_new());
  SKEIN_ASSERT(store);
  X509_STORE_set_check_issued(store.get(), is_issuer);
  for (const Certificate& root : roots) SKEIN_ASSERT(X509_STORE_add_cert(store.get(), root.get()) == 1);
  return store;
}

}  // namespace

std::string_view ou_of(NodeRole role) { return role == NodeRole::MANAGER ? kOuManager : kOuWorker; }

std::string make_key(Random& random) {
  ErrorQueueGuard guard;
  return format_private_key(make_p256_key(random).get());
}

Result<NodeIdentity> parse_node_certificate(std::string_view chain_pem) {
  ErrorQueueGuard guard;
  SKEIN_TRY_ASSIGN(auto chain, parse_certificates(chain_pem));
  return identity_of(chain.front().get());
}

Result<NodeIdentity> verify_node_certificate(std::string_view chain_pem, std::string_view bundle_pem, WallTime now,
                                             Expired expired) {
  ErrorQueueGuard guard;
  SKEIN_TRY_ASSIGN(auto chain, parse_certificates(chain_pem));
  SKEIN_TRY_ASSIGN(auto roots, parse_certificates(bundle_pem));
  for (const Certificate& certificate : chain) SKEIN_TRY(check_public_key(X509_get_X509_PUBKEY(certificate.get())));
  Store store = make_store(roots);
  StoreContext context(X509_STORE_CTX_new());
  Owner<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }> others(sk_X509_new_null());
  SKEIN_ASSERT(context && others);
  for (size_t i = 1; i < chain.size(); ++i) SKEIN_ASSERT(sk_X509_push(others.get(), chain[i].get()) > 0);
  X509* leaf = chain.front().get();
  SKEIN_ASSERT(X509_STORE_CTX_init(context.get(), store.get(), leaf, others.get()) == 1);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_auth_level(param, 2);  // 112 bits: no SHA-1, no RSA below 2048
  if (expired == Expired::kAllow)
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);  // has no effect once a time is set
  else
    X509_VERIFY_PARAM_set_time(param, now.seconds());

  if (X509_verify_cert(context.get()) != 1)
    return make_error(Code::kUnauthenticated, "certificate refused",
                      X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  SKEIN_TRY_ASSIGN(NodeIdentity out, identity_of(leaf));
  STACK_OF(X509)* verified = X509_STORE_CTX_get0_chain(context.get());
  if (sk_X509_num(verified) < 2)
    return make_error(Code::kUnauthenticated, "certificate refused", "it is not signed by a root of the swarm");
  out.issuer_public_key_der = der_of_public_key(sk_X509_value(verified, 1));
  return out;
}

Result<void> check_key_matches(std::string_view chain_pem, std::string_view key_pem) {
  ErrorQueueGuard guard;
  SKEIN_TRY_ASSIGN(auto chain, parse_certificates(chain_pem));
  SKEIN_TRY_ASSIGN(Key key, parse_private_key(key_pem));
  if (X509_check_private_key(chain.front().get(), key.get()) == 1) return {};
  return make_error(Code::kInvalidArgument, "the private key does not belong to the certificate");
}

WallTime choose_renewal_time(WallTime not_before, WallTime not_after, Random& random) {
  int64_t minutes = (not_after - not_before) / std::chrono::minutes(1);
  int64_t earliest = minutes / 2, latest = minutes / 5 * 4 + minutes % 5 * 4 / 5;
  if (latest > earliest) earliest += static_cast<int64_t>(random.below(static_cast<uint64_t>(latest - earliest)));
  return not_before + std::chrono::minutes(earliest);
}

}  // namespace skein::ca
