#include "api/networks/network_encryption.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::api {
namespace {

using nlohmann::json;

json network() {
  return {{"Name", "secure-net"},
          {"Options", {{"encrypted", ""}}},
          {"Peers", {{{"Name", "a"}, {"IP", "192.168.1.12"}}, {{"Name", "own"}, {"IP", "192.168.1.11"}}}}};
}

esp::Status status_with(const esp::PeerStatus& peer) {
  esp::Status out;
  out.pid = 7;
  out.crypto = "openssl";
  out.peers = {peer};
  out.drops = {{"bad_icv", 3}};
  return out;
}

TEST(NetworkEncryption, each_peer_shows_what_is_counted_of_it) {
  esp::PeerStatus peer{
      ip("192.168.1.12"), esp::Form::kUdp, esp::SaStatus{1, 10, 1000}, {{2, 4, 40, 1, 2}, {3, 5, 50, 0, 1}}};
  json shown = network();
  show_encryption(status_with(peer), WallTime{1'700'000'000'000'000'000}, shown);
  const json& of_peer = shown["Peers"][0]["Encryption"];
  EXPECT_EQ(of_peer["State"], "active");
  EXPECT_EQ(of_peer["PacketsSent"], 10);
  EXPECT_EQ(of_peer["PacketsReceived"], 9);
  EXPECT_EQ(of_peer["Replayed"], 1);
  EXPECT_EQ(of_peer["Failed"], 3);
  EXPECT_FALSE(shown["Peers"][1].contains("Encryption")) << "this host itself";
  EXPECT_EQ(shown["Encryption"]["Drops"]["bad_icv"], 3);
  EXPECT_EQ(shown["Encryption"]["Backend"], "skein-espd, openssl");
  EXPECT_EQ(shown["Encryption"]["KeysSince"], "2023-11-14T22:13:20.000000000Z");
}

TEST(NetworkEncryption, a_host_on_which_nothing_is_encrypted_says_why_and_other_networks_say_nothing) {
  json shown = network();
  show_encryption(make_error(Code::kUnavailable, "connect to skein-espd"), WallTime{1'700'000'000'000'000'000}, shown);
  EXPECT_EQ(shown["Encryption"], (json{{"State", "off"}, {"Why", "connect to skein-espd"}}));
  json plain = network();
  plain["Options"] = json::object();
  const json before = plain;
  show_encryption(status_with({}), WallTime{1'700'000'000'000'000'000}, plain);
  EXPECT_EQ(plain, before);
}

}  // namespace
}  // namespace skein::api
