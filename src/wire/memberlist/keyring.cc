#include "wire/memberlist/keyring.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "wire/memberlist/big_endian.h"
#include "wire/memberlist/message.h"

namespace skein::wire::memberlist {

namespace {

constexpr size_t kNonceBytes = 12, kTagBytes = 16, kVersionBytes = 1;
constexpr uint8_t kPadded = 0, kUnpadded = 1;  // encryption versions
constexpr size_t kPaddingBlock = 16;           // PKCS #7 (RFC 5652 section 6.3)

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

bool is_key_size(size_t bytes) { return bytes == 16 || bytes == 24 || bytes == 32; }

// Kept for as long as the program runs: the algorithms of EVP_aes_… are looked up anew at each use.
const EVP_CIPHER* aes_gcm(size_t key_bytes) {
  static const EVP_CIPHER* const fetched[] = {EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr),
                                              EVP_CIPHER_fetch(nullptr, "AES-192-GCM", nullptr),
                                              EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  return fetched[key_bytes == 16 ? 0 : key_bytes == 24 ? 1 : 2];
}

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// OpenSSL takes lengths as int; frames are far below.
int int_size(std::string_view text) {
  SKEIN_ASSERT(text.size() <= KeyRing::kFrameBytesMax);
  return static_cast<int>(text.size());
}

std::string seal(const std::string& key, std::string_view plain, std::string_view authenticated, Random& random) {
  std::array<uint8_t, kNonceBytes> nonce;
  random.fill(nonce);
  std::string out(1, static_cast<char>(kUnpadded));
  out.append(nonce.begin(), nonce.end());
  const size_t text_at = out.size();
  out.resize(text_at + plain.size() + kTagBytes);

  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool is_sealed =
      cipher && EVP_EncryptInit_ex(cipher.get(), aes_gcm(key.size()), nullptr, octets(key), nonce.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, octets(authenticated), int_size(authenticated)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), octets(out) + text_at, &size, octets(plain), int_size(plain)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), octets(out) + text_at + plain.size(), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, octets(out) + text_at + plain.size()) == 1;
  SKEIN_ASSERT(is_sealed);  // lengths are checked above: only lack of memory is left
  return out;
}

// The plaintext, or nothing if `key` is not the one that sealed it.
std::optional<std::string> open_with(const std::string& key, std::string_view nonce, std::string_view text,
                                     std::string_view tag, std::string_view authenticated) {
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string out(text.size() + 1, '\0');  // never of size 0, which OpenSSL would take for authenticated data
  std::string tag_copy(tag);               // the interface is not const
  int size = 0;
  const bool is_open =
      cipher && EVP_DecryptInit_ex(cipher.get(), aes_gcm(key.size()), nullptr, octets(key), octets(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, octets(authenticated), int_size(authenticated)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), octets(out), &size, octets(text), int_size(text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag_copy.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), octets(out) + text.size(), &size) == 1;
  if (!is_open) return std::nullopt;
  out.resize(text.size());
  return out;
}

Error refused(Code code, std::string because) { return make_error(code, "cannot decrypt gossip", std::move(because)); }

Result<std::string> without_padding(std::string plain) {
  const size_t padding = plain.empty() ? 0 : static_cast<uint8_t>(plain.back());
  if (padding == 0 || padding > kPaddingBlock || padding > plain.size()) {
    return refused(Code::kInvalidArgument, "malformed padding");
  }
  plain.resize(plain.size() - padding);
  return plain;
}

Result<std::string> open(const std::vector<std::string>& keys, std::string_view sealed,
                         std::string_view authenticated) {
  if (sealed.size() < KeyRing::kOverhead) return refused(Code::kInvalidArgument, "too short");
  if (sealed.size() > KeyRing::kFrameBytesMax) return refused(Code::kInvalidArgument, "too long");
  const auto version = static_cast<uint8_t>(sealed.front());
  if (version != kPadded && version != kUnpadded) {
    return refused(Code::kInvalidArgument, "unknown encryption version " + std::to_string(version));
  }
  const std::string_view nonce = sealed.substr(kVersionBytes, kNonceBytes);
  const std::string_view text = sealed.substr(kVersionBytes + kNonceBytes, sealed.size() - KeyRing::kOverhead);
  const std::string_view tag = sealed.substr(sealed.size() - kTagBytes);
  for (const std::string& key : keys) {
    auto plain = open_with(key, nonce, text, tag, authenticated);
    if (!plain) continue;
    if (version == kPadded) return without_padding(std::move(*plain));
    return std::move(*plain);
  }
  return refused(Code::kUnauthenticated, "no installed key fits");
}

std::string frame_header(size_t size) {
  std::string header(1, static_cast<char>(MessageType::kEncrypt));
  append_big_endian(header, size, 4);
  return header;
}

void wipe(std::string& key) { OPENSSL_cleanse(key.data(), key.size()); }

}  // namespace

Result<KeyRing> KeyRing::make(std::string primary, std::vector<std::string> others) {
  KeyRing ring{{}};
  SKEIN_TRY(ring.add(std::move(primary)));
  for (std::string& key : others) SKEIN_TRY(ring.add(std::move(key)));
  return ring;
}

KeyRing::~KeyRing() {
  for (std::string& key : keys_) wipe(key);
}

KeyRing& KeyRing::operator=(const KeyRing& other) {
  if (this != &other) *this = KeyRing(other);
  return *this;
}

KeyRing& KeyRing::operator=(KeyRing&& other) noexcept {
  keys_.swap(other.keys_);  // the other's destructor wipes what was ours
  return *this;
}

Result<void> KeyRing::add(std::string key) {
  if (!is_key_size(key.size())) {
    return make_error(Code::kInvalidArgument, "refused a gossip key", std::to_string(key.size()) + " bytes long",
                      "gossip keys have 16, 24 or 32 bytes");
  }
  if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) return {};
  if (keys_.size() >= kKeysMax) return make_error(Code::kResourceExhausted, "refused a gossip key", "too many keys");
  keys_.push_back(std::move(key));
  return {};
}

Result<void> KeyRing::use(std::string_view key) {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found == keys_.end()) return make_error(Code::kNotFound, "cannot use a gossip key", "it is not in the ring");
  std::rotate(keys_.begin(), found, found + 1);
  return {};
}

Result<void> KeyRing::remove(std::string_view key) {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found == keys_.end()) return {};
  if (found == keys_.begin()) {
    return make_error(Code::kFailedPrecondition, "cannot remove a gossip key", "it is the primary one",
                      "make another key primary first");
  }
  wipe(*found);
  keys_.erase(found);
  return {};
}

std::string KeyRing::seal_packet(std::string_view plain, Random& random) const {
  return seal(primary(), plain, {}, random);
}

Result<std::string> KeyRing::open_packet(std::string_view sealed) const { return open(keys_, sealed, {}); }

std::string KeyRing::seal_frame(std::string_view plain, Random& random) const {
  SKEIN_ASSERT(plain.size() <= kFrameBytesMax - kOverhead);
  std::string frame = frame_header(plain.size() + kOverhead);
  return frame += seal(primary(), plain, frame, random);
}

Result<uint32_t> KeyRing::parse_frame_header(std::string_view header) {
  if (header.size() < kFrameHeader) return refused(Code::kInvalidArgument, "ends inside the frame's header");
  if (header.front() != static_cast<char>(MessageType::kEncrypt)) {
    return refused(Code::kInvalidArgument, "the stream is not encrypted");
  }
  const uint64_t size = read_big_endian(header.substr(1, 4));
  if (size > kFrameBytesMax) return refused(Code::kResourceExhausted, "frame of " + std::to_string(size) + " bytes");
  return static_cast<uint32_t>(size);
}

Result<std::string> KeyRing::open_frame(std::string_view frame) const {
  SKEIN_TRY_ASSIGN(uint32_t size, parse_frame_header(frame));
  const std::string_view header = frame.substr(0, kFrameHeader), sealed = frame.substr(kFrameHeader);
  if (sealed.size() != size) return refused(Code::kInvalidArgument, "the frame's length is wrong");
  return open(keys_, sealed, header);
}

}  // namespace skein::wire::memberlist
