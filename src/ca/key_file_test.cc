#include "ca/key_file.h"

#include <gtest/gtest.h>

#include "ca/node_certificate.h"

namespace skein::ca {
namespace {

TEST(KeyFile, a_workers_key_survives_the_file) {
  SeededRandom random(1);
  KeyFile file{.key_pem = make_key(random)};
  std::string text = file.text();
  EXPECT_TRUE(text.starts_with("-----BEGIN PRIVATE KEY-----\nkek-version: 0\n\nM")) << text;
  auto again = KeyFile::parse(text);
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->key_pem, file.key_pem);
  EXPECT_EQ(again->text(), text);
  EXPECT_TRUE(make_csr(again->key_pem).ok());
}

TEST(KeyFile, a_managers_headers_are_kept) {
  SeededRandom random(2);
  KeyFile file{.key_pem = make_key(random), .kek_version = 42, .headers = {{"raft-dek", "q83vEjRWeJA="}}};
  auto again = KeyFile::parse(file.text());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->kek_version, 42u);
  EXPECT_EQ(again->headers, file.headers);
}

TEST(KeyFile, a_key_without_headers_and_an_encrypted_one_are_read) {
  SeededRandom random(3);
  std::string plain = make_key(random);
  auto file = KeyFile::parse(plain);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->key_pem, plain);
  std::string crlf = "-----BEGIN PRIVATE KEY-----\r\nkek-version: 7\r\n\r\nAAAA\r\n-----END PRIVATE KEY-----\r\n";
  EXPECT_EQ(KeyFile::parse(crlf)->kek_version, 7u);
  EXPECT_EQ(KeyFile::parse(crlf)->key_pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  auto locked = KeyFile::parse("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
  ASSERT_TRUE(locked.ok());
  EXPECT_TRUE(locked->is_encrypted);
}

TEST(KeyFile, damaged_files_are_refused) {
  for (std::string text : {"", "\n", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nAAAA\n",
                           "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                           "-----BEGIN PRIVATE KEY-----\nkek-version: x\n\nAA\n-----END PRIVATE KEY-----\n",
                           "-----BEGIN PRIVATE KEY-----\nkek-version: 1\nAA\n-----END PRIVATE KEY-----\n",
                           "-----BEGIN PRIVATE KEY-----\na: 1\na: 2\n\nAA\n-----END PRIVATE KEY-----\n",
                           "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"})
    EXPECT_FALSE(KeyFile::parse(text).ok()) << text;
}

}  // namespace
}  // namespace skein::ca
