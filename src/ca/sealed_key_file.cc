#include "ca/sealed_key_file.h"

#include <openssl/pem.h>

#include <algorithm>

#include "base/bytes.h"
#include "ca/private_key.h"
#include "wire/aes_gcm.h"
#include "wire/unlock_key.h"

namespace skein::ca {
namespace {

constexpr const char* kSealedHeaders[] = {kStoreKeyHeader, kEarlierStoreKeyHeader};

Error wrong_key() { return make_error(Code::kUnauthenticated, "swarm could not be unlocked: invalid key provided"); }

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

// For OpenSSL: puts the key where the passphrase is wanted.
int give_key(char* buffer, int size, int, void* key) {
  const auto& bytes = *static_cast<const std::string*>(key);
  if (bytes.size() > static_cast<size_t>(size)) return -1;
  std::copy(bytes.begin(), bytes.end(), buffer);
  return static_cast<int>(bytes.size());
}

Result<std::string> encrypt_private_key(const std::string& pem, const std::string& unlock_key) {
  SKEIN_TRY_ASSIGN(const Key key, parse_private_key(pem));
  Bio bio(BIO_new(BIO_s_mem()));
  SKEIN_ASSERT(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), unlock_key.data(),
                                                    static_cast<int>(unlock_key.size()), nullptr, nullptr) == 1);
  return text_of(bio.get());
}

Result<std::string> decrypt_private_key(const std::string& pem, std::string unlock_key) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  SKEIN_ASSERT(bio);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_key, &unlock_key));
  OPENSSL_cleanse(unlock_key.data(), unlock_key.size());
  if (!key) return wrong_key();
  return format_private_key(key.get());
}

}  // namespace

Result<KeyFile> seal_key_file(KeyFile plain, const std::string& unlock_key, uint64_t version, Random& random) {
  ErrorQueueGuard guard;
  SKEIN_ASSERT(!plain.is_encrypted);
  plain.kek_version = unlock_key.empty() ? 0 : version;
  if (unlock_key.empty()) return plain;
  SKEIN_TRY_ASSIGN(plain.key_pem, encrypt_private_key(plain.key_pem, unlock_key));
  plain.is_encrypted = true;
  for (const char* name : kSealedHeaders) {
    auto header = plain.headers.find(name);
    if (header == plain.headers.end()) continue;
    SKEIN_TRY_ASSIGN(const std::string store_key, from_base64(header->second));
    header->second = to_base64(wire::gcm_seal(unlock_key, store_key, name, random));
  }
  return plain;
}

// The store's keys first: they are authenticated.
Result<KeyFile> open_key_file(KeyFile sealed, const std::string& unlock_key) {
  ErrorQueueGuard guard;
  if (!sealed.is_encrypted) return sealed;
  if (unlock_key.size() != wire::kUnlockKeyBytes) return wrong_key();
  for (const char* name : kSealedHeaders) {
    auto header = sealed.headers.find(name);
    if (header == sealed.headers.end()) continue;
    auto bytes = from_base64(header->second);
    auto store_key = bytes.ok() ? wire::gcm_open(unlock_key, *bytes, name) : std::nullopt;
    if (!store_key) return wrong_key();
    header->second = to_base64(*store_key);
  }
  SKEIN_TRY_ASSIGN(sealed.key_pem, decrypt_private_key(sealed.key_pem, unlock_key));
  sealed.is_encrypted = false;
  sealed.kek_version = 0;
  return sealed;
}

}  // namespace skein::ca
