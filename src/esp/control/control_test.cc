// The daemon and the worker are upgraded apart from each other: what one writes, the other must read, in any pieces.
#include "esp/control/control.h"

#include <gtest/gtest.h>

#include "base/addresses_for_test.h"

namespace skein::esp {
namespace {

TEST(EspControl, messages_come_whole_whatever_the_pieces) {
  const std::string bytes = encode_message("one") + encode_message("") + encode_message(std::string(70000, 'x'));
  for (size_t piece : {size_t{1}, size_t{3}, size_t{4096}, bytes.size()}) {
    MessageReader reader;
    std::vector<std::string> messages;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      reader.add(std::string_view(bytes).substr(at, piece));
      for (;;) {
        auto next = reader.next();
        ASSERT_TRUE(next.ok());
        if (!*next) break;
        messages.push_back(**next);
      }
    }
    EXPECT_EQ(messages, (std::vector<std::string>{"one", "", std::string(70000, 'x')})) << piece;
  }
}

TEST(EspControl, a_length_beyond_the_limit_is_refused_before_its_bytes_come) {
  MessageReader reader;
  reader.add(std::string("\x01\x00\x00\x01", 4));
  EXPECT_FALSE(reader.next().ok());
  MessageReader at_limit;
  at_limit.add(std::string("\x01\x00\x00\x00", 4));
  EXPECT_TRUE(at_limit.next().ok());
}

TEST(EspControl, requests_are_read_as_they_are_written) {
  Config config{.tap = "tap0", .local = ip("10.0.0.1")};
  config.peers.push_back({.address = ip("10.0.0.2")});
  auto request = parse_request(config_request(config));
  ASSERT_TRUE(request.ok()) << request.error().text();
  ASSERT_TRUE(std::holds_alternative<Config>(*request));
  EXPECT_EQ(std::get<Config>(*request), config);
  auto status = parse_request(status_request());
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(std::holds_alternative<StatusRequest>(*status));
  for (const char* wrong : {"", "[]", "{}", R"({"status":1})", R"({"status":{},"more":1})", R"({"config":{}})",
                            R"({"config":{},"status":{}})", R"({"status":{}} {})"})
    EXPECT_FALSE(parse_request(wrong).ok()) << wrong;
}

TEST(EspControl, replies_are_read_as_they_are_written) {
  EXPECT_TRUE(parse_ok_reply(ok_reply()).ok());
  auto refused = parse_ok_reply(error_reply(invalid_argument("peers[3].icv: must be 8 or 16")));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text(), "peers[3].icv: must be 8 or 16");

  Status status{.pid = 17, .crypto = "ipsec-mb avx512", .epoch = 0x8000000000000001};
  status.peers.push_back({ip("10.0.0.2"), Form::kEsp, SaStatus{5, UINT64_MAX, 2}, {{6, 1, 2, 3, 4}, {7, 0, 0, 0, 0}}});
  status.peers.push_back({ip("10.0.0.3"), Form::kUdp, std::nullopt, {}});
  status.drops = {{"replayed", 3}};
  auto parsed = parse_status_reply(status_reply(status));
  ASSERT_TRUE(parsed.ok()) << parsed.error().text();
  EXPECT_EQ(*parsed, status);
  EXPECT_FALSE(parse_status_reply(error_reply(invalid_argument("no"))).ok());
}

}  // namespace
}  // namespace skein::esp
