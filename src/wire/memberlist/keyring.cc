#include "wire/memberlist/keyring.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "wire/aes_gcm.h"
#include "wire/memberlist/big_endian.h"
#include "wire/memberlist/message.h"

namespace skein::wire::memberlist {

namespace {

constexpr size_t kVersionBytes = 1;
static_assert(KeyRing::kOverhead == kVersionBytes + kGcmNonceBytes + kGcmTagBytes);
constexpr uint8_t kPadded = 0, kUnpadded = 1;  // encryption versions
constexpr size_t kPaddingBlock = 16;           // PKCS #7 (RFC 5652 section 6.3)

bool is_key_size(size_t bytes) { return bytes == 16 || bytes == 24 || bytes == 32; }

std::string seal(const std::string& key, std::string_view plain, std::string_view authenticated, Random& random) {
  return std::string(1, static_cast<char>(kUnpadded)) + gcm_seal(key, plain, authenticated, random);
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
  for (const std::string& key : keys) {
    auto plain = gcm_open(key, sealed.substr(kVersionBytes), authenticated);
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
