#include "wire/join_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace skein::wire {
namespace {

constexpr std::string_view kPrefix = "SWMTKN";
constexpr size_t kDigestDigits = 50;  // 2^256 in base 36
constexpr size_t kSecretDigits = 25;  // 2^128 in base 36
constexpr size_t kSecretSizeBytes = 16;

Error invalid_token() { return make_error(Code::kInvalidArgument, "invalid join token"); }

int base36_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  return -1;
}

bool is_base36(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return base36_digit(c) >= 0; });
}

// 50 digits can say more than 256 bits can hold; such numbers are digests of nothing.
std::optional<RootDigest> parse_digest(std::string_view text) {
  if (text.size() != kDigestDigits) return std::nullopt;
  RootDigest out{};
  for (char c : text) {
    int digit = base36_digit(c);
    if (digit < 0) return std::nullopt;
    uint32_t carry = static_cast<uint32_t>(digit);
    for (size_t i = out.size(); i-- > 0; carry >>= 8) {
      carry += out[i] * 36u;
      out[i] = static_cast<uint8_t>(carry);
    }
    if (carry) return std::nullopt;
  }
  return out;
}

// At most five parts are of interest; more make a sixth.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (out.size() < 6) {
    size_t dash = text.find('-');
    out.push_back(text.substr(0, dash));
    if (dash == std::string_view::npos) break;
    text.remove_prefix(dash + 1);
  }
  return out;
}

}  // namespace

RootDigest digest_of_root(std::string_view bundle_pem) {
  RootDigest out;
  int done = EVP_Digest(bundle_pem.data(), bundle_pem.size(), out.data(), nullptr, EVP_sha256(), nullptr);
  SKEIN_ASSERT(done == 1);
  return out;
}

Result<JoinToken> JoinToken::parse(std::string_view text) {
  auto parts = split(text);
  if (parts.size() < 4 || parts[0] != kPrefix) return invalid_token();
  JoinToken out;
  size_t next = 2;
  if (parts[1] == "2" && parts.size() == 5 && (parts[2] == "0" || parts[2] == "1")) {
    out.is_fips = parts[2] == "1";
    next = 3;
  } else if (parts[1] != "1" || parts.size() != 4) {
    return invalid_token();
  }
  auto digest = parse_digest(parts[next]);
  std::string_view secret = parts[next + 1];
  if (!digest || secret.size() != kSecretDigits || !is_base36(secret)) return invalid_token();
  out.digest = *digest;
  out.secret = secret;
  return out;
}

std::string JoinToken::text() const {
  std::string version = is_fips ? (*is_fips ? "-2-1-" : "-2-0-") : "-1-";
  return std::string(kPrefix) + version + to_base36(digest, kDigestDigits) + "-" + secret;
}

JoinToken make_join_token(std::string_view bundle_pem, Random& random, std::optional<bool> is_fips) {
  std::array<uint8_t, kSecretSizeBytes> secret;
  random.fill(secret);
  return {is_fips, digest_of_root(bundle_pem), to_base36(secret, kSecretDigits)};
}

bool is_same_secret(std::string_view presented, std::string_view expected) {
  return presented.size() == expected.size() && CRYPTO_memcmp(presented.data(), expected.data(), expected.size()) == 0;
}

Result<void> check_root(std::string_view bundle_pem, const RootDigest& expected) {
  if (digest_of_root(bundle_pem) == expected) return {};
  return make_error(Code::kPermissionDenied,
                    "remote CA does not match fingerprint. Expected: " + to_hex(as_text(expected)));
}

}  // namespace skein::wire
