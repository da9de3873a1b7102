#include "wire/aes_gcm.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/result.h"

namespace skein::wire {

namespace {

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

// Kept for as long as the program runs: the algorithms of EVP_aes_… are looked up anew at each use.
const EVP_CIPHER* aes_gcm(size_t key_bytes) {
  static const EVP_CIPHER* const fetched[] = {EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr),
                                              EVP_CIPHER_fetch(nullptr, "AES-192-GCM", nullptr),
                                              EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  SKEIN_ASSERT(key_bytes == 16 || key_bytes == 24 || key_bytes == 32);
  return fetched[(key_bytes - 16) / 8];
}

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// OpenSSL takes lengths as int.
int int_size(std::string_view text) {
  SKEIN_ASSERT(text.size() <= kGcmBytesMax);
  return static_cast<int>(text.size());
}

}  // namespace

std::string gcm_seal(const std::string& key, std::string_view plain, std::string_view authenticated, Random& random) {
  std::array<uint8_t, kGcmNonceBytes> nonce;
  random.fill(nonce);
  std::string out(nonce.begin(), nonce.end());
  const size_t text_at = out.size();
  out.resize(text_at + plain.size() + kGcmTagBytes);

  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool is_sealed =
      cipher && EVP_EncryptInit_ex(cipher.get(), aes_gcm(key.size()), nullptr, octets(key), nonce.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, octets(authenticated), int_size(authenticated)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), octets(out) + text_at, &size, octets(plain), int_size(plain)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), octets(out) + text_at + plain.size(), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kGcmTagBytes, octets(out) + text_at + plain.size()) == 1;
  SKEIN_ASSERT(is_sealed);  // lengths are checked above: only lack of memory is left
  return out;
}

std::optional<std::string> gcm_open(const std::string& key, std::string_view sealed, std::string_view authenticated) {
  if (sealed.size() < kGcmNonceBytes + kGcmTagBytes || sealed.size() > kGcmBytesMax) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, kGcmNonceBytes);
  const std::string_view text = sealed.substr(kGcmNonceBytes, sealed.size() - kGcmNonceBytes - kGcmTagBytes);
  std::string tag(sealed.substr(sealed.size() - kGcmTagBytes));  // the interface is not const
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string out(text.size() + 1, '\0');  // never of size 0, which OpenSSL would take for authenticated data
  int size = 0;
  const bool is_open =
      cipher && EVP_DecryptInit_ex(cipher.get(), aes_gcm(key.size()), nullptr, octets(key), octets(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, octets(authenticated), int_size(authenticated)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), octets(out), &size, octets(text), int_size(text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kGcmTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), octets(out) + text.size(), &size) == 1;
  if (!is_open) return std::nullopt;
  out.resize(text.size());
  return out;
}

}  // namespace skein::wire
