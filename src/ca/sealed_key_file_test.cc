// Who has a locked manager's key file without the unlock key has neither of the two keys in it.
#include "ca/sealed_key_file.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "ca/node_certificate.h"
#include "wire/unlock_key.h"

namespace skein::ca {
namespace {

struct SealedKeyFile : testing::Test {
  SeededRandom random{1};
  const std::string key = wire::make_unlock_key(random), other = wire::make_unlock_key(random);
  const std::string store_key = std::string(32, 's');
  const KeyFile plain{make_key(random), false, 0, {{kStoreKeyHeader, to_base64(store_key)}, {"other", "kept"}}};
};

TEST_F(SealedKeyFile, what_was_sealed_is_opened_by_its_key_alone) {
  const KeyFile sealed = *seal_key_file(plain, key, 7, random);
  EXPECT_TRUE(sealed.is_encrypted);
  EXPECT_EQ(sealed.kek_version, 7u);
  const KeyFile read = *KeyFile::parse(sealed.text());
  auto opened = open_key_file(read, key);
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  EXPECT_EQ(opened->text(), plain.text());
  for (const std::string& wrong : {other, std::string(), std::string("abc"), key + "x"}) {
    auto refused = open_key_file(read, wrong);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
    EXPECT_EQ(refused.error().text(), "swarm could not be unlocked: invalid key provided");
  }
}

TEST_F(SealedKeyFile, no_key_stands_in_it) {
  const std::string text = seal_key_file(plain, key, 7, random)->text();
  EXPECT_TRUE(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\nkek-version: 7\nother: kept\n")) << text;
  EXPECT_EQ(text.find(to_base64(store_key)), std::string::npos);
  const std::string body = plain.key_pem.substr(plain.key_pem.find('\n') + 1, 64);
  EXPECT_NE(plain.text().find(body), std::string::npos);
  EXPECT_EQ(text.find(body), std::string::npos);
}

// As a worker's, which has no store.
TEST_F(SealedKeyFile, without_a_stores_key_the_private_key_tells_the_wrong_key) {
  const KeyFile sealed = *seal_key_file(KeyFile{.key_pem = plain.key_pem}, key, 1, random);
  EXPECT_EQ(open_key_file(sealed, key)->key_pem, plain.key_pem);
  EXPECT_EQ(open_key_file(sealed, other).error().code, Code::kUnauthenticated);
}

TEST_F(SealedKeyFile, the_parts_of_two_files_do_not_open_together) {
  KeyFile mixed = *seal_key_file(plain, key, 1, random);
  mixed.headers[kStoreKeyHeader] = seal_key_file(plain, other, 1, random)->headers[kStoreKeyHeader];
  EXPECT_FALSE(open_key_file(mixed, key).ok());
  EXPECT_FALSE(open_key_file(mixed, other).ok());
}

TEST_F(SealedKeyFile, without_an_unlock_key_it_stays_as_it_is) {
  EXPECT_EQ(seal_key_file(plain, "", 9, random)->text(), plain.text());
  EXPECT_EQ(open_key_file(plain, key)->text(), plain.text());
}

}  // namespace
}  // namespace skein::ca
