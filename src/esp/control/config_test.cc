// The worker takes its keys by this text: a wrong one must be refused with a word that leads to the mistake, and never
// show a key.
#include "esp/control/config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/addresses_for_test.h"
#include "base/bytes.h"
#include "base/random.h"
#include "esp/crypto/key_for_test.h"
#include "esp/crypto/spi.h"

namespace skein::esp {
namespace {

Config example() {
  Config config{.tap = "skein-esp", .local = ip("10.99.0.1")};
  config.peers.push_back(
      {ip("10.99.0.2"), Form::kUdp, 16, true, true, true, Sa{300, key_of(1)}, {{301, key_of(2)}, {302, key_of(3)}}});
  config.peers.push_back({ip("10.99.0.3"), Form::kEsp, 8, false, false, false, std::nullopt, {{1, key_of(0xab)}}});
  return config;
}

TEST(EspConfig, survives_its_text) {
  auto parsed = parse_config(format_config(example()));
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  EXPECT_EQ(*parsed, example());
}

TEST(EspConfig, ports_and_the_outbound_key_may_be_left_out) {
  auto parsed = parse_config(R"({"tap":"t","local":"10.0.0.1","peers":[
      {"address":"10.0.0.2","form":"esp","icv":8,"esn":false,"window":false,"offload":false,"in":[]}]})");
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  EXPECT_EQ(parsed->udp_port, 4500);
  EXPECT_EQ(parsed->vxlan_port, 4789);
  EXPECT_FALSE(parsed->peers[0].out);
}

// Each edit of the example's JSON breaks one member.
TEST(EspConfig, errors_name_the_member) {
  using Json = nlohmann::json;
  struct Case {
    const char* pointer;
    Json value;
    const char* member;
  };
  const Case cases[] = {
      {"/tap", "", "tap:"},
      {"/tap", "sixteen-letters-", "tap:"},
      {"/tap", "a/b", "tap:"},
      {"/local", "10.0.0.256", "local:"},
      {"/local", "0.0.0.0", "local:"},
      {"/udp_port", 0, "udp_port:"},
      {"/udp_port", 65536, "udp_port:"},
      {"/vxlan_port", "4789", "vxlan_port:"},
      {"/other", 1, "other:"},
      {"/peers/1", 1, "peers[1]:"},
      {"/peers/1/address", "10.99.0.2", "peers[1].address:"},
      {"/peers/0/form", "tcp", "peers[0].form:"},
      {"/peers/0/icv", 12, "peers[0].icv:"},
      {"/peers/0/esn", 1, "peers[0].esn:"},
      {"/peers/0/window", 0, "peers[0].window:"},
      {"/peers/0/offload", nullptr, "peers[0].offload:"},
      {"/peers/0/out/spi", 255, "peers[0].out.spi:"},
      {"/peers/0/out/key", std::string(30, 'a'), "peers[0].out.key:"},
      {"/peers/0/out/key", std::string(31, 'a'), "peers[0].out.key:"},
      {"/peers/0/out/key", std::string(32, 'g'), "peers[0].out.key:"},
      {"/peers/0/in/1/spi", 301, "peers[0].in[1].spi:"},
      {"/peers/0/in/1/salt", 1, "peers[0].in[1].salt:"},
  };
  for (const Case& one : cases) {
    Json json = Json::parse(format_config(example()));
    json[Json::json_pointer(one.pointer)] = one.value;
    auto parsed = parse_config(json.dump());
    ASSERT_FALSE(parsed.ok()) << one.pointer << " " << one.value;
    EXPECT_EQ(parsed.error().text().rfind(one.member, 0), 0u) << one.pointer << " " << parsed.error().text();
  }
}

TEST(EspConfig, missing_and_repeated_members_are_refused) {
  for (const char* name : {"tap", "local", "peers"}) {
    auto json = nlohmann::json::parse(format_config(example()));
    json.erase(name);
    auto parsed = parse_config(json.dump());
    ASSERT_FALSE(parsed.ok()) << name;
    EXPECT_EQ(parsed.error().text(), std::string(name) + ": is missing");
  }
  std::string text = format_config(example());
  text.insert(1, R"("tap":"other",)");
  auto parsed = parse_config(text);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().text(), "member \"tap\" is repeated");
}

TEST(EspConfig, bounds_hold) {
  auto json = nlohmann::json::parse(format_config(example()));
  for (size_t i = 0; i <= kInboundPerPeerMax; ++i)
    json["peers"][0]["in"][i] = {{"spi", 1000 + i}, {"key", std::string(32, '0')}};
  auto parsed = parse_config(json.dump());
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().text(), "peers[0].in: must be an array of at most 8 entries");
  EXPECT_FALSE(parse_config(std::string(100, '[') + std::string(100, ']')).ok());
}

TEST(EspConfig, a_changed_text_is_refused_or_read_and_never_shows_a_key) {
  SeededRandom random(7);
  Config config = example();
  config.peers[1].in[0].key = key_of(0xee);
  const std::string text = format_config(config);
  for (int round = 0; round < 3000; ++round) {
    std::string changed = text;
    for (uint64_t edits = 1 + random.below(3); edits > 0; --edits)
      changed[random.below(changed.size())] = static_cast<char>(random.below(128));
    auto parsed = parse_config(changed);
    if (parsed.ok()) {
      EXPECT_TRUE(parse_config(format_config(*parsed)).ok());
    } else {
      EXPECT_EQ(parsed.error().text().find("eeeeeeee"), std::string::npos) << parsed.error().text();
    }
  }
}

}  // namespace
}  // namespace skein::esp
