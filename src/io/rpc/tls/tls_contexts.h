// The OpenSSL contexts made from one TlsIdentity, and OpenSSL's error queue as text. Only for this folder.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "io/rpc/tls/tls.h"

namespace skein::rpc {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using SslContext = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using X509Pointer = std::unique_ptr<X509, OpensslFree<X509_free>>;

// Immutable; SSL objects keep the context they were made from alive.
class TlsContexts {
 public:
  static Result<std::shared_ptr<const TlsContexts>> create(const TlsIdentity& identity);

  // Null while there is no certificate.
  SSL_CTX* server() const { return server_.get(); }
  // Verifies against the root; with or without our own certificate.
  SSL_CTX* client(bool shows_certificate) const { return shows_certificate ? client_.get() : anonymous_client_.get(); }

 private:
  SslContext server_;
  SslContext client_;
  SslContext anonymous_client_;
};

// For clients that do not verify. Null only when memory is out.
SslContext make_unverified_client_context();

// The oldest reason in this thread's OpenSSL error queue, which is emptied: "tlsv1 alert unknown ca".
std::string take_openssl_reason();

}  // namespace skein::rpc
