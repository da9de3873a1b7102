// Peers use other libraries; a byte that differs from the standard is a network that carries nothing.
#include "esp/crypto/aead.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/bytes.h"
#include "base/random.h"

namespace skein::esp {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes hex(const std::string& text) {
  std::string bytes = from_hex(text).value();
  return {bytes.begin(), bytes.end()};
}

Key key_from(const Bytes& bytes) { return Key(std::span<const uint8_t, Key::kBytes>(bytes.data(), Key::kBytes)); }

std::vector<std::unique_ptr<Aead>> all_aeads() {
  std::vector<std::unique_ptr<Aead>> all;
  all.push_back(make_openssl_aead());
  if (auto fast = make_ipsec_mb_aead()) all.push_back(std::move(fast));
  return all;
}

struct Vector {
  const char *key, *nonce, *associated, *plain, *sealed, *icv;
};
// Test cases 2 and 4 of "The Galois/Counter Mode of Operation" (McGrew, Viega), the proposal to NIST.
const Vector kVectors[] = {
    {"00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
     "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a"
     "637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973"
     "d"
     "58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
};

TEST(Aead, gives_the_bytes_of_the_published_vectors) {
  for (auto& aead : all_aeads()) {
    for (const Vector& vector : kVectors) {
      SCOPED_TRACE(aead->name() + " " + vector.nonce);
      Bytes nonce = hex(vector.nonce), associated = hex(vector.associated), text = hex(vector.plain), icv(16);
      const Bytes sealed = hex(vector.sealed), plain = text;
      ASSERT_EQ(plain.size(), sealed.size());
      AeadPacket packet{nonce.data(), associated, text, icv};
      aead->make_key(key_from(hex(vector.key)), Direction::kSeal, 1)->seal(0, packet);
      EXPECT_EQ(text, sealed);
      EXPECT_EQ(icv, hex(vector.icv));
      auto opener = aead->make_key(key_from(hex(vector.key)), Direction::kOpen, 1);
      EXPECT_TRUE(opener->open(0, packet));
      EXPECT_EQ(text, plain);
    }
  }
}

TEST(Aead, each_library_opens_what_the_other_sealed_and_nothing_changed) {
  auto all = all_aeads();
  SeededRandom random(3);
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    Bytes secret(16), nonce(12), associated(random.below(2) ? 8 : 12), plain(random.below(round % 10 ? 300 : 9000));
    for (Bytes* bytes : {&secret, &nonce, &associated, &plain}) random.fill(*bytes);
    const size_t icv_bytes = random.below(2) ? 8 : 16;
    Aead& sealer = *all[random.below(all.size())];
    Aead& opener = *all[random.below(all.size())];
    Bytes text = plain, icv(icv_bytes);
    sealer.make_key(key_from(secret), Direction::kSeal, 2)->seal(1, {nonce.data(), associated, text, icv});
    auto key = opener.make_key(key_from(secret), Direction::kOpen, 2);
    Bytes copy = text, copy_icv = icv;
    ASSERT_TRUE(key->open(1, {nonce.data(), associated, copy, copy_icv}));
    ASSERT_EQ(copy, plain);

    copy = text;
    Bytes changed_associated = associated;
    switch (random.below(3)) {
      case 0: changed_associated[random.below(associated.size())] ^= 1 << random.below(8); break;
      case 1: copy_icv[random.below(icv_bytes)] ^= 1 << random.below(8); break;
      default:
        if (copy.empty()) continue;
        copy[random.below(copy.size())] ^= 1 << random.below(8);
    }
    ASSERT_FALSE(key->open(0, {nonce.data(), changed_associated, copy, copy_icv}));
  }
}

}  // namespace
}  // namespace skein::esp
