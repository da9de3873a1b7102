#include "io/rpc/tls/tls_machine.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <limits>

#include "io/rpc/tls/certificate_peer.h"
#include "io/rpc/tls/tls_contexts.h"

namespace skein::rpc {
namespace {

constexpr size_t kReadBytes = 16 << 10;  // the most that one TLS record carries

// Alerts by which a peer refuses a certificate (RFC 8446 section 6.2): bad_certificate 42 to unknown_ca 48, and
// access_denied 49, certificate_required 116. OpenSSL numbers the reason of a received alert 1000 + alert.
bool is_certificate_alert(int reason) {
  int alert = reason - SSL_AD_REASON_OFFSET;
  return (alert >= 42 && alert <= 46) || alert == 48 || alert == 49 || alert == 116;
}

}  // namespace

struct TlsMachine::Parts {
  Ssl ssl;
  BIO* from_socket = nullptr;  // owned by ssl
  BIO* to_socket = nullptr;    // owned by ssl
  bool is_ended = false;
};

TlsMachine::TlsMachine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsMachine::~TlsMachine() = default;

namespace {

Result<Ssl> make_ssl(SSL_CTX* context) {
  Ssl ssl(SSL_new(context));
  BIO* from_socket = BIO_new(BIO_s_mem());
  BIO* to_socket = BIO_new(BIO_s_mem());
  if (!ssl || from_socket == nullptr || to_socket == nullptr) {
    BIO_free(from_socket);
    BIO_free(to_socket);
    return make_error(Code::kResourceExhausted, "start TLS", take_openssl_reason());
  }
  SSL_set_bio(ssl.get(), from_socket, to_socket);
  return ssl;
}

}  // namespace

Result<std::unique_ptr<TlsMachine>> TlsMachine::server(const TlsConfig& config) {
  SSL_CTX* context = config.contexts()->server();
  if (context == nullptr) return make_error(Code::kFailedPrecondition, "start TLS", "this node has no certificate yet");
  auto parts = std::make_unique<Parts>();
  SKEIN_TRY_ASSIGN(parts->ssl, make_ssl(context));
  parts->from_socket = SSL_get_rbio(parts->ssl.get());
  parts->to_socket = SSL_get_wbio(parts->ssl.get());
  SSL_set_accept_state(parts->ssl.get());
  return std::unique_ptr<TlsMachine>(new TlsMachine(std::move(parts)));
}

Result<std::unique_ptr<TlsMachine>> TlsMachine::client(const ClientTls& tls) {
  SKEIN_ASSERT(!tls.is_verified || tls.config != nullptr);
  SslContext unverified;
  if (!tls.is_verified) unverified = make_unverified_client_context();
  SSL_CTX* context = tls.is_verified ? tls.config->contexts()->client(tls.shows_certificate) : unverified.get();
  auto parts = std::make_unique<Parts>();
  SKEIN_TRY_ASSIGN(parts->ssl, make_ssl(context));
  SSL* ssl = parts->ssl.get();
  if (tls.is_verified) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS);
    if (tls.server_name.empty() || SSL_set1_host(ssl, tls.server_name.c_str()) != 1 ||
        SSL_set_tlsext_host_name(ssl, tls.server_name.c_str()) != 1)
      return make_error(Code::kInvalidArgument, "invalid server name \"" + tls.server_name + "\"",
                        take_openssl_reason());
  }
  parts->from_socket = SSL_get_rbio(ssl);
  parts->to_socket = SSL_get_wbio(ssl);
  SSL_set_connect_state(ssl);
  std::unique_ptr<TlsMachine> machine(new TlsMachine(std::move(parts)));
  SKEIN_TRY(machine->handshake());
  return machine;
}

bool TlsMachine::is_open() const { return SSL_is_init_finished(parts_->ssl.get()); }
bool TlsMachine::is_ended() const { return parts_->is_ended; }

Result<void> TlsMachine::handshake() {
  ERR_clear_error();
  int result = SSL_do_handshake(parts_->ssl.get());
  if (result == 1) return {};
  if (SSL_get_error(parts_->ssl.get(), result) == SSL_ERROR_WANT_READ) return {};
  return failure();
}

Result<void> TlsMachine::receive(std::string_view bytes, std::string& plain) {
  SKEIN_ASSERT(bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max()));
  if (!bytes.empty() && BIO_write(parts_->from_socket, bytes.data(), static_cast<int>(bytes.size())) <= 0)
    return make_error(Code::kResourceExhausted, "receive TLS", take_openssl_reason());
  if (!is_open()) {
    SKEIN_TRY(handshake());
    if (!is_open()) return {};
  }
  while (!parts_->is_ended) {
    size_t old_size = plain.size();
    plain.resize(old_size + kReadBytes);
    ERR_clear_error();
    int got = SSL_read(parts_->ssl.get(), plain.data() + old_size, kReadBytes);
    plain.resize(old_size + static_cast<size_t>(std::max(got, 0)));
    if (got > 0) continue;
    int error = SSL_get_error(parts_->ssl.get(), got);
    if (error == SSL_ERROR_WANT_READ) return {};
    if (error != SSL_ERROR_ZERO_RETURN) return failure();
    parts_->is_ended = true;
  }
  return {};
}

Result<void> TlsMachine::send(std::string_view plain) {
  while (!plain.empty()) {
    ERR_clear_error();
    int chunk = static_cast<int>(std::min<size_t>(plain.size(), kReadBytes));
    int wrote = SSL_write(parts_->ssl.get(), plain.data(), chunk);
    if (wrote <= 0) return failure();
    plain.remove_prefix(static_cast<size_t>(wrote));
  }
  return {};
}

void TlsMachine::end() {
  ERR_clear_error();
  if (is_open()) SSL_shutdown(parts_->ssl.get());
  ERR_clear_error();
}

std::string TlsMachine::take_output() {
  std::string out(BIO_ctrl_pending(parts_->to_socket), '\0');
  if (out.empty()) return out;
  int got = BIO_read(parts_->to_socket, out.data(), static_cast<int>(out.size()));
  out.resize(static_cast<size_t>(std::max(got, 0)));
  return out;
}

Error TlsMachine::failure() const {
  const char* what = is_open() ? "transport: TLS failed" : "transport: authentication handshake failed";
  int reason = ERR_GET_REASON(ERR_peek_error());
  std::string text = take_openssl_reason();
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    long verdict = SSL_get_verify_result(parts_->ssl.get());
    return make_error(Code::kUnauthenticated, what, std::string("x509: ") + X509_verify_cert_error_string(verdict));
  }
  if (is_certificate_alert(reason))
    return make_error(Code::kUnauthenticated, what, "x509: the peer refused our certificate: " + text);
  return make_error(Code::kUnavailable, what, text.empty() ? "the peer broke the TLS protocol" : text);
}

Peer TlsMachine::peer() const {
  X509Pointer certificate(SSL_get1_peer_certificate(parts_->ssl.get()));
  return certificate ? peer_of(*certificate) : Peer();
}

}  // namespace skein::rpc
