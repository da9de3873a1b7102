// For tests: a daemon on a socket of its own, answering from a table, and a terminal to read what a command printed.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "cmd/cli/cli.h"
#include "cmd/cli/words/json.h"
#include "io/http/http_server.h"

namespace skein::cli {

struct FakeReply {
  int status = 200;
  std::string body = "";
  // For status 101: what the stream carries before it ends. Bytes from the client are kept in `received`.
  std::string stream = "";
  bool waits_for_end_of_stdin = false;
};

// Its server runs on a thread of its own, since commands block; the table is filled before, the calls read after.
class FakeDaemon final : public io::http::Service {
 public:
  FakeDaemon() {
    std::string pattern = testing::TempDir() + "skein-cli-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    EXPECT_TRUE(server_.listen_unix(folder_ + "/s", "nogroup").ok());
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~FakeDaemon() override {
    boost::asio::post(loop_, [this] { server_.stop(); });
    work_.reset();
    boost::asio::post(loop_, [this] { loop_.stop(); });
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  // "GET /path?b=1&a=2"; asked again, the next reply, and the last one for ever.
  void on(const std::string& call, FakeReply reply) { replies_[sorted(call)].push_back(std::move(reply)); }

  struct Outcome {
    int status = 0;
    std::string out;
    std::string err;
  };
  Outcome run(std::vector<std::string> words) {
    words.insert(words.begin(), {"-H", "unix://" + folder_ + "/s"});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.status = run_words(words);
    outcome.out = testing::internal::GetCapturedStdout();
    outcome.err = testing::internal::GetCapturedStderr();
    return outcome;
  }

  // After run().
  std::vector<std::string> calls;
  std::vector<Json> bodies;  // one per call; null when there was none
  std::string received;

  boost::asio::awaitable<io::http::Response> answer(io::http::Request& request) override {
    const std::string query = request.query.text();
    const std::string call = sorted(request.method + " " + request.path + (query.empty() ? "" : "?" + query));
    const auto body = co_await io::http::read_all(*request.source, 1u << 20);
    calls.push_back(call);
    bodies.push_back(Json::parse(body.ok() ? *body : "", nullptr, false));
    if (bodies.back().is_discarded()) bodies.back() = nullptr;
    auto found = replies_.find(call);
    if (found == replies_.end()) co_return io::http::Response::of_message(404, "no reply for " + call);
    const FakeReply reply = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    io::http::Response response;
    response.status = reply.status;
    response.body = reply.body;
    if (reply.status == 101) {
      response.hijack = [this, reply](io::http::ByteStream& stream) { return join(stream, reply); };
    }
    co_return response;
  }

 private:
  boost::asio::awaitable<void> join(io::http::ByteStream& stream, FakeReply reply) {
    char buffer[4096];
    while (reply.waits_for_end_of_stdin) {
      const auto count = co_await stream.read_some(buffer);
      if (!count.ok() || *count == 0) break;
      received.append(buffer, *count);
    }
    const auto written = co_await stream.write(reply.stream);
    EXPECT_TRUE(written.ok());
    stream.end_writing();
  }

  static std::string sorted(const std::string& call) {
    const size_t mark = call.find('?');
    if (mark == std::string::npos) return call;
    std::multimap<std::string, int> parameters;
    std::istringstream stream(call.substr(mark + 1));
    for (std::string part; std::getline(stream, part, '&');) parameters.emplace(io::http::percent_decode(part), 0);
    std::string text = call.substr(0, mark);
    char separator = '?';
    for (const auto& [parameter, unused] : parameters) {
      text += separator + parameter;
      separator = '&';
    }
    return text;
  }

  std::string folder_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
  io::http::Server server_{loop_, *this};
  std::map<std::string, std::deque<FakeReply>> replies_;
  std::thread thread_;
};

// A frame of a container's stream.
inline std::string frame(int stream, const std::string& text) {
  std::string header(8, '\0');
  header[0] = static_cast<char>(stream);
  header[7] = static_cast<char>(text.size());
  return header + text;
}

}  // namespace skein::cli
