#include "manager/ca/root_choice.h"

#include <gtest/gtest.h>

#include "ca/root_ca.h"

namespace skein::manager {
namespace {

namespace api = model::api;

struct RootChoice : testing::Test {
  WallTime now = system_clock().wall();
  SeededRandom random{11};
  ca::RootCa present = *ca::RootCa::create(now, random);
  ca::RootCa other = *ca::RootCa::create(now, random);
  api::RootCA current;

  RootChoice() {
    current.set_ca_cert(present.bundle_pem());
    current.set_ca_key(present.key_pem());
    current.set_last_forced_rotation(3);
  }
  api::CAConfig forced(uint64_t number) {
    api::CAConfig out;
    out.set_force_rotate(number);
    return out;
  }
  api::CAConfig given(const std::string& certificate, const std::string& key) {
    api::CAConfig out = forced(3);
    out.set_signing_ca_cert(certificate);
    out.set_signing_ca_key(key);
    return out;
  }
  std::string refusal(const api::CAConfig& wanted) {
    auto chosen = choose_root(current, wanted, now, random);
    return chosen.ok() ? "" : chosen.error().what;
  }
};

TEST_F(RootChoice, settings_that_ask_for_nothing_change_nothing) {
  EXPECT_EQ(choose_root(current, forced(3), now, random)->SerializeAsString(), current.SerializeAsString());
}

TEST_F(RootChoice, another_number_makes_a_new_root_that_the_present_one_vouches_for) {
  auto chosen = choose_root(current, forced(4), now, random);
  ASSERT_TRUE(chosen.ok()) << chosen.error().text();
  EXPECT_EQ(chosen->ca_cert(), current.ca_cert());
  EXPECT_EQ(chosen->last_forced_rotation(), 4u);
  const auto& rotation = chosen->root_rotation();
  EXPECT_EQ(model::issuing_root(*chosen), rotation.ca_cert());
  EXPECT_TRUE(ca::RootCa::load(rotation.ca_cert(), rotation.ca_key(), now).ok());
  EXPECT_FALSE(rotation.cross_signed_ca_cert().empty());
  EXPECT_NE(rotation.cross_signed_ca_cert(), rotation.ca_cert());
}

TEST_F(RootChoice, a_root_that_users_bring_is_kept_without_the_text_around_it) {
  auto chosen = choose_root(current, given("# mine\n" + other.bundle_pem(), other.key_pem()), now, random);
  ASSERT_TRUE(chosen.ok()) << chosen.error().text();
  EXPECT_EQ(chosen->root_rotation().ca_cert(), other.bundle_pem());
}

TEST_F(RootChoice, the_present_root_ends_a_rotation_and_the_next_one_goes_on_with_it) {
  current = *choose_root(current, given(other.bundle_pem(), other.key_pem()), now, random);
  auto same = choose_root(current, given(other.bundle_pem(), other.key_pem()), now, random);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->root_rotation().cross_signed_ca_cert(), current.root_rotation().cross_signed_ca_cert());
  auto back = choose_root(current, given(present.bundle_pem(), present.key_pem()), now, random);
  ASSERT_TRUE(back.ok());
  EXPECT_FALSE(back->has_root_rotation());
  EXPECT_EQ(back->ca_cert(), present.bundle_pem());
}

TEST_F(RootChoice, what_cannot_be_a_root_is_refused_in_dockers_words) {
  EXPECT_EQ(refusal(given("", other.key_pem())),
            "if a signing CA key is provided, the signing CA cert must also be provided");
  EXPECT_EQ(refusal(given(other.bundle_pem(), "")),
            "there must be at least one valid, reachable external CA corresponding to the desired CA certificate");
  EXPECT_EQ(refusal(given("garbage", other.key_pem())), "invalid root certificates");
  EXPECT_EQ(refusal(given(other.bundle_pem() + present.bundle_pem(), other.key_pem())),
            "the desired CA certificate cannot contain multiple certificates");
  EXPECT_EQ(refusal(given(other.bundle_pem(), present.key_pem())), "certificate key mismatch");
  now = now + std::chrono::hours(24 * 365 * 19 + 24);
  EXPECT_EQ(refusal(given(other.bundle_pem(), other.key_pem())), "CA certificate expires too soon");
  api::CAConfig external = forced(3);
  external.add_external_cas()->set_url("https://ca.example");
  EXPECT_EQ(refusal(external), "external CAs are not supported");
}

TEST_F(RootChoice, only_a_rotation_can_be_finished) { EXPECT_FALSE(finish_rotation(current, random).ok()); }

}  // namespace
}  // namespace skein::manager
