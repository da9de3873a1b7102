// Whoever lacks the keys neither reads gossip nor makes us believe any, and rotating them loses no packet.
#include "wire/memberlist/keyring.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace skein::wire::memberlist {
namespace {

const std::string kOld(16, 'o'), kPrimary(16, 'p'), kNew(16, 'n');

KeyRing ring(const std::string& primary, std::vector<std::string> others = {}) {
  return KeyRing::make(primary, std::move(others)).value();
}

TEST(KeyRing, what_one_member_seals_another_opens) {
  SeededRandom random(1);
  for (size_t key_bytes : {16, 24, 32}) {
    const KeyRing keys = ring(std::string(key_bytes, 'k'));
    for (const std::string& plain : {std::string(), std::string("x"), std::string(100000, 'y')}) {
      const std::string packet = keys.seal_packet(plain, random), frame = keys.seal_frame(plain, random);
      EXPECT_EQ(packet.size(), plain.size() + KeyRing::kOverhead);
      EXPECT_EQ(keys.open_packet(packet).value(), plain);
      EXPECT_EQ(frame.size(), plain.size() + KeyRing::kOverhead + KeyRing::kFrameHeader);
      EXPECT_EQ(keys.open_frame(frame).value(), plain);
    }
  }
}

TEST(KeyRing, no_two_seals_share_a_nonce) {
  SeededRandom random(2);
  EXPECT_NE(ring(kPrimary).seal_packet("same", random), ring(kPrimary).seal_packet("same", random));
}

TEST(KeyRing, any_changed_bit_is_refused) {
  SeededRandom random(3);
  const KeyRing keys = ring(kPrimary);
  const std::string frame = keys.seal_frame("plain", random);
  for (size_t i = 0; i < frame.size() * 8; ++i) {
    std::string damaged = frame;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ 1 << i % 8);
    EXPECT_FALSE(keys.open_frame(damaged).ok()) << "bit " << i;
  }
  for (size_t size = 0; size < frame.size(); ++size) EXPECT_FALSE(keys.open_frame(frame.substr(0, size)).ok());
}

TEST(KeyRing, a_packet_cannot_pass_for_a_frame_nor_a_frame_for_a_packet) {
  SeededRandom random(4);
  const KeyRing keys = ring(kPrimary);
  const std::string packet = keys.seal_packet("plain", random), frame = keys.seal_frame("plain", random);
  EXPECT_FALSE(keys.open_packet(frame.substr(KeyRing::kFrameHeader)).ok());
  EXPECT_FALSE(keys.open_frame(frame.substr(0, KeyRing::kFrameHeader) + packet).ok());
}

TEST(KeyRing, members_at_different_steps_of_a_rotation_understand_each_other) {
  SeededRandom random(5);
  KeyRing behind = ring(kPrimary, {kOld, kNew}), ahead = behind;
  ASSERT_TRUE(ahead.add(std::string(16, 'x')).ok());
  ASSERT_TRUE(ahead.use(kNew).ok());
  ASSERT_TRUE(ahead.remove(kOld).ok());
  EXPECT_EQ(ahead.primary(), kNew);
  EXPECT_EQ(behind.open_packet(ahead.seal_packet("a", random)).value(), "a");
  EXPECT_EQ(ahead.open_packet(behind.seal_packet("b", random)).value(), "b");

  EXPECT_TRUE(ahead.open_packet(ring(kPrimary).seal_packet("c", random)).ok());
  auto refused = ahead.open_packet(ring(kOld).seal_packet("d", random));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
}

TEST(KeyRing, mistakes_with_keys_are_refused) {
  EXPECT_FALSE(KeyRing::make("short", {}).ok());
  KeyRing keys = ring(kPrimary, {kOld, kPrimary});
  EXPECT_EQ(keys.keys().size(), 2u);
  EXPECT_FALSE(keys.use(kNew).ok());
  EXPECT_FALSE(keys.remove(kPrimary).ok());
  EXPECT_TRUE(keys.remove(kNew).ok());
  for (char c = 0; keys.keys().size() < KeyRing::kKeysMax; ++c) ASSERT_TRUE(keys.add(std::string(16, c)).ok());
  EXPECT_FALSE(keys.add(kNew).ok());
}

TEST(KeyRing, frames_that_are_not_encrypted_or_too_long_are_refused_by_their_header) {
  EXPECT_EQ(KeyRing::parse_frame_header(std::string("\x0a\0\0\x01\0", 5)).value(), 256u);
  EXPECT_FALSE(KeyRing::parse_frame_header(std::string("\x06\0\0\x01\0", 5)).ok());
  EXPECT_FALSE(KeyRing::parse_frame_header(std::string("\x0a\0\0\x01", 4)).ok());
  EXPECT_FALSE(KeyRing::parse_frame_header(std::string("\x0a\xff\xff\xff\xff", 5)).ok());
}

// The version of ancient peers, which is sealed here by hand: version byte 0, padded plaintext.
std::string seal_version_0(const std::string& key, const std::string& padded) {
  const std::string nonce(12, 'n');
  std::string text(padded.size(), '\0'), tag(16, '\0');
  const auto octets = [](auto& s) { return reinterpret_cast<unsigned char*>(const_cast<char*>(s.data())); };
  EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
  int size = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), nullptr, octets(key), octets(nonce)), 1);
  EXPECT_EQ(EVP_EncryptUpdate(cipher, octets(text), &size, octets(padded), static_cast<int>(padded.size())), 1);
  EXPECT_EQ(EVP_EncryptFinal_ex(cipher, octets(text) + size, &size), 1);
  EXPECT_EQ(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, 16, tag.data()), 1);
  EVP_CIPHER_CTX_free(cipher);
  return std::string(1, '\0') + nonce + text + tag;
}

TEST(KeyRing, the_padded_version_is_understood) {
  const KeyRing keys = ring(kPrimary);
  EXPECT_EQ(keys.open_packet(seal_version_0(kPrimary, "plain" + std::string(11, '\x0b'))).value(), "plain");
  EXPECT_EQ(keys.open_packet(seal_version_0(kPrimary, std::string(16, '\x10'))).value(), "");
  EXPECT_FALSE(keys.open_packet(seal_version_0(kPrimary, "plain" + std::string(11, '\x11'))).ok());
  EXPECT_FALSE(keys.open_packet(seal_version_0(kPrimary, std::string(16, '\0'))).ok());
  EXPECT_FALSE(keys.open_packet(seal_version_0(kPrimary, "\x05")).ok());
}

}  // namespace
}  // namespace skein::wire::memberlist
