// Docker's managers tell by server name and ALPN what a connection is for: ours must say the same as Docker's workers.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "io/rpc/tls/certificates_for_test.h"
#include "io/rpc/tls/tls_machine.h"

namespace skein::rpc {
namespace {

constexpr int kServerName = 0;
constexpr int kAlpn = 16;

std::string read(const std::string& name) {
  std::ifstream file(std::string(SKEIN_TEST_DATA) + "/rpc/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

nlohmann::json stated(const std::string& name) { return nlohmann::json::parse(read("clienthello-" + name + ".json")); }

// Takes a vector with a length of `length_bytes` bytes before it (RFC 8446 section 3.4) from the front of `rest`.
std::string take_vector(std::string_view& rest, size_t length_bytes) {
  size_t size = 0;
  for (size_t i = 0; i < length_bytes; ++i) size = size << 8 | static_cast<uint8_t>(rest.at(i));
  std::string content(rest.substr(length_bytes, size));
  EXPECT_EQ(content.size(), size);
  rest.remove_prefix(length_bytes + content.size());
  return content;
}

// Type → content of a hello's extensions, in hex (RFC 8446 section 4.1.2).
std::map<int, std::string> extensions_of(const std::string& record) {
  constexpr size_t kRecordHeader = 5, kHandshakeHeader = 4, kVersionAndRandom = 34;
  std::string_view rest = std::string_view(record).substr(kRecordHeader + kHandshakeHeader + kVersionAndRandom);
  for (size_t length_bytes : {1, 2, 1}) take_vector(rest, length_bytes);  // session id, cipher suites, compression
  const std::string all = take_vector(rest, 2);
  std::map<int, std::string> extensions;
  for (std::string_view left = all; !left.empty();) {
    const int type = static_cast<uint8_t>(left[0]) << 8 | static_cast<uint8_t>(left[1]);
    left.remove_prefix(2);
    extensions[type] = to_hex(take_vector(left, 2));
  }
  return extensions;
}

TEST(GoldenHello, recorded_hellos_hold_what_is_stated) {
  for (const char* name : {"bootstrap", "issue", "session", "after-renewal"}) {
    SCOPED_TRACE(name);
    std::map<int, std::string> expected;
    const auto json = stated(name);
    for (const auto& extension : json["decoded"]["extensions"]) expected[extension["type"]] = extension["hex"];
    EXPECT_EQ(extensions_of(read("clienthello-" + std::string(name) + ".bin")), expected);
  }
}

TEST(GoldenHello, our_agents_ask_for_the_same_name_and_protocol_as_dockers) {
  TestCa ca;
  auto config = TlsConfig::create(ca.issue({})).value();
  const std::pair<const char*, ClientTls> connections[] = {
      {"bootstrap", ClientTls::unverified()},
      {"issue", ClientTls::verified(config, "swarm-ca")},
      {"session", ClientTls::verified(config, "swarm-manager")},
  };
  for (const auto& [name, tls] : connections) {
    SCOPED_TRACE(name);
    auto dockers = extensions_of(read("clienthello-" + std::string(name) + ".bin"));
    auto ours = extensions_of(TlsMachine::client(tls).value()->take_output());
    for (int type : {kServerName, kAlpn}) {
      EXPECT_EQ(ours.contains(type), dockers.contains(type)) << type;
      EXPECT_EQ(ours[type], dockers[type]) << type;
    }
  }
}

}  // namespace
}  // namespace skein::rpc
