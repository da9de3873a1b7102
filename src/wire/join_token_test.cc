#include "wire/join_token.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/bytes.h"

namespace skein::wire {
namespace {

std::string read(const std::string& name) {
  std::ifstream in(SKEIN_TEST_DATA "/ca/" + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// A token printed by a real manager must lead a joiner to exactly that manager's root, and come out again unchanged,
// because managers compare whole texts.
TEST(JoinToken, tokens_of_real_managers_are_read_and_written_back) {
  auto vectors = nlohmann::json::parse(read("join-tokens.json"));
  size_t count = 0;
  for (const auto& vector : vectors["tokens"]) {
    std::string bundle = read(vector["root"]);
    for (const char* role : {"worker", "manager"}) {
      std::string text = vector[role];
      auto token = JoinToken::parse(text);
      ASSERT_TRUE(token.ok()) << text;
      EXPECT_EQ(to_hex(as_text(token->digest)), vector["root_pem_sha256"]);
      EXPECT_EQ(token->text(), text);
      EXPECT_TRUE(check_root(bundle, token->digest).ok());
      auto secret = from_hex(std::string(vector[std::string(role) + "_secret_hex"]));
      EXPECT_EQ(token->secret, to_base36(as_bytes(*secret), 25));
      EXPECT_FALSE(token->is_fips.has_value());
      ++count;
    }
  }
  EXPECT_EQ(count, 4u);
}

TEST(JoinToken, a_new_token_names_its_root_and_differs_each_time) {
  SeededRandom random(1);
  JoinToken one = make_join_token("root\n", random), two = make_join_token("root\n", random);
  EXPECT_EQ(one.digest, two.digest);
  EXPECT_NE(one.secret, two.secret);
  EXPECT_EQ(one.text().size(), 6u + 1 + 1 + 1 + 50 + 1 + 25);
  EXPECT_EQ(JoinToken::parse(one.text())->secret, one.secret);
}

TEST(JoinToken, the_fips_form_keeps_its_flag) {
  SeededRandom random(2);
  for (bool is_fips : {false, true}) {
    std::string text = make_join_token("root\n", random, is_fips).text();
    EXPECT_EQ(text.substr(0, 11), is_fips ? "SWMTKN-2-1-" : "SWMTKN-2-0-");
    auto token = JoinToken::parse(text);
    ASSERT_TRUE(token.ok());
    EXPECT_EQ(token->is_fips, is_fips);
    EXPECT_EQ(token->text(), text);
  }
}

TEST(JoinToken, anything_else_is_refused_in_dockers_words) {
  const std::string digest(50, '0'), secret(25, 'a');
  const std::string good = "SWMTKN-1-" + digest + "-" + secret;
  ASSERT_TRUE(JoinToken::parse(good).ok());
  const std::string too_large(50, 'z');
  for (const std::string& text :
       {std::string(), std::string("SWMTKN"), std::string("SWMTKN-1"), good + " ", " " + good, good + "-", good + "\n",
        "SWMTKN-2-" + digest + "-" + secret, "SWMTKN-2-2-" + digest + "-" + secret,
        "SWMTKN-1-0-" + digest + "-" + secret, "SWMTKN-3-" + digest + "-" + secret, "swmtkn-1-" + digest + "-" + secret,
        "SWMTKN-1-" + digest.substr(1) + "-" + secret, "SWMTKN-1-" + digest + "-" + secret.substr(1),
        "SWMTKN-1-" + too_large + "-" + secret, "SWMTKN-1-" + digest + "-" + std::string(25, 'A'),
        "SWMTKN-1-" + digest + "-" + std::string(25, '\0'), std::string(100000, '-')}) {
    auto token = JoinToken::parse(text);
    ASSERT_FALSE(token.ok()) << text;
    EXPECT_EQ(token.error().text(), "invalid join token");
    EXPECT_EQ(token.error().code, Code::kInvalidArgument);
  }
}

// The digest's range ends at 2^256 - 1, not at fifty z.
TEST(JoinToken, the_largest_digest_is_read_and_the_next_number_is_not) {
  RootDigest largest;
  largest.fill(0xff);
  std::string digits = to_base36(largest, 50);
  ASSERT_EQ(digits.size(), 50u);
  auto token = JoinToken::parse("SWMTKN-1-" + digits + "-" + std::string(25, '0'));
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->digest, largest);
  ASSERT_NE(digits.back(), 'z');
  digits.back() = digits.back() == '9' ? 'a' : static_cast<char>(digits.back() + 1);
  EXPECT_FALSE(JoinToken::parse("SWMTKN-1-" + digits + "-" + std::string(25, '0')).ok());
}

TEST(JoinToken, a_foreign_root_is_refused_with_the_expected_fingerprint) {
  auto refused = check_root("another\n", digest_of_root("root\n"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(),
            "remote CA does not match fingerprint. Expected: " + to_hex(as_text(digest_of_root("root\n"))));
}

TEST(JoinToken, secrets_are_the_same_only_if_every_byte_is) {
  EXPECT_TRUE(is_same_secret("abc", "abc"));
  EXPECT_FALSE(is_same_secret("abc", "abd"));
  EXPECT_FALSE(is_same_secret("ab", "abc"));
  EXPECT_FALSE(is_same_secret("", "abc"));
}

}  // namespace
}  // namespace skein::wire
