// For tests: an engine that has containers with logs, and nothing else.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>

#include "agent/logs/log_request.h"
#include "containers/facts/task_labels.h"
#include "engine/engine.h"
#include "io/rpc/signal.h"

namespace skein::agent {

// What a container has written; grows while it runs.
struct LogForTest {
  explicit LogForTest(boost::asio::io_context& io) : grown(io.get_executor()) {}
  std::string bytes;
  bool is_running = false;
  bool is_broken = false;  // the engine has broken off
  rpc::Signal grown;
  int readers = 0;
};

class LogReplyForTest final : public io::http::BodySource {
 public:
  explicit LogReplyForTest(std::shared_ptr<LogForTest> log) : log_(std::move(log)) { ++log_->readers; }
  ~LogReplyForTest() override { --log_->readers; }
  boost::asio::awaitable<Result<std::string>> read_some() override {
    while (at_ == log_->bytes.size() && log_->is_running && !log_->is_broken) {
      auto wake = co_await log_->grown.wait();
      if (wake == rpc::Signal::Wake::kCancelled) co_return make_error(Code::kCanceled, "cancelled");
    }
    if (log_->is_broken) co_return make_error(Code::kDataLoss, "the connection broke");
    std::string out = log_->bytes.substr(at_, 64u << 10);
    at_ += out.size();
    co_return out;
  }

 private:
  std::shared_ptr<LogForTest> log_;
  size_t at_ = 0;
};

class LogEngineForTest final : public engine::Engine {
 public:
  explicit LogEngineForTest(boost::asio::io_context& io) : io_(io) {}
  boost::asio::awaitable<void> close() override { co_return; }
  struct Container {
    nlohmann::json entry;
    std::shared_ptr<LogForTest> log;
    bool has_terminal = false;
  };
  Container& add(const std::string& id, const std::string& task, const std::string& service, bool is_running) {
    auto& made = containers[id];
    made.entry = {{"Id", id},
                  {"State", is_running ? "running" : "exited"},
                  {"Labels", {{containers::kTaskIdLabel, task}, {containers::kServiceIdLabel, service}}}};
    made.log = std::make_shared<LogForTest>(io_);
    made.log->is_running = is_running;
    return made;
  }
  void write(const std::string& id, int stream, const std::string& text, int second = 1) {
    std::string line = "1970-01-01T00:00:0" + std::to_string(second) + "Z " + text + "\n";
    auto& log = *containers.at(id).log;
    if (!containers.at(id).has_terminal) {
      std::string head(8, '\0');
      head[0] = static_cast<char>(stream);
      for (int i = 0; i < 4; ++i) head[7 - i] = static_cast<char>(line.size() >> (8 * i));
      log.bytes += head;
    }
    log.bytes += line;
    log.grown.notify();
  }

  void break_off(const std::string& id) {
    auto& log = *containers.at(id).log;
    log.is_broken = true;
    log.grown.notify();
  }

  boost::asio::awaitable<Result<nlohmann::json>> list(std::vector<std::string> labels) override {
    EXPECT_EQ(labels, std::vector<std::string>{containers::kTaskIdLabel});
    if (is_down) co_return make_error(Code::kUnavailable, "the engine is down");
    nlohmann::json out = nlohmann::json::array();
    for (const auto& [id, container] : containers) out.push_back(container.entry);
    co_return out;
  }
  boost::asio::awaitable<Result<nlohmann::json>> inspect(std::string id) override {
    if (!containers.contains(id)) co_return make_error(Code::kNotFound, "No such container: " + id);
    nlohmann::json out{{"Id", id}, {"Config", {{"Tty", containers[id].has_terminal}}}};
    co_return out;
  }
  boost::asio::awaitable<Result<std::unique_ptr<io::http::BodySource>>> logs(std::string id,
                                                                             engine::LogQuery query) override {
    queries.push_back(id + "?" + engine::log_query_text(query));
    if (id == "broken") co_return make_error(Code::kUnknown, "the log is damaged");
    std::unique_ptr<io::http::BodySource> out = std::make_unique<LogReplyForTest>(containers.at(id).log);
    co_return std::move(out);
  }

  boost::asio::awaitable<Result<std::unique_ptr<io::http::ReplyStream>>> open(io::http::ClientRequest) override {
    co_return absent();
  }
  boost::asio::awaitable<Result<io::http::Reply>> call(io::http::ClientRequest) override { co_return absent(); }
  boost::asio::awaitable<Result<void>> unpause(std::string) override { co_return absent(); }
  boost::asio::awaitable<Result<nlohmann::json>> health_check_of_image(std::string) override { co_return absent(); }
  boost::asio::awaitable<Result<std::unique_ptr<io::http::ByteStream>>> attach(std::string,
                                                                               engine::AttachQuery) override {
    co_return absent();
  }
  boost::asio::awaitable<Result<std::unique_ptr<io::http::BodySource>>> stats(std::string,
                                                                              engine::StatsQuery) override {
    co_return absent();
  }
  boost::asio::awaitable<Result<void>> pull(std::string, std::string) override { co_return absent(); }
  boost::asio::awaitable<Result<engine::CreatedContainer>> create(std::string, nlohmann::json) override {
    co_return absent();
  }
  boost::asio::awaitable<Result<void>> start(std::string) override { co_return absent(); }
  boost::asio::awaitable<Result<void>> stop(std::string, int) override { co_return absent(); }
  boost::asio::awaitable<Result<void>> kill(std::string, std::string) override { co_return absent(); }
  boost::asio::awaitable<Result<void>> remove(std::string, bool) override { co_return absent(); }
  boost::asio::awaitable<Result<bool>> has_image(std::string) override { co_return absent(); }
  boost::asio::awaitable<Result<std::string>> create_exec(std::string, engine::ExecRequest) override {
    co_return absent();
  }
  boost::asio::awaitable<Result<std::unique_ptr<io::http::ByteStream>>> start_exec(std::string,
                                                                                   engine::ExecStart) override {
    co_return absent();
  }
  boost::asio::awaitable<Result<void>> resize_exec(std::string, engine::ConsoleSize) override { co_return absent(); }
  boost::asio::awaitable<Result<nlohmann::json>> inspect_exec(std::string) override { co_return absent(); }
  boost::asio::awaitable<Result<void>> kill_exec(std::string) override { co_return absent(); }
  void observe(engine::Observer) override {}
  const engine::EngineFacts& facts() const override { return no_facts; }
  bool is_up() const override { return !is_down; }

  std::map<std::string, Container> containers;
  std::vector<std::string> queries;  // "ID?QUERY"
  bool is_down = false;
  engine::EngineFacts no_facts;

 private:
  static Error absent() { return make_error(Code::kUnimplemented, "not in this test"); }
  boost::asio::io_context& io_;
};

}  // namespace skein::agent
