// Join tokens: what a user copies from one host to the next so that it may join the swarm.
//
//   SWMTKN-1-<digest: 50 characters>-<secret: 25 characters>          normal
//   SWMTKN-2-<0|1>-<digest>-<secret>                                  clusters that state whether FIPS is mandatory
//
// Both parts are numbers in base 36, left-padded with '0'. The digest lets the joiner recognise the swarm's root CA
// before it trusts anything else; the secret lets the manager recognise the joiner and decides its role. Tokens are
// secrets: keep them out of logs. Plain values; safe to copy between threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace skein::wire {

// SHA-256 of the root bundle: of the exact bytes that GetRootCACertificate returns, trailing newline included.
using RootDigest = std::array<uint8_t, 32>;
RootDigest digest_of_root(std::string_view bundle_pem);

struct JoinToken {
  std::optional<bool> is_fips;  // absent in SWMTKN-1
  RootDigest digest{};
  std::string secret;  // 25 characters of [0-9a-z]

  // Untrusted text. Strict, since managers compare whole tokens; every fault gives "invalid join token".
  static Result<JoinToken> parse(std::string_view text);
  std::string text() const;
};

// A token with a fresh secret (16 random bytes) for the swarm of this root bundle.
JoinToken make_join_token(std::string_view bundle_pem, Random& random, std::optional<bool> is_fips = std::nullopt);

// Compares secrets in a time that depends on their lengths only.
bool is_same_secret(std::string_view presented, std::string_view expected);

// What a joiner says of a root bundle whose digest differs: "remote CA does not match fingerprint. Expected: <hex>".
Result<void> check_root(std::string_view bundle_pem, const RootDigest& expected);

}  // namespace skein::wire
