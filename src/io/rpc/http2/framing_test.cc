// A byte misread here is a worker that cannot join; a length believed here is a manager without memory.
#include "io/rpc/http2/framing.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace skein::rpc {
namespace {

using namespace std::chrono_literals;

TEST(Framing, messages_survive_any_cutting_of_the_stream) {
  SeededRandom random(7);
  std::deque<std::string> sent{"", "a", std::string(300, 'b'), "", std::string(70'000, 'c')};
  std::string stream;
  for (const std::string& message : sent) stream += frame_message(message);
  for (int round = 0; round < 50; ++round) {
    Deframer deframer(1 << 20);
    std::deque<std::string> received;
    for (size_t at = 0; at < stream.size();) {
      size_t length = 1 + random.below(round % 2 ? 9 : 9000);
      ASSERT_TRUE(deframer.feed(std::string_view(stream).substr(at, length), received).ok());
      at += length;
    }
    EXPECT_EQ(received, sent);
    EXPECT_TRUE(deframer.is_at_boundary());
  }
}

TEST(Framing, an_empty_message_is_delivered_with_its_header) {
  Deframer deframer(10);
  std::deque<std::string> received;
  ASSERT_TRUE(deframer.feed(std::string(5, '\0'), received).ok());
  EXPECT_EQ(received, std::deque<std::string>{""});
}

TEST(Framing, a_stream_that_ends_inside_a_message_is_noticed) {
  Deframer deframer(10);
  std::deque<std::string> received;
  ASSERT_TRUE(deframer.feed(std::string_view(frame_message("abc")).substr(0, 3), received).ok());
  EXPECT_FALSE(deframer.is_at_boundary());
  ASSERT_TRUE(deframer.feed(std::string_view(frame_message("abc")).substr(3, 3), received).ok());
  EXPECT_FALSE(deframer.is_at_boundary());
}

TEST(Framing, oversized_compressed_and_malformed_messages_are_refused_at_their_header) {
  std::deque<std::string> received;
  EXPECT_EQ(Deframer(3).feed(frame_message("abcd"), received).error().code, Code::kResourceExhausted);
  EXPECT_EQ(Deframer(100).feed(std::string("\0\xff\xff\xff\xff", 5), received).error().code, Code::kResourceExhausted);
  EXPECT_EQ(Deframer(100).feed(std::string("\1\0\0\0\1x", 6), received).error().code, Code::kUnimplemented);
  EXPECT_EQ(Deframer(100).feed(std::string("\2\0\0\0\1x", 6), received).error().code, Code::kInternal);
  EXPECT_TRUE(received.empty());
}

TEST(Framing, timeouts_are_read_as_grpc_go_writes_them) {
  EXPECT_EQ(parse_timeout("4991459u"), 4991459us);
  EXPECT_EQ(parse_timeout("1H"), 1h);
  EXPECT_EQ(parse_timeout("2M"), 2min);
  EXPECT_EQ(parse_timeout("3S"), 3s);
  EXPECT_EQ(parse_timeout("4m"), 4ms);
  EXPECT_EQ(parse_timeout("0n"), 0ns);
  EXPECT_EQ(parse_timeout("99999999H"), 2400h);
  for (const char* bad : {"", "5", "u", "-1u", "+1u", "1x", "123456789u", "1 u", "1.5S", "0x1u"})
    EXPECT_FALSE(parse_timeout(bad).has_value()) << bad;
}

TEST(Framing, a_timeout_is_never_sent_shorter_than_asked) {
  for (std::chrono::nanoseconds timeout : {0ns, 1ns, 99'999'999ns, 100'000'001ns, 5s + 0ns, 20h + 1ns}) {
    std::string text = format_timeout(timeout);
    ASSERT_LE(text.size(), 9u);
    EXPECT_GE(*parse_timeout(text), timeout);
    EXPECT_LE(*parse_timeout(text) - timeout, timeout / 1'000'000 + 1us);
  }
  EXPECT_EQ(format_timeout(5s), "5000000u");
  EXPECT_EQ(format_timeout(-1s), "0n");
}

TEST(Framing, error_texts_cross_the_wire_unharmed) {
  std::string text = "100 % of b\xc3\xbc\x63her\n\"quoted\"";
  EXPECT_EQ(percent_encode(text), "100 %25 of b%C3%BCcher%0A\"quoted\"");
  EXPECT_EQ(percent_decode(percent_encode(text)), text);
  EXPECT_EQ(percent_decode("50% off%2"), "50% off%2");
  EXPECT_EQ(percent_decode("%zz%41%"), "%zzA%");
  EXPECT_LE(percent_encode(std::string(100'000, '\n')).size(), 4096u);
}

TEST(Framing, unknown_statuses_are_errors_not_successes) {
  EXPECT_EQ(parse_status("0"), Code::kOk);
  EXPECT_EQ(parse_status("16"), Code::kUnauthenticated);
  for (const char* bad : {"", "17", "-1", "0x0", "0 ", "99999999999999"}) EXPECT_EQ(parse_status(bad), Code::kUnknown);
  EXPECT_EQ(code_of_http_status(503), Code::kUnavailable);
  EXPECT_EQ(code_of_http_status(200), Code::kUnknown);
  EXPECT_EQ(code_of_reset(7), Code::kUnavailable);
}

TEST(Framing, only_grpc_content_types_are_taken) {
  for (const char* good : {"application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"})
    EXPECT_TRUE(is_grpc_content_type(good)) << good;
  for (const char* bad : {"", "application/json", "application/grpc-web", "text/application/grpc"})
    EXPECT_FALSE(is_grpc_content_type(bad)) << bad;
}

}  // namespace
}  // namespace skein::rpc
