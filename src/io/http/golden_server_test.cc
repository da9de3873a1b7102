// Programs that talk to Docker's socket must not notice that another daemon answers: requests are understood as Docker
// understood them, and the same answer is the same bytes.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.h"
#include "io/http/golden_for_test.h"
#include "io/http/http_server.h"
#include "io/http/socket_stream.h"
#include "io/loop/timer.h"

namespace skein::io::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Fields = std::vector<std::pair<std::string, std::string>>;

// What of a captured answer's head is the handler's to say; the rest comes from the server and the router.
bool is_of_handler(const std::string& field) {
  return field == "Content-Type" || field == "Cache-Control" || field == "Pragma" || field.starts_with("X-");
}

class GoldenServer : public testing::Test {
 protected:
  GoldenServer() {
    std::string pattern = testing::TempDir() + "skein-golden-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    for (const char* method : {"GET", "HEAD", "POST"})
      router_.add(method, "/{rest*}", [this](Request& request) -> awaitable<Response> {
        seen_ = request;
        co_return captured_answer();
      });
    EXPECT_TRUE(server_.listen_unix(folder_ + "/api.sock", "no-such-group").ok());
  }
  ~GoldenServer() override { std::filesystem::remove_all(folder_); }

  // The content that Docker's handler gave, for our server to write.
  Response captured_answer() {
    const nlohmann::json& stated = exchange_->stated;
    if (stated.contains("body_json") && exchange_->status() >= 400)
      return Response::of_message(exchange_->status(), stated["body_json"]["message"]);
    Response response = Response::of_status(exchange_->status());
    for (const auto& [name, value] : fields_of(CapturedExchange::head_of(exchange_->response)))
      if (is_of_handler(name)) response.headers.set(name, value);
    if (exchange_->is_hijacked()) {
      response.hijack = [this](ByteStream& stream) { return play_container(stream); };
    } else if (exchange_->is_chunked()) {
      response.stream = [this](BodySink& sink) { return play_stream(sink); };
    } else {
      response.body = exchange_->body();
    }
    return response;
  }

  // A container that reads all its input, then says what the captured one said.
  awaitable<void> play_container(ByteStream& stream) {
    const size_t expected = from_hex(exchange_->stated.value("stdin_hex", "")).value().size();
    std::array<char, 64> buffer;
    while (stdin_.size() < expected) {
      auto size = co_await stream.read_some(buffer);
      if (!size.ok() || *size == 0) break;
      stdin_.append(buffer.data(), *size);
    }
    auto written = co_await stream.write(exchange_->body());
    EXPECT_TRUE(written.ok());
    stream.end_writing();
  }

  awaitable<void> play_stream(BodySink& sink) {
    for (const std::string& piece : exchange_->pieces()) {
      auto written = co_await sink.write(piece);
      EXPECT_TRUE(written.ok());
    }
    if (exchange_->is_complete()) co_return;
    Timer never(loop_, TimePoint::never());
    co_await never.async_wait(asio::use_awaitable);
  }

  // Sends the captured request and reads as many bytes after the head as Docker sent.
  awaitable<std::string> replay() {
    asio::local::stream_protocol::socket socket(loop_);
    co_await socket.async_connect(asio::local::stream_protocol::endpoint(folder_ + "/api.sock"), asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(exchange_->request), asio::use_awaitable);
    const size_t expected = CapturedExchange::rest_of(exchange_->response).size();
    std::string got;
    std::array<char, 4096> buffer;
    while (got.find("\r\n\r\n") == got.npos || CapturedExchange::rest_of(got).size() < expected) {
      auto [ec, size] = co_await socket.async_read_some(asio::buffer(buffer), kAwaitTuple);
      if (ec) break;
      got.append(buffer.data(), size);
    }
    co_return got;
  }

  std::string answer_to(const CapturedExchange& exchange) {
    exchange_ = &exchange;
    seen_.reset();
    stdin_.clear();
    std::optional<std::string> got;
    asio::co_spawn(loop_, replay(), [&](std::exception_ptr failure, std::string bytes) {
      EXPECT_FALSE(failure);
      got = std::move(bytes);
      loop_.stop();
    });
    loop_.restart();
    loop_.run_for(std::chrono::seconds(20));
    EXPECT_TRUE(got) << "no answer";
    return got.value_or("");
  }

  asio::io_context loop_{1};
  // As the daemon of the capture.
  Router router_{RouterOptions{.version_max = {1, 41}, .server_name = "Docker/20.10.24+dfsg1 (linux)"}};
  Server server_{loop_, router_};
  std::string folder_;
  const CapturedExchange* exchange_ = nullptr;
  std::optional<Request> seen_;
  std::string stdin_;
};

TEST_F(GoldenServer, every_captured_request_is_understood) {
  for (const CapturedExchange& exchange : captured_exchanges()) {
    SCOPED_TRACE(exchange.name);
    answer_to(exchange);
    if (exchange.name == "too-new-400") {
      EXPECT_FALSE(seen_) << "refused by the router";
      continue;
    }
    ASSERT_TRUE(seen_);
    EXPECT_EQ(seen_->method, exchange.method());
    const std::string target = exchange.target();
    const size_t question = std::min(target.find('?'), target.size());
    const std::string path = (target.starts_with("/v1.41/") ? "/v1.41" : "") + seen_->path;
    EXPECT_EQ(path, target.substr(0, question)) << "no captured path has escapes";
    EXPECT_EQ(seen_->version, (ApiVersion{1, 41}));
    EXPECT_EQ(seen_->query.text(), Query::parse(target.substr(std::min(question + 1, target.size()))).text());
    EXPECT_EQ(seen_->body, exchange.request_body());
    EXPECT_EQ(to_hex(stdin_), exchange.stated.value("stdin_hex", ""));
    const Fields fields = fields_of(CapturedExchange::head_of(exchange.request));
    EXPECT_EQ(Fields(seen_->headers.begin(), seen_->headers.end()), fields);
    EXPECT_EQ(seen_->wants_upgrade(), exchange.status() == 101);
  }
}

TEST_F(GoldenServer, queries_are_decoded) {
  const std::map<std::string, std::pair<std::string, std::string>> expected = {
      {"events-worker", {"filters", R"({"type": ["container", "network", "volume"]})"}},
      {"events-manager-swarm", {"filters", R"({"scope": ["swarm"]})"}},
      {"attach-detachkeys", {"detachKeys", "ctrl-p,ctrl-q"}},
      {"archive-get", {"path", "/etc/label"}}};
  size_t compared = 0;
  for (const CapturedExchange& exchange : captured_exchanges()) {
    auto parameter = expected.find(exchange.name);
    if (parameter == expected.end()) continue;
    answer_to(exchange);
    ASSERT_TRUE(seen_);
    EXPECT_EQ(seen_->query.get(parameter->second.first), parameter->second.second);
    ++compared;
  }
  EXPECT_EQ(compared, expected.size());
}

// Fields in which our head may differ from Docker's. The order is free, and the date is the time of the answer.
std::set<std::string> differing_fields(const CapturedExchange& exchange) {
  // Docker's connections that leave HTTP lack the common fields; clients skip fields that they do not look for.
  if (exchange.is_hijacked()) return {"Date", "Api-Version", "Docker-Experimental", "Ostype", "Server"};
  // Docker checks the version before it comes to this field.
  if (exchange.name == "too-new-400") return {"Date", "Docker-Experimental"};
  // Docker gives a length to one empty answer to HEAD and not to another (/_ping, archive); ours to both.
  if (exchange.method() == "HEAD") return {"Date", "Content-Length"};
  return {"Date"};
}

TEST_F(GoldenServer, the_same_answer_is_the_same_bytes) {
  for (const CapturedExchange& exchange : captured_exchanges()) {
    SCOPED_TRACE(exchange.name);
    const std::string got = answer_to(exchange);
    EXPECT_EQ(got.substr(0, got.find("\r\n")), exchange.stated["status_line"]);
    EXPECT_EQ(CapturedExchange::rest_of(got), CapturedExchange::rest_of(exchange.response));
    Fields ours = fields_of(CapturedExchange::head_of(got));
    Fields dockers = fields_of(CapturedExchange::head_of(exchange.response));
    const auto differing = differing_fields(exchange);
    for (Fields* fields : {&ours, &dockers}) {
      std::erase_if(*fields, [&](const auto& field) { return differing.contains(field.first); });
      std::sort(fields->begin(), fields->end());
    }
    EXPECT_EQ(ours, dockers);
  }
}

}  // namespace
}  // namespace skein::io::http
