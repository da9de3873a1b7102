#include "io/rpc/tls/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "io/rpc/tls/tls_contexts.h"

namespace skein::rpc {
namespace {

using BioPointer = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

constexpr size_t kPemBytesMax = 1 << 20;
constexpr unsigned char kAlpnProtocols[] = {2, 'h', '2'};

Error broken(const std::string& what) { return make_error(Code::kInvalidArgument, what, take_openssl_reason()); }

int no_passphrase(char*, int, int, void*) { return 0; }  // else OpenSSL would ask on the terminal

Result<std::vector<X509Pointer>> parse_certificates(const std::string& pem, const std::string& name) {
  if (pem.size() > kPemBytesMax) return make_error(Code::kInvalidArgument, name + " is larger than 1 MiB");
  BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<X509Pointer> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))
    certificates.emplace_back(certificate);
  bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !is_at_end) return broken(name + " is not a list of PEM certificates");
  ERR_clear_error();
  return certificates;
}

// Selects h2 when the peer offers protocols. Without the extension OpenSSL does not call this at all, and the peer is
// served: Docker 20.10 workers send none after their first certificate renewal.
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                unsigned int in_length, void*) {
  for (unsigned int at = 0; at < in_length; at += 1 + in[at]) {
    if (in[at] == 2 && at + 2 < in_length && in[at + 1] == 'h' && in[at + 2] == '2') {
      *out = in + at + 1;
      *out_length = 2;
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

SslContext make_context(const SSL_METHOD* method) {
  SslContext context(SSL_CTX_new(method));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

SslContext make_client_context() {
  SslContext context = make_context(TLS_client_method());
  // Returns 0 on success, unlike its neighbours.
  if (context && SSL_CTX_set_alpn_protos(context.get(), kAlpnProtocols, sizeof kAlpnProtocols) != 0) context.reset();
  return context;
}

struct ParsedIdentity {
  std::vector<X509Pointer> roots;
  std::vector<X509Pointer> chain;
  KeyPointer key;
};

Result<ParsedIdentity> parse_identity(const TlsIdentity& identity) {
  ParsedIdentity parsed;
  if (!identity.root_pem.empty()) {
    SKEIN_TRY_ASSIGN(parsed.roots, parse_certificates(identity.root_pem, "the root bundle"));
  }
  if (identity.chain_pem.empty()) return parsed;
  SKEIN_TRY_ASSIGN(parsed.chain, parse_certificates(identity.chain_pem, "the node certificate"));
  BioPointer bio(BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size())));
  parsed.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!parsed.key) return broken("the node key is not a plain PEM key");
  if (X509_check_private_key(parsed.chain.front().get(), parsed.key.get()) != 1)
    return broken("the node key does not belong to the node certificate");
  return parsed;
}

// Whether a root that we trust has signed the certificate.
bool is_vouched_for(X509* certificate, const std::vector<X509Pointer>& roots) {
  bool is_vouched = std::any_of(roots.begin(), roots.end(), [&](const X509Pointer& root) {
    return X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(root.get())) == 0 &&
           X509_verify(certificate, X509_get0_pubkey(root.get())) == 1;
  });
  ERR_clear_error();
  return is_vouched;
}

// The roots, and what a root has signed of our own chain: while the swarm's root is being replaced, that is the next
// one. Peers that know the next root only, and no longer show how the present one vouches for it, are trusted so even
// by a node that was away at the end of the rotation.
Result<void> trust_roots(SSL_CTX* context, const ParsedIdentity& identity) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Pointer& root : identity.roots)
    if (X509_STORE_add_cert(store, root.get()) != 1) return broken("a root certificate cannot be used");
  for (size_t i = 1; i < identity.chain.size(); ++i)
    if (is_vouched_for(identity.chain[i].get(), identity.roots) &&
        X509_STORE_add_cert(store, identity.chain[i].get()) != 1)
      return broken("a certificate of our own chain cannot be used");
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

Result<void> show_certificate(SSL_CTX* context, const ParsedIdentity& identity) {
  if (SSL_CTX_use_certificate(context, identity.chain.front().get()) != 1)
    return broken("the node certificate cannot be used");
  if (SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1) return broken("the node key cannot be used");
  for (size_t i = 1; i < identity.chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, identity.chain[i].get()) != 1)
      return broken("the chain of the node certificate cannot be used");
  return {};
}

}  // namespace

std::string take_openssl_reason() {
  unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "";
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "OpenSSL error " + std::to_string(error);
}

SslContext make_unverified_client_context() {
  SslContext context = make_client_context();
  if (context) SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

Result<std::shared_ptr<const TlsContexts>> TlsContexts::create(const TlsIdentity& identity) {
  ERR_clear_error();
  SKEIN_TRY_ASSIGN(ParsedIdentity parsed, parse_identity(identity));
  auto contexts = std::make_shared<TlsContexts>();
  contexts->anonymous_client_ = make_client_context();
  contexts->client_ = make_client_context();
  if (!contexts->client_ || !contexts->anonymous_client_) return broken("TLS cannot be set up");
  for (SSL_CTX* client : {contexts->client_.get(), contexts->anonymous_client_.get()}) {
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, nullptr);
    SKEIN_TRY(trust_roots(client, parsed));
  }
  if (parsed.chain.empty()) return std::shared_ptr<const TlsContexts>(contexts);
  SKEIN_TRY(show_certificate(contexts->client_.get(), parsed));

  contexts->server_ = make_context(TLS_server_method());
  if (!contexts->server_) return broken("TLS cannot be set up");
  // Without FAIL_IF_NO_PEER_CERT: joining nodes have no certificate yet.
  SSL_CTX_set_verify(contexts->server_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_select_cb(contexts->server_.get(), select_alpn, nullptr);
  SKEIN_TRY(trust_roots(contexts->server_.get(), parsed));
  SKEIN_TRY(show_certificate(contexts->server_.get(), parsed));
  return std::shared_ptr<const TlsContexts>(contexts);
}

Result<std::shared_ptr<TlsConfig>> TlsConfig::create(TlsIdentity identity) {
  auto config = std::make_shared<TlsConfig>();
  SKEIN_TRY(config->replace(std::move(identity)));
  return config;
}

Result<void> TlsConfig::replace(TlsIdentity identity) {
  SKEIN_TRY_ASSIGN(contexts_, TlsContexts::create(identity));
  identity_ = std::move(identity);
  return {};
}

}  // namespace skein::rpc
