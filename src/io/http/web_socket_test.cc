// Frames of WebSockets, by the examples of RFC 6455 and by what no client may send; and a connection that speaks them.
#include "io/http/web_socket.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "io/loop/virtual_loop.h"

namespace skein::io::http {
namespace {

using boost::asio::awaitable;

// As a client sends it: masked.
std::string client_frame(uint8_t first, std::string payload) {
  const std::string mask = "\x37\xfa\x21\x3d";
  for (size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126)
    out += static_cast<char>(0x80 | payload.size());
  else
    out.append(1, '\xfe')
        .append(1, static_cast<char>(payload.size() >> 8))
        .append(1, static_cast<char>(payload.size()));
  return out + mask + payload;
}

// What a client has sent, and what it is sent.
class Wire final : public ByteStream {
 public:
  explicit Wire(std::string sent) : sent_(std::move(sent)) {}
  awaitable<Result<size_t>> read_some(std::span<char> buffer) override {
    const size_t size = sent_.copy(buffer.data(), std::min<size_t>(buffer.size(), 3));
    sent_.erase(0, size);
    co_return size;
  }
  awaitable<Result<void>> write(std::string_view bytes) override {
    got += bytes;
    co_return Result<void>();
  }
  void end_writing() override { is_ended = true; }
  void close() override {}
  std::string got;
  bool is_ended = false;

 private:
  std::string sent_;
};

struct WebSocketTest : testing::Test {
  VirtualLoop loop;
  // All that can be read of what the client sends, then the error.
  std::string talk(Wire& wire, FrameKind kind) {
    std::string read;
    boost::asio::co_spawn(
        loop.context(),
        [&]() -> awaitable<void> {
          WebSocket socket(loop.context().get_executor(), wire, kind);
          EXPECT_TRUE((co_await socket.write("hello")).ok());
          std::array<char, 64> buffer;
          while (true) {
            auto size = co_await socket.read_some(buffer);
            if (!size.ok()) {
              read += "|" + size.error().text();
              break;
            }
            read.append(buffer.data(), *size);
          }
          co_await socket.finish();
        },
        boost::asio::detached);
    loop.run_for(std::chrono::seconds(1));
    return read;
  }
};

TEST(WebSocketFrames, a_key_is_accepted_as_the_standard_says) {
  EXPECT_EQ(web_socket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketFrames, are_written_whole) {
  EXPECT_EQ(format_frame({FrameKind::kText, "Hello"}), "\x81\x05Hello");
  EXPECT_EQ(format_frame({FrameKind::kBinary, std::string(256, 'x')}).substr(0, 4), (std::string{"\x82\x7e\x01\0", 4}));
  EXPECT_EQ(format_frame({FrameKind::kBinary, std::string(65536, 'x')}).substr(0, 10),
            (std::string{"\x82\x7f\0\0\0\0\0\x01\0\0", 10}));
}

TEST(WebSocketFrames, are_read_in_pieces) {
  const std::string bytes = client_frame(0x81, "Hello") + client_frame(0x02, std::string(300, 'y')) +
                            client_frame(0x80, "end") + client_frame(0x89, "");
  FrameReader reader;
  std::vector<Frame> frames;
  for (char byte : bytes) {
    reader.add({&byte, 1});
    auto frame = reader.next();
    ASSERT_TRUE(frame.ok());
    if (*frame) frames.push_back(**frame);
  }
  EXPECT_EQ(frames, (std::vector<Frame>{{FrameKind::kText, "Hello"},
                                        {FrameKind::kBinary, std::string(300, 'y')},
                                        {FrameKind::kContinuation, "end"},
                                        {FrameKind::kPing, ""}}));
}

TEST(WebSocketFrames, what_no_client_may_send_is_refused) {
  for (const std::string& bytes :
       {std::string("\x81\x05Hello"), client_frame(0xc1, "x"), client_frame(0x83, "x"), client_frame(0x8b, "x"),
        client_frame(0x09, "x"), client_frame(0x89, std::string(126, 'x'))}) {
    FrameReader reader;
    reader.add(bytes);
    EXPECT_EQ(reader.next().error().code, Code::kInvalidArgument) << testing::PrintToString(bytes);
  }
  FrameReader reader;
  reader.add(std::string("\x82\xff\0\0\0\0\0\x10\0\x01mask", 14));
  EXPECT_EQ(reader.next().error().code, Code::kResourceExhausted);
}

TEST_F(WebSocketTest, bytes_go_both_ways_until_the_client_closes) {
  Wire wire(client_frame(0x01, "ab") + client_frame(0x89, "?") + client_frame(0x80, "cd") +
            client_frame(0x88, "\x03\xe8why") + client_frame(0x82, "late"));
  EXPECT_EQ(talk(wire, FrameKind::kBinary), "abcd|the client has closed the WebSocket");
  EXPECT_EQ(wire.got, "\x82\x05hello\x8a\x01?\x88\x02\x03\xe8");
  EXPECT_TRUE(wire.is_ended);
}

TEST_F(WebSocketTest, who_just_goes_is_told_and_who_speaks_otherwise_too) {
  Wire gone("");
  EXPECT_EQ(talk(gone, FrameKind::kText), "|the client is gone");
  EXPECT_EQ(gone.got, "\x81\x05hello\x88\x02\x03\xe8");
  Wire wrong("GET / HTTP/1.1");
  EXPECT_EQ(talk(wrong, FrameKind::kText), "|no frame of a client");
  EXPECT_EQ(wrong.got, "\x81\x05hello\x88\x02\x03\xea");
}

}  // namespace
}  // namespace skein::io::http
