// What Docker's daemons answer is read to what they meant: the command line works against them, and Podman answers in
// the same forms.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.h"
#include "io/http/golden_for_test.h"
#include "io/http/http_client.h"
#include "io/http/socket_stream.h"

namespace skein::io::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

// What the client made of an answer.
struct Read {
  Reply head;
  std::string body;
  bool is_hijacked = false;
  bool is_cut_off = false;  // the stream broke before its end
};

class GoldenClient : public testing::Test {
 protected:
  GoldenClient() {
    std::string pattern = testing::TempDir() + "skein-golden-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    daemon_ =
        asio::local::stream_protocol::acceptor(loop_, asio::local::stream_protocol::endpoint(folder_ + "/docker.sock"));
  }
  ~GoldenClient() override { std::filesystem::remove_all(folder_); }

  // One connection to a daemon that answers any request with the captured bytes, then closes.
  awaitable<void> play_daemon(const CapturedExchange& exchange) {
    auto socket = co_await daemon_.async_accept(asio::use_awaitable);
    std::string head;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(exchange.response), asio::use_awaitable);
  }

  awaitable<Read> ask(const CapturedExchange& exchange) {
    Client client(loop_.get_executor(), folder_ + "/docker.sock");
    ClientRequest request{.method = exchange.method(), .target = exchange.target()};
    Read read;
    if (exchange.is_hijacked()) {
      auto hijacked = co_await client.hijack(request);
      EXPECT_TRUE(hijacked.ok() && hijacked->stream);
      if (!hijacked.ok() || !hijacked->stream) co_return read;
      read.is_hijacked = true;
      read.head = hijacked->head;
      std::array<char, 7> buffer;  // so small that frames arrive in pieces
      while (true) {
        auto size = co_await hijacked->stream->read_some(buffer);
        EXPECT_TRUE(size.ok());
        if (!size.ok() || *size == 0) co_return read;
        read.body.append(buffer.data(), *size);
      }
    }
    auto stream = co_await client.open(request);
    EXPECT_TRUE(stream.ok());
    if (!stream.ok()) co_return read;
    read.head = (*stream)->head;
    while (true) {
      auto piece = co_await (*stream)->read_some();
      read.is_cut_off = !piece.ok();
      if (!piece.ok() || piece->empty()) co_return read;
      read.body += *piece;
    }
  }

  Read answer_of(const CapturedExchange& exchange) {
    std::optional<Read> read;
    asio::co_spawn(loop_, play_daemon(exchange), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
    asio::co_spawn(loop_, ask(exchange), [&](std::exception_ptr failure, Read got) {
      EXPECT_FALSE(failure);
      read = std::move(got);
    });
    loop_.restart();
    loop_.run_for(std::chrono::seconds(20));
    EXPECT_TRUE(read) << "the client hangs";
    return read.value_or(Read());
  }

  asio::io_context loop_{1};
  asio::local::stream_protocol::acceptor daemon_{loop_};
  std::string folder_;
};

TEST_F(GoldenClient, heads_and_bodies_are_read_as_stated) {
  for (const CapturedExchange& exchange : captured_exchanges()) {
    SCOPED_TRACE(exchange.name);
    const Read read = answer_of(exchange);
    EXPECT_EQ(read.head.status, exchange.status());
    EXPECT_EQ(read.is_hijacked, exchange.is_hijacked());
    nlohmann::json headers = nlohmann::json::array();
    for (const auto& [name, value] : read.head.headers) headers.push_back({name, value});
    EXPECT_EQ(headers, exchange.stated["response_headers"]);
    EXPECT_EQ(to_hex(read.body), to_hex(exchange.body()));
    EXPECT_EQ(read.is_cut_off, !exchange.is_complete()) << "an end and a break are told apart";
  }
}

TEST_F(GoldenClient, contents_are_read_as_stated) {
  std::map<std::string, int> compared;
  for (const CapturedExchange& exchange : captured_exchanges()) {
    SCOPED_TRACE(exchange.name);
    Read read = answer_of(exchange);
    read.head.body = read.body;
    const nlohmann::json& stated = exchange.stated;
    if (stated.contains("body_json")) {
      ++compared["json"];
      auto value = read.head.json();
      ASSERT_TRUE(value.ok());
      EXPECT_EQ(*value, stated["body_json"]);
      if (exchange.status() >= 400) {
        EXPECT_EQ(read.head.message(), stated["body_json"]["message"]);
      }
    }
    if (stated.contains("body_json_lines")) {
      ++compared["lines"];
      nlohmann::json lines = nlohmann::json::array();
      std::istringstream text(read.body);
      for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
      EXPECT_EQ(lines, stated["body_json_lines"]);
    }
    if (stated.contains("body_text")) {
      ++compared["text"];
      EXPECT_EQ(read.body, stated["body_text"]);
    }
    if (stated.contains("body_hex_head")) {
      ++compared["archive"];
      EXPECT_TRUE(to_hex(read.body).starts_with(stated["body_hex_head"].get<std::string>()));
    }
    if (stated.contains("path_stat")) {
      ++compared["stat"];
      auto text = from_base64(read.head.headers.get("X-Docker-Container-Path-Stat"));
      ASSERT_TRUE(text.ok());
      EXPECT_EQ(nlohmann::json::parse(*text), stated["path_stat"]);
    }
  }
  const std::map<std::string, int> expected = {{"archive", 1}, {"json", 9}, {"lines", 3}, {"stat", 2}, {"text", 6}};
  EXPECT_EQ(compared, expected);
}

}  // namespace
}  // namespace skein::io::http
