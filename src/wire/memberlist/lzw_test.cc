// Peers compress everything on streams: what is unpacked wrongly is a node or an endpoint lost.
#include "wire/memberlist/lzw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/random.h"
#include "wire/memberlist/compress_for_test.h"

namespace skein::wire::memberlist {
namespace {

std::string random_text(SeededRandom& random, size_t size, size_t alphabet) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(random.below(alphabet)));
  return text;
}

// The plainest compressor there is: a clear, one literal code for each byte, the end. It never clears again, so that
// long texts fill the reader's table.
std::string literals_only(std::string_view plain) {
  std::string out;
  uint64_t bits = 0;
  int count = 0;
  uint32_t next = 257;
  const auto put = [&](uint32_t code) {
    bits |= uint64_t{code} << count;
    for (count += std::min(12, static_cast<int>(std::bit_width(next))); count >= 8; count -= 8, bits >>= 8) {
      out.push_back(static_cast<char>(bits));
    }
  };
  put(256);
  for (char byte : plain) {
    put(static_cast<uint8_t>(byte));
    ++next;
  }
  put(257);
  if (count > 0) out.push_back(static_cast<char>(bits));
  return out;
}

TEST(Lzw, any_text_comes_back_unchanged) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  for (size_t size : {0, 1, 2, 3, 255, 256, 257, 4000, 5000, 100000}) {
    for (size_t alphabet : {1, 2, 16, 256}) {
      const std::string plain = random_text(random, size, alphabet);
      auto back = lzw_decompress(lzw_compress(plain), size);
      ASSERT_TRUE(back.ok()) << size << " bytes of " << alphabet << ": " << back.error().text();
      EXPECT_EQ(*back, plain) << size << " bytes of " << alphabet;
    }
  }
}

TEST(Lzw, a_full_table_stays_usable_without_a_clear) {
  SeededRandom random(8);
  for (size_t size : {3837, 3838, 3839, 3840, 3841, 9000}) {
    const std::string plain = random_text(random, size, 256);
    auto back = lzw_decompress(literals_only(plain), size);
    ASSERT_TRUE(back.ok()) << size << ": " << back.error().text();
    EXPECT_EQ(*back, plain) << size;
  }
}

TEST(Lzw, output_is_bounded_however_small_the_input) {
  const std::string bomb = lzw_compress(std::string(10 * 1000 * 1000, 'a'));
  ASSERT_LT(bomb.size(), 100000u);
  auto refused = lzw_decompress(bomb, 64 * 1024);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(lzw_decompress(bomb, 10 * 1000 * 1000).ok());
}

TEST(Lzw, damage_is_refused) {
  const std::string packed = lzw_compress("abracadabra");
  for (size_t size = 0; size < packed.size(); ++size) EXPECT_FALSE(lzw_decompress(packed.substr(0, size), 100).ok());
  // clear, then the code 258 which nothing has defined: 256 | 258 << 9, least significant bit first
  EXPECT_FALSE(lzw_decompress(from_hex("00050400").value(), 100).ok());
}

}  // namespace
}  // namespace skein::wire::memberlist
