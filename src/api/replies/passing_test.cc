// What the engine answers goes on the same, wherever its pieces end.
#include "api/replies/passing.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include "engine/fake_engine_for_test.h"
#include "io/loop/context.h"

namespace skein::api {
namespace {

struct Pieces final : io::http::ReplyStream {
  std::deque<std::string> left;
  boost::asio::awaitable<Result<std::string>> read_some() override {
    std::string piece;
    if (!left.empty()) piece = left.front(), left.pop_front();
    co_return piece;
  }
};
struct Written final : io::http::BodySink {
  std::string text;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override {
    text += bytes;
    co_return Result<void>();
  }
};

// The status, and all that the client reads.
std::string passed(std::deque<std::string> pieces) {
  io::Context loop{1};
  std::vector<std::string> log;
  engine::FakeEngine engine(loop.get_executor(), log);
  auto stream = std::make_unique<Pieces>();
  stream->head.status = 200;
  stream->left = std::move(pieces);
  engine.next_stream = std::move(stream);
  std::string out;
  auto ask = [&]() -> boost::asio::awaitable<void> {
    Passing passing;
    passing.refusal_in = [](const nlohmann::json& line) -> std::optional<io::http::Response> {
      if (!line.is_object() || !line.contains("error")) return std::nullopt;
      return io::http::Response::of_text(500, line["error"]);
    };
    io::http::ClientRequest request;
    auto response = co_await pass_stream(engine, std::move(request), std::move(passing));
    Written written;
    if (response.stream) co_await response.stream(written);
    out = std::to_string(response.status) + " " + response.body + written.text;
  };
  boost::asio::co_spawn(loop, ask(), boost::asio::detached);
  loop.run();
  return out;
}

TEST(Passing, a_refusal_in_the_first_line_is_one_wherever_that_is_cut) {
  const std::string refused = "{\"error\":\"unauthorized\"}\n", begun = "{\"status\":\"Pulling\"}\n";
  const std::string both = begun + refused, answer = "200 " + both;
  for (size_t cut = 1; cut < refused.size(); ++cut) {
    EXPECT_EQ(passed({refused.substr(0, cut), refused.substr(cut)}), "500 unauthorized") << cut;
    EXPECT_EQ(passed({both.substr(0, cut), both.substr(cut)}), answer) << cut;
  }
  EXPECT_EQ(passed({"\r\n", refused}), "500 unauthorized");
  EXPECT_EQ(passed({refused.substr(0, refused.size() - 1)}), "500 unauthorized");  // its end is the stream's
  EXPECT_EQ(passed({}), "200 ");
  EXPECT_EQ(passed({std::string(60000, 'x'), std::string(60000, 'y')}),
            "200 " + std::string(60000, 'x') + std::string(60000, 'y'));
}

}  // namespace
}  // namespace skein::api
