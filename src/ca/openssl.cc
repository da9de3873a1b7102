#include "ca/openssl.h"

#include <openssl/pem.h>

#include <algorithm>
#include <ctime>

#include "ca/root_ca.h"

namespace skein::ca {
namespace {

Error bad_pem(std::string because) { return make_error(Code::kInvalidArgument, "invalid PEM", std::move(because)); }

// What PEM_read_bio allocates; the content may be a private key.
struct RawBlock {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* content = nullptr;
  long size = 0;
  ~RawBlock() {
    OPENSSL_free(label);
    OPENSSL_free(header);
    if (content) OPENSSL_clear_free(content, static_cast<size_t>(size));
  }
};

const unsigned char* start_of(std::string_view der) { return reinterpret_cast<const unsigned char*>(der.data()); }

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text, size_t size_max) {
  if (text.size() > size_max) return bad_pem("larger than " + std::to_string(size_max) + " bytes");
  if (text.empty()) return bad_pem("no block in it");
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  SKEIN_ASSERT(bio);
  std::vector<PemBlock> out;
  for (;;) {
    RawBlock raw;
    ERR_clear_error();
    if (!PEM_read_bio(bio.get(), &raw.label, &raw.header, &raw.content, &raw.size)) break;
    if (*raw.header) return bad_pem("the block has headers");
    if (out.size() == kCertificateCountMax) return bad_pem("too many blocks");
    out.push_back({raw.label, std::string(reinterpret_cast<char*>(raw.content), static_cast<size_t>(raw.size))});
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return bad_pem("a block is damaged");
  if (out.empty()) return bad_pem("no block in it");
  return out;
}

Result<std::vector<Certificate>> parse_certificates(std::string_view pem) {
  SKEIN_TRY_ASSIGN(auto blocks, parse_pem(pem, kPemSizeMax));
  std::vector<Certificate> out;
  for (const PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE") return bad_pem("a block other than CERTIFICATE: " + block.label.substr(0, 64));
    Certificate certificate = parse_certificate_der(block.der);
    if (!certificate) return bad_pem("a certificate is malformed");
    out.push_back(std::move(certificate));
  }
  return out;
}

std::string format_certificate(X509* certificate) {
  Bio bio(BIO_new(BIO_s_mem()));
  SKEIN_ASSERT(bio && PEM_write_bio_X509(bio.get(), certificate) == 1);
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

Certificate parse_certificate_der(std::string_view der) {
  const unsigned char* next = start_of(der);
  Certificate out(d2i_X509(nullptr, &next, static_cast<long>(der.size())));
  if (next != start_of(der) + der.size()) out.reset();
  return out;
}

CertificateRequest parse_request_der(std::string_view der) {
  const unsigned char* next = start_of(der);
  CertificateRequest out(d2i_X509_REQ(nullptr, &next, static_cast<long>(der.size())));
  if (next != start_of(der) + der.size()) out.reset();
  return out;
}

std::string der_of(X509_NAME* name) {
  unsigned char* der = nullptr;
  int size = i2d_X509_NAME(name, &der);
  SKEIN_ASSERT(size >= 0);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string der_of_public_key(X509* certificate) {
  unsigned char* der = nullptr;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  SKEIN_ASSERT(size >= 0);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

Result<WallTime> to_wall(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return make_error(Code::kInvalidArgument, "invalid time in certificate");
  constexpr int64_t kSecondsMax = INT64_MAX / 1'000'000'000;
  int64_t seconds = std::clamp<int64_t>(timegm(&parts), -kSecondsMax, kSecondsMax);
  return WallTime{seconds * 1'000'000'000};
}

}  // namespace skein::ca
